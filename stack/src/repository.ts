// Where things lie in this checkout. Compiled files run from dist/stack/src, hence the three steps up.
import { join, resolve } from 'node:path';

export const repositoryDir = resolve(__dirname, '..', '..', '..');
export const distDir = join(repositoryDir, 'dist');
export const buildDir = join(repositoryDir, 'build');
export const sbtLibrary = join(buildDir, 'native', 'libobk.so');

/** The compiled entry file of an app, e.g. `appMain('agent')` or `appMain('lab', 's3/main')`. */
export function appMain(app: string, entry = 'main'): string {
  return join(distDir, 'apps', app, 'src', `${entry}.js`);
}
