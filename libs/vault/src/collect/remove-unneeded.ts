// RMAN's DELETE of pieces (sbtremove2, K5): what a recovery point, a failed run or a restore needs stays, whatever RMAN's own retention thinks
// of it. What nothing needs gets its marker; the collector deletes.
//
// Whoever commits meanwhile must not find a piece that is then removed. Its session is in the bucket before it looks for anything (W1), so that
// nothing is removed while another run of the database is under way.
import { findRecipeKeys, hideRecipe, type PieceLookup } from '../session/piece-names';
import { runOfManifestKey } from '../session/manifest';
import { listOpenSessions } from '../session/sessions';
import { VaultError } from '../vault-error';
import { neededPieces, type NeededBy } from './needed-pieces';
import { readNaming } from './read-naming';

export interface Removal extends PieceLookup {
  /** Whose channel asks. */
  readonly runId: string;
  readonly now: Date;
}

/** All of them or none. @throws VaultError piece-missing, piece-needed, damaged; ObjectStoreError */
export async function removeUnneeded(removal: Removal, handles: readonly string[]): Promise<void> {
  const recipeKeys = (await findRecipeKeys(removal, handles)).map((recipeKey, i) => {
    const handle = handles[i] ?? '';
    if (recipeKey === null) throw new VaultError('piece-missing', `there is no piece ${handle}`, { handle });
    return recipeKey;
  });
  await assertAlone(removal);
  const naming = await readNaming({ ...removal, recipeKeys: new Set(recipeKeys) });
  const needed = neededPieces(naming);
  for (const [i, recipeKey] of recipeKeys.entries()) {
    const by = needed.get(recipeKey);
    if (by !== undefined) throw neededError(handles[i] ?? '', by);
  }
  for (const recipeKey of recipeKeys) await hideRecipe(removal.store, 'removed', recipeKey);
}

async function assertAlone({ store, keys, runId }: Removal): Promise<void> {
  const other = (await listOpenSessions(store)).find(
    ({ marker }) => marker.dbKey === keys.dbKey && marker.runId !== runId,
  );
  if (other !== undefined)
    throw new VaultError(
      'piece-needed',
      `run ${other.marker.runId} is under way and may need what is to be deleted: delete after it has ended`,
    );
}

function neededError(handle: string, by: readonly NeededBy[]): VaultError {
  const [first, ...more] = by.map(nameOf);
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  return new VaultError('piece-needed', `piece ${handle} is needed by ${first}${others}`, { handle });
}

/** How long is for retention to say, which looks at all recovery points together: here nobody knows a date. */
function nameOf(by: NeededBy): string {
  switch (by.kind) {
    case 'recovery-point':
      return `recovery point ${runOfManifestKey(by.manifestKey)} until its retention ends`;
    case 'hold':
      return `recovery point ${runOfManifestKey(by.manifestKey)} until its hold ends`;
    case 'failed-run':
      return `what failed run ${runOfManifestKey(by.partialKey)} left until its retention ends`;
    case 'restore':
      return `the restore of ${by.pinKey} until it ends`;
  }
}
