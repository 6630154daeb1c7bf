// A vault in memory with a session to write to; enough of one to test with.
import { MemoryStore, type ObjectStore } from '@adyton/object-store';
import { randomBytes } from 'node:crypto';
import {
  type Compute,
  deriveDatabaseKeys,
  IngestBuffers,
  inlineCompute,
  openPieceReader,
  openWriterSession,
  type PieceSummary,
  type WriterSession,
} from '../index';

export const DBID = '1565056049';
export const VAULT_ID = '01K9Z0000000000000000VAULT';

export function testVault(store: ObjectStore = new MemoryStore()) {
  const keys = deriveDatabaseKeys(randomBytes(32), VAULT_ID, DBID);
  const compute = inlineCompute();
  const buffers = new IngestBuffers();
  const common = { store, vaultId: VAULT_ID, keys, dbid: DBID, compute };
  return {
    store,
    keys,
    session: (
      run: number,
      overrides: Partial<{ store: ObjectStore; compute: Compute }> = {},
    ): Promise<WriterSession> =>
      openWriterSession({
        ...common,
        buffers,
        ...overrides,
        runId: `run_${run}`,
        fence: run,
        now: () => new Date(),
      }),
    restore: async (handle: string): Promise<Buffer> => {
      const reader = await openPieceReader(common, handle);
      const parts: Uint8Array[] = [];
      for (let part = await reader.read(); part !== null; part = await reader.read())
        parts.push(Uint8Array.from(part));
      return Buffer.concat(parts);
    },
    keysBelow: async (prefix: string): Promise<string[]> => {
      const found: string[] = [];
      for await (const { key } of store.list(prefix)) found.push(key);
      return found;
    },
  };
}
export type TestVault = ReturnType<typeof testVault>;

/** Writes a piece in blocks of the given size, as RMAN does. */
export async function writePiece(
  session: WriterSession,
  handle: string,
  bytes: Buffer,
  blockBytes = 1_048_576,
): Promise<PieceSummary> {
  const piece = await session.openPiece(handle);
  for (let at = 0; at < bytes.length; at += blockBytes)
    await piece.write(bytes.subarray(at, at + blockBytes));
  return piece.close();
}
