// sbtremove2 of a run: its own pieces go, as RMAN's failed sets do; those of other runs only if nothing needs them.
import { removeUnneeded, VaultError, type PieceLookup, type WriterSession } from '@adyton/vault';
import { type Logger } from '@adyton/runtime';

export interface PieceRemoval {
  readonly lookup: PieceLookup;
  readonly writer: WriterSession;
  readonly runId: string;
  readonly now: Date;
  readonly log: Logger;
}

/** @throws VaultError piece-needed, piece-missing, damaged; ObjectStoreError */
export async function removePieces(removal: PieceRemoval, handles: readonly string[]): Promise<void> {
  const { lookup, writer, runId, now, log } = removal;
  const own = handles.filter((handle) => writer.closedPiece(handle) !== null);
  const others = handles.filter((handle) => !own.includes(handle));
  try {
    if (others.length > 0) await removeUnneeded({ ...lookup, runId, now }, others);
  } catch (error) {
    if (error instanceof VaultError && error.kind === 'piece-needed')
      log.warn({ runId, handles: others.length, detail: error.message }, 'piece.removal-refused');
    throw error;
  }
  for (const handle of own) await writer.removePiece(handle);
}
