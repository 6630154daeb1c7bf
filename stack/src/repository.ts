// Where things lie in this checkout; found from the file at its root, because tests run from sources and programs from dist/.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT_MARK = 'package-lock.json';

function rootAbove(directory: string): string {
  if (existsSync(join(directory, ROOT_MARK))) return directory;
  const parent = dirname(directory);
  if (parent === directory) throw new Error(`no ${ROOT_MARK} above ${__dirname}`);
  return rootAbove(parent);
}

const repositoryDir = rootAbove(__dirname);
const distDir = join(repositoryDir, 'dist');
export const buildDir = join(repositoryDir, 'build');
export const sbtLibrary = join(buildDir, 'native', 'libobk.so');

/** The compiled entry file of an app, e.g. `appMain('agent')` or `appMain('lab', 's3/main')`. */
export function appMain(app: string, entry = 'main'): string {
  return join(distDir, 'apps', app, 'src', `${entry}.js`);
}
