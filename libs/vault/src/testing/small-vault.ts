// A vault as runs leave it, small enough to be damaged and read a thousand times: two fulls of two data files, a control file and a log,
// an index segment, a recipe and a manifest of each run. Times are made up, so that tests need no clock.
import { MemoryStore, type ObjectStore } from '@adyton/object-store';
import {
  createVault,
  deriveDatabaseKeys,
  type Finding,
  IngestBuffers,
  inlineCompute,
  openPieceReader,
  openWriterSession,
  removePiece,
  type SlotUnlock,
  type Vault,
  verifyVault,
  type VerifyOptions,
  type VerifyReport,
  type WriterSession,
} from '../index';
import { dataFilePiece, randomBytesOf, range } from './oracle-stream';
import { DBID, writePiece } from './test-vault';

const KEY_FILE = Buffer.alloc(32, 7);
const UNLOCK: SlotUnlock = { kind: 'key-file', key: KEY_FILE };
const START = Date.parse('2026-11-25T00:00:00Z');

export interface SmallVault {
  readonly store: ObjectStore;
  readonly vault: Vault;
  /** Opens it. */
  readonly keyFile: Buffer;
  /** Of every piece, by handle. */
  readonly pieces: Map<string, Buffer>;
  session(run: number): Promise<WriterSession>;
  /** One full of everything, with some blocks changed: a run of its own. @returns its manifest */
  backUp(run: number): Promise<string>;
  restore(handle: string): Promise<Buffer>;
  /** As RMAN does. */
  remove(handle: string): Promise<void>;
  keysBelow(prefix: string): Promise<string[]>;
  verify(options: Pick<VerifyOptions, 'level'> & Partial<VerifyOptions>): Promise<Verified>;
}

interface Verified {
  readonly findings: readonly Finding[];
  readonly report: VerifyReport;
}

/** A clock that goes on by a second whenever it is asked. */
function steppingClock(): () => Date {
  let ms = START;
  return () => new Date((ms += 1000));
}

/** An empty vault in memory, or in the store given. */
export async function emptyVault(store: ObjectStore = new MemoryStore()): Promise<SmallVault> {
  const vault = await createVault(store, { unlock: UNLOCK, now: new Date(START) });
  const keys = deriveDatabaseKeys(vault.masterKey, vault.vaultId, DBID);
  const common = { store, vaultId: vault.vaultId, keys, dbid: DBID, compute: inlineCompute() };
  const [buffers, now] = [new IngestBuffers(), steppingClock()];
  const pieces = new Map<string, Buffer>();
  const session = (run: number): Promise<WriterSession> =>
    openWriterSession({ ...common, buffers, runId: `run_${run}`, fence: run, now });
  return {
    store,
    vault,
    keyFile: KEY_FILE,
    pieces,
    session,
    backUp: (run) => backUp(session, run, pieces),
    restore: (handle) => restore(common, handle),
    remove: (handle) => removePiece(common, handle),
    keysBelow: async (prefix) => {
      const found: string[] = [];
      for await (const { key } of store.list(prefix)) found.push(key);
      return found;
    },
    verify: async (options) => {
      const findings: Finding[] = [];
      const report = await verifyVault({
        store,
        vault,
        compute: common.compute,
        now,
        unlocks: [UNLOCK],
        onFinding: (finding) => void findings.push(finding),
        ...options,
      });
      return { findings, report };
    },
  };
}

/** Two runs. */
export async function smallVault(store?: ObjectStore): Promise<SmallVault> {
  const vault = await emptyVault(store);
  await vault.backUp(1);
  await vault.backUp(2);
  return vault;
}

async function backUp(
  open: (run: number) => Promise<WriterSession>,
  run: number,
  pieces: Map<string, Buffer>,
): Promise<string> {
  const session = await open(run);
  const versionOf = (block: number): number => (block % 40 === run ? run + 1 : 1);
  const mine = {
    [`adyton/run${run}_F4_1`]: dataFilePiece({ run: 10 * run, blocks: range(1, 60), versionOf }),
    [`adyton/run${run}_F5_1`]: dataFilePiece({ run: 10 * run + 3, blocks: range(100, 130), versionOf }),
    [`adyton/run${run}_arch_1`]: randomBytesOf(100 + run, 30_000),
    [`adyton/c-${DBID}-${run}`]: randomBytesOf(200 + run, 9000),
  };
  for (const [handle, bytes] of Object.entries(mine)) {
    await writePiece(session, handle, bytes);
    pieces.set(handle, bytes);
  }
  const committed = await session.commit({ contents: { level: 'level0', run }, closure: Object.keys(mine) });
  if (committed.kind !== 'committed') throw new Error(`run ${run} did not commit: ${committed.kind}`);
  await session.end();
  return committed.manifestKey;
}

async function restore(options: Parameters<typeof openPieceReader>[0], handle: string): Promise<Buffer> {
  const reader = await openPieceReader(options, handle);
  const parts: Uint8Array[] = [];
  for (let part = await reader.read(); part !== null; part = await reader.read())
    parts.push(Uint8Array.from(part));
  return Buffer.concat(parts);
}
