// Golden vaults: one small vault of each version of the format, as the program of that version wrote it, with the key that opens it and
// what must come out of it. They are never written again: a new version gets a new one, by `npm run golden:write`.
import { openObjectStore, type ObjectStore } from '@adyton/object-store';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAP_VERSION } from '../../libs/vault/src/format/map-chunk';
import { randomBytesOf } from '../../libs/vault/src/testing/oracle-stream';
import { smallVault } from '../../libs/vault/src/testing/small-vault';
import { DBID, writePiece } from '../../libs/vault/src/testing/test-vault';

const GOLDEN_DIRECTORY = join(__dirname, 'golden');

interface GoldenPiece {
  readonly handle: string;
  readonly bytes: number;
  /** Of the piece, hex. */
  readonly sha256: string;
}

export interface GoldenVault {
  /** Decimal. */
  readonly dbid: string;
  /** The 32 bytes of the key file, hex: made for this vault, and of no use for any other. */
  readonly keyFile: string;
  readonly pieces: readonly GoldenPiece[];
  /** Handles RMAN deleted: they lead nowhere. */
  readonly removed: readonly string[];
}

/** Versions there is a golden vault of. */
export function goldenVersions(): readonly string[] {
  return readdirSync(GOLDEN_DIRECTORY, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

export function readGolden(version: string): GoldenVault {
  return JSON.parse(readFileSync(join(GOLDEN_DIRECTORY, `${version}.json`), 'utf8')) as GoldenVault;
}

/** A copy of the vault that a test may write to; the caller removes it. */
export function copyOfGolden(version: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'adyton-golden-'));
  cpSync(join(GOLDEN_DIRECTORY, version), directory, { recursive: true });
  return directory;
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Writes the golden vault of the version this program writes. What is there of that version is replaced. */
export async function writeGolden(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'adyton-golden-'));
  const store = await openObjectStore({ kind: 'filesystem', directory });
  const golden = await fillVault(store);
  const version = await versionOf(store);
  const target = join(GOLDEN_DIRECTORY, version);
  if (existsSync(target)) rmSync(target, { recursive: true });
  rmSync(join(directory, '.incomplete'), { recursive: true });
  cpSync(directory, target, { recursive: true });
  rmSync(directory, { recursive: true });
  writeFileSync(`${target}.json`, `${JSON.stringify(golden, null, 2)}\n`);
  return version;
}

/** Of a vault and the block maps in it: maps have a version of their own, for no piece needs them. */
export async function versionOf(store: ObjectStore): Promise<string> {
  const document = Buffer.from((await store.get('vault.json')) ?? []).toString();
  const { version } = JSON.parse(document) as { version: number };
  return `v${version}-maps${MAP_VERSION}`;
}

/** Two fulls, so that there are block maps and patches; then what else a stream can hold, and what a failed run leaves. */
async function fillVault(store: ObjectStore): Promise<GoldenVault> {
  const vault = await smallVault(store);
  const session = await vault.session(3);
  const streams: Record<string, Buffer> = {
    'adyton/run3_arch_1': redoLog(400),
    'adyton/run3_zeros_1': Buffer.concat([
      randomBytesOf(31, 5000),
      Buffer.alloc(300_000),
      randomBytesOf(32, 700),
    ]),
    'adyton/run3_text_1': Buffer.from('what is written in clear text compresses well. '.repeat(4000)),
    'adyton/run3_empty_1': Buffer.alloc(0),
    'adyton/run3_byte_1': Buffer.of(7),
    'adyton/run3_removed_1': randomBytesOf(33, 3000),
  };
  for (const [handle, bytes] of Object.entries(streams)) {
    await writePiece(session, handle, bytes);
    vault.pieces.set(handle, bytes);
  }
  await session.leavePartial('RMAN failed');
  await session.end();
  const removed = 'adyton/run3_removed_1';
  await vault.remove(removed);
  vault.pieces.delete(removed);
  return {
    dbid: DBID,
    keyFile: vault.keyFile.toString('hex'),
    pieces: [...vault.pieces].map(([handle, bytes]) => ({
      handle,
      bytes: bytes.length,
      sha256: sha256Of(bytes),
    })),
    removed: [removed],
  };
}

/** An archived log as far as a cutter looks at it: blocks of 512 bytes with number, sequence and checksum. */
function redoLog(blocks: number): Buffer {
  const log = randomBytesOf(30, blocks * 512);
  for (let block = 0; block < blocks; block += 1) {
    const bytes = log.subarray(block * 512, (block + 1) * 512);
    bytes.writeUInt16LE(0x2201, 0);
    bytes.writeUInt32LE(2040 + block, 4); // across a multiple of 2048
    bytes.writeUInt32LE(77, 8);
    bytes.writeUInt16LE(0, 14);
    let sum = 0;
    for (let at = 0; at < 512; at += 2) sum ^= bytes.readUInt16LE(at);
    bytes.writeUInt16LE(sum, 14);
  }
  return log;
}
