// Pins what a restore will read, before its first byte: retention and the collector leave it alone until the restore has ended.
import { AdytonError, type SessionGrant } from '@adyton/contracts';
import { findRecipeKeys, PIN_MS_MAX, pinPieces, type PieceLookup } from '@adyton/vault';

/** @returns the pin's key; null when the plan names no pieces. @throws AdytonError ADY_PIECE_MISSING, naming the piece; VaultError, ObjectStoreError */
export async function pinRestore(
  grant: SessionGrant,
  lookup: PieceLookup,
  now: Date,
): Promise<string | null> {
  const handles = grant.restoreHandles ?? [];
  if (handles.length === 0) return null;
  const recipeKeys = await findRecipeKeys(lookup, handles);
  const pieces = handles.map((handle, i) => {
    const recipeKey = recipeKeys[i] ?? null;
    if (recipeKey === null) throw new AdytonError('ADY_PIECE_MISSING', `piece ${handle} is not in the vault`);
    return { handle, recipeKey };
  });
  return pinPieces({
    store: lookup.store,
    keys: lookup.keys,
    pieces,
    why: `restore run ${grant.runId}`,
    now,
    expiresAt: new Date(now.getTime() + PIN_MS_MAX), // a pin whose restore died ends by itself
  });
}
