// A document that points to a page or a file which is not there sends its reader away.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const ROOT = join(__dirname, '..');
function filesOf(...pattern: readonly string[]): string[] {
  const listed = ['ls-files', '--cached', '--others', '--exclude-standard', ...pattern];
  return execFileSync('git', listed, { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
}
const pages = filesOf('*.md');
const fileNames = new Set(filesOf().map((path) => basename(path)));

/** Targets of the links of a page that lie in this repository. */
function localTargets(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8').replace(/```[\s\S]*?```/g, '');
  return [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map((link) => link[1] ?? '')
    .filter((target) => !/^[a-z]+:/.test(target));
}

describe('the documents', () => {
  it('are found at all', () => expect(pages.length).toBeGreaterThan(5));

  it.each(pages)('%s names only source files that exist', (page) => {
    const named = readFileSync(join(ROOT, page), 'utf8').matchAll(/`([\w./-]+\.(?:ts|c))\b/g);
    const gone = [...named].filter(([, path = '']) => !fileNames.has(basename(path)));
    expect(gone.map(([, path]) => path)).toEqual([]);
  });

  it.each(pages)('%s links only to files that exist', (page) => {
    const broken = localTargets(page).filter((target) => !existsSync(join(ROOT, dirname(page), target)));
    expect(broken).toEqual([]);
  });
});
