// The tables of the lab's pages and the number in README.md are written from the list of claims in certify/; `npm run docs:write` writes them anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JUDGED_CLAIMS } from '../certify/src/claims/certified';
import { countClaims } from '../certify/src/claims/count';
import { TABLES } from '../certify/src/claims/draw-tables';
import { PROVEN } from '../certify/src/claims/proven';

const root = join(__dirname, '..');
const isWriting = process.env['DOCS_WRITE'] === 'yes';
const PAGE_OF: Readonly<Record<string, string>> = {
  listener: 'docs/lab.md',
  files: 'docs/lab.md',
  cluster: 'docs/lab.md',
  certified: 'docs/lab.md',
  rman: 'docs/lab/rman.md',
};
const COUNT = /\*\*\d+ behaviours[^*]*\*\*/;

function update(path: string, pattern: RegExp, wanted: string): string {
  const file = join(root, path);
  const text = readFileSync(file, 'utf8');
  if (isWriting)
    writeFileSync(
      file,
      text.replace(pattern, () => wanted),
    );
  return pattern.exec(readFileSync(file, 'utf8'))?.[0] ?? '';
}

it.each(Object.entries(TABLES))('the table %s is what the list of claims says', (name, draw) => {
  const pattern = new RegExp(
    `(<!-- claims:${name} begin [^>]*-->\n\n)[\\s\\S]*?(\n\n<!-- claims:${name} end -->)`,
  );
  const begin = `<!-- claims:${name} begin (written from certify/src/claims; npm run docs:write) -->\n\n`;
  const wanted = `${begin}${draw()}\n\n<!-- claims:${name} end -->`;
  expect(update(PAGE_OF[name] ?? '', pattern, wanted)).toBe(wanted);
});

it('README says how many behaviours are unproven', () => {
  const { claims, judged, unproven } = countClaims();
  expect(claims).toBeGreaterThan(40);
  const wanted = `**${unproven} behaviours of the lab are unproven on a real host, out of ${claims}; \`make certify\` judges ${judged} of them**`;
  expect(update('README.md', COUNT, wanted)).toBe(wanted);
});

it('only a claim that exists can have been proven', () => {
  const ids = JUDGED_CLAIMS.map(({ id }) => id);
  for (const id of Object.keys(PROVEN)) expect(ids).toContain(id);
});
