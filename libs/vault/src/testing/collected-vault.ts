// A vault in memory with a clock that tests move, sessions on several hosts, retention and a collector.
import { MemoryStore, type ObjectStore } from '@adyton/object-store';
import { randomBytes } from 'node:crypto';
import {
  collectGarbage,
  type CollectionReport,
  deriveDatabaseKeys,
  expireRecoveryPoint,
  findPiece,
  IngestBuffers,
  inlineCompute,
  openPieceReader,
  openWriterSession,
  previewGarbage,
  readManifest,
  releasePiece,
  type CollectOptions,
  type WriterSession,
  type WriterSessionOptions,
} from '../index';
import { DBID, VAULT_ID, writePiece } from './test-vault';

const HOUR_MS = 60 * 60 * 1000;
/** Several tests of one process share the large buffers. */
const buffers = new IngestBuffers();
let probes = 0;

export function collectedVault(inner?: ObjectStore) {
  let nowMs = Date.parse('2026-01-01T00:00:00Z');
  const now = (): Date => new Date(nowMs);
  const store = inner ?? new MemoryStore(now);
  const masterKey = randomBytes(32);
  const compute = inlineCompute();
  const keysOf = (dbid: string) => deriveDatabaseKeys(masterKey, VAULT_ID, dbid);
  const keys = keysOf(DBID);
  const common = { store, vaultId: VAULT_ID, keys, dbid: DBID, compute };
  const collection = (overrides: Partial<CollectOptions>): CollectOptions => ({
    store,
    vaultId: VAULT_ID,
    masterKey,
    now: now(),
    probeId: `probe${(probes += 1)}`,
    ...overrides,
  });
  const session = (run: number, overrides: Partial<WriterSessionOptions> = {}): Promise<WriterSession> =>
    openWriterSession({ ...common, buffers, runId: `run_${run}`, fence: run, now, ...overrides });
  return {
    store,
    opened: { vaultId: VAULT_ID, masterKey },
    keys,
    keysOf,
    now,
    passHours: (hours: number): void => void (nowMs += hours * HOUR_MS),
    session,
    /** A run from beginning to end. @returns key of its manifest */
    backUp: async (run: number, pieces: Readonly<Record<string, Buffer>>): Promise<string> => {
      const writer = await session(run);
      for (const [handle, bytes] of Object.entries(pieces)) await writePiece(writer, handle, bytes);
      const outcome = await writer.commit({ contents: {}, closure: Object.keys(pieces) });
      await writer.end();
      if (outcome.kind !== 'committed') throw new Error(`the run was not committed: ${outcome.kind}`);
      return outcome.manifestKey;
    },
    /** Retention lets a recovery point and all its pieces go. */
    letGo: async (manifestKey: string): Promise<void> => {
      await expireRecoveryPoint(store, manifestKey, now());
      const manifest = await readManifest(store, keys, manifestKey);
      for (const { recipeKey } of manifest?.pieces ?? []) await releasePiece(store, recipeKey);
    },
    collect: (overrides: Partial<CollectOptions> = {}): Promise<CollectionReport> =>
      collectGarbage(collection(overrides)),
    preview: () => previewGarbage(collection({})),
    restore: async (handle: string): Promise<Buffer> => {
      const reader = await openPieceReader(common, handle);
      const parts: Uint8Array[] = [];
      for (let part = await reader.read(); part !== null; part = await reader.read())
        parts.push(Buffer.from(part)); // its memory is the reader's
      return Buffer.concat(parts);
    },
    /** Key of the recipe of a piece, which is there. */
    recipeOf: async (handle: string): Promise<string> => {
      const found = await findPiece({ store, keys, dbid: DBID }, handle);
      if (found === null) throw new Error(`there is no piece ${handle}`);
      return found.recipeKey;
    },
    keysBelow: async (prefix: string): Promise<string[]> => {
      const found: string[] = [];
      for await (const { key } of store.list(prefix)) found.push(key);
      return found;
    },
  };
}
export type CollectedVault = ReturnType<typeof collectedVault>;
