// What RMAN is told about pieces (sbtinfo2). It marks the record of a piece that is "not found" expired, so that is said only of what is
// surely not there: the store answered, it holds this vault, and there is no recipe or a marker hides it. A piece that is there but cannot be
// given back whole is neither: that is an error, and RMAN's record stays as it is.
import { type ObjectStore } from '@adyton/object-store';
import { damaged, VaultError } from '../vault-error';
import { readVaultId } from '../vault';
import { findClosure, packKeysOf, type ClosurePiece } from './closure';
import { type PieceLookup } from './piece-names';
import { unusableAmong } from './unusable-packs';

export interface PieceQuestion extends PieceLookup {
  /** The vault whose keys these are: an empty bucket, or somebody else's, knows nothing about its pieces. */
  readonly vaultId: string;
  /** From readUnusablePacks. */
  readonly unusablePacks: ReadonlySet<string>;
}

/** In the order of the handles; null is a promise that there is no such piece. @throws VaultError damaged, no-vault; ObjectStoreError */
export async function answerForPieces(
  question: PieceQuestion,
  handles: readonly string[],
): Promise<(ClosurePiece | null)[]> {
  const found = await findClosure(question, handles);
  if (found.includes(null)) await assertSameVault(question.store, question.vaultId);
  const unusable = await unusableAmong(question.store, packKeysOf(found), question.unusablePacks);
  for (const piece of found) {
    const gone = piece?.packKeys.find((key) => unusable.has(key));
    if (piece !== null && gone !== undefined) throw damaged(gone, 'missing', piece.handle);
  }
  return found;
}

async function assertSameVault(store: ObjectStore, vaultId: string): Promise<void> {
  const there = await readVaultId(store);
  if (there !== vaultId)
    throw new VaultError('no-vault', `${store.name} holds vault ${there}, not ${vaultId}`);
}
