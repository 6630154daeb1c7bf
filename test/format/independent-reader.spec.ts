// The document is complete: who knows nothing but it restores every piece of the golden vaults.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyOfGolden, type GoldenVault, goldenVersions, readGolden, sha256Of } from './golden-vault';
import { openIndependently } from './independent-reader';

/** Versions the document describes. */
const DOCUMENTED = ['v1-maps1', 'v1-maps2'];

const PACK_KIND_AT = 9;
const METADATA = 2;

function packFiles(directory: string): string[] {
  return readdirSync(join(directory, 'pack'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

describe.each(DOCUMENTED)('a reader written from the document alone, of a vault of format %s', (version) => {
  let directory: string;
  let golden: GoldenVault;
  beforeEach(() => {
    directory = copyOfGolden(version);
    golden = readGolden(version);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const open = () => openIndependently(directory, golden.dbid, Buffer.from(golden.keyFile, 'hex'));

  it('restores every piece', () => {
    const reader = open();
    for (const { handle, bytes, sha256 } of golden.pieces) {
      const piece = reader.restore(handle) ?? Buffer.alloc(0);
      expect({ handle, bytes: piece.length, sha256: sha256Of(piece) }).toEqual({ handle, bytes, sha256 });
    }
  });

  it('finds the handles of all pieces in the manifests, and those RMAN deleted hidden', () => {
    const reader = open();
    const handles = golden.pieces.map(({ handle }) => handle);
    expect(reader.handles().sort()).toEqual([...handles, ...golden.removed].sort());
    for (const handle of golden.removed) expect(reader.restore(handle)).toBeNull();
  });

  it('needs neither index nor sessions nor maps', () => {
    for (const folder of ['index', 'session']) rmSync(join(directory, folder), { recursive: true });
    for (const path of packFiles(directory)) if (readFileSync(path)[PACK_KIND_AT] === METADATA) rmSync(path);
    const reader = open();
    for (const { handle, sha256 } of golden.pieces)
      expect(sha256Of(reader.restore(handle) ?? Buffer.alloc(0))).toBe(sha256);
  });

  it('refuses a vault of another version', () => {
    const path = join(directory, 'vault.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"version": 1', '"version": 2'));
    expect(open).toThrow('not a vault of version 1');
  });
});

it('describes the version the newest golden vault has', () => {
  expect(DOCUMENTED).toEqual(goldenVersions());
});

it('the reader imports nothing of the program', () => {
  const source = readFileSync(join(__dirname, 'independent-reader.ts'), 'utf8');
  const imported = [...source.matchAll(/from '([^']+)'/g)].map(([, name]) => name);
  expect(imported.length).toBeGreaterThan(0);
  for (const name of imported) expect(name).toMatch(/^node:/);
});
