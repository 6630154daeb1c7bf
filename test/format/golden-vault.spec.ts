import { openObjectStore, type ObjectStore } from '@adyton/object-store';
import {
  databaseKeysOf,
  deriveDatabaseKeys,
  type Finding,
  findPiece,
  IngestBuffers,
  inlineCompute,
  openPieceReader,
  openVault,
  openWriterSession,
  readManifest,
  verifyVault,
} from '@adyton/vault';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataFilePiece, range } from '../../libs/vault/src/testing/oracle-stream';
import { writePiece } from '../../libs/vault/src/testing/test-vault';
import { copyOfGolden, goldenVersions, readGolden, sha256Of } from './golden-vault';

const now = (): Date => new Date('2027-01-01T00:00:00Z');
const directories: string[] = [];
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true });
});

async function openGolden(version: string) {
  const directory = copyOfGolden(version);
  directories.push(directory);
  const golden = readGolden(version);
  const store = await openObjectStore({ kind: 'filesystem', directory });
  const unlock = { kind: 'key-file', key: Buffer.from(golden.keyFile, 'hex') } as const;
  const vault = await openVault(store, unlock);
  const keys = deriveDatabaseKeys(vault.masterKey, vault.vaultId, golden.dbid);
  const lookup = { store, keys, dbid: golden.dbid, vaultId: vault.vaultId, compute: inlineCompute() };
  return { directory, golden, store, unlock, vault, keys, lookup };
}

async function restore(lookup: Parameters<typeof openPieceReader>[0], handle: string): Promise<Buffer> {
  const reader = await openPieceReader(lookup, handle);
  const parts: Uint8Array[] = [];
  for (let part = await reader.read(); part !== null; part = await reader.read())
    parts.push(Uint8Array.from(part)); // the reader uses its memory again
  return Buffer.concat(parts);
}

async function keysBelow(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

describe.each(goldenVersions())('the golden vault of format %s', (version) => {
  it('gives back every piece', async () => {
    const { golden, lookup } = await openGolden(version);
    for (const { handle, bytes, sha256 } of golden.pieces) {
      const piece = await restore(lookup, handle);
      expect({ handle, bytes: piece.length, sha256: sha256Of(piece) }).toEqual({ handle, bytes, sha256 });
    }
    for (const handle of golden.removed)
      await expect(restore(lookup, handle)).rejects.toMatchObject({ kind: 'piece-missing' });
  });

  it('verifies at level 3, and has what a vault can have', async () => {
    const { store, vault, unlock } = await openGolden(version);
    const findings: Finding[] = [];
    const { objectsChecked, reached, piecesRead } = await verifyVault({
      store,
      vault,
      now,
      level: 3,
      unlocks: [unlock],
      compute: inlineCompute(),
      onFinding: (finding) => void findings.push(finding),
    });
    expect(findings).toEqual([]);
    expect(reached).toEqual({ kind: 'all' });
    for (const count of [...Object.entries(objectsChecked), ['pieces', piecesRead]])
      if (count[0] !== 'collection' && count[0] !== 'restore-pin') expect(count).not.toEqual([count[0], 0]);
  });

  it('says with the master key alone which databases it holds, and what their recovery points consist of', async () => {
    const { store, vault, keys } = await openGolden(version);
    const manifests = await keysBelow(store, 'manifest/');
    for (const key of manifests.filter((k) => !k.endsWith('.partial'))) {
      const found = databaseKeysOf(vault.masterKey, vault.vaultId, key.split('/')[1] ?? '');
      expect(found).toEqual(keys);
      expect((await readManifest(store, found, key))?.pieces.length).toBeGreaterThan(0);
    }
  });

  it('takes new backups, which find what it holds', async () => {
    const { golden, lookup, store } = await openGolden(version);
    const session = await openWriterSession({
      ...lookup,
      runId: 'run_100',
      fence: 100,
      buffers: new IngestBuffers(),
      now,
    });
    const versionOf = (block: number): number => (block % 40 === 2 ? 3 : 1); // as in the second full
    const piece = dataFilePiece({ run: 999, blocks: range(1, 60), versionOf });
    const { bytesNew } = await writePiece(session, 'adyton/run100_F4_1', piece);
    expect(bytesNew).toBeLessThan(piece.length * 0.05);
    const outcome = await session.commit({ contents: {}, closure: ['adyton/run100_F4_1'] });
    expect(outcome.kind).toBe('committed');
    await session.end();
    expect((await restore(lookup, 'adyton/run100_F4_1')).equals(piece)).toBe(true);
    expect((await keysBelow(store, 'piece/')).length).toBeGreaterThan(golden.pieces.length);
  });
});

describe('a version this program does not know', () => {
  const latest = goldenVersions().at(-1) ?? '';
  const VERSION_OF_DOCUMENT_AT = 4;

  it('of a vault is refused, naming vault.json', async () => {
    const { directory, store, unlock } = await openGolden(latest);
    const path = join(directory, 'vault.json');
    const document = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...document, version: 99 }));
    await expect(openVault(store, unlock)).rejects.toMatchObject({
      kind: 'unsupported-version',
      facts: { objectKey: 'vault.json' },
    });
  });

  it('of a recipe is refused, naming it', async () => {
    const { directory, golden, lookup } = await openGolden(latest);
    const handle = golden.pieces[0]?.handle ?? '';
    const found = await findPiece(lookup, handle);
    const path = join(directory, found?.recipeKey ?? '');
    const bytes = readFileSync(path);
    bytes.writeUInt8(99, VERSION_OF_DOCUMENT_AT);
    writeFileSync(path, bytes);
    await expect(restore(lookup, handle)).rejects.toMatchObject({
      kind: 'unsupported-version',
      facts: { objectKey: found?.recipeKey },
    });
  });

  it('of a manifest is refused, naming it', async () => {
    const { directory, store, keys } = await openGolden(latest);
    const [key = ''] = await keysBelow(store, 'manifest/');
    const bytes = readFileSync(join(directory, key));
    bytes.writeUInt8(99, VERSION_OF_DOCUMENT_AT);
    writeFileSync(join(directory, key), bytes);
    await expect(readManifest(store, keys, key)).rejects.toMatchObject({
      kind: 'unsupported-version',
      facts: { objectKey: key },
    });
  });
});
