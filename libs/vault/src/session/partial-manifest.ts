// What a failed run left that RMAN still lists. The collector keeps it like a manifest; the writer leaves it before its session ends, or
// the collector builds it when the writer died. One for each run attempt, whatever its sessions.
import { type ObjectStore } from '@adyton/object-store';
import { type DatabaseKeys } from '../crypto/database-keys';
import { openDocument, sealDocument } from '../crypto/sealed-document';
import { REQUESTS_AT_ONCE } from '../limits';
import { damaged, unsupported } from '../vault-error';
import { forEachAtOnce } from './at-once';
import { hiddenRecipes, readAnyRecipe, recipeNameOf } from './piece-names';

export interface NamedPiece {
  readonly handle: string;
  readonly recipeKey: string;
}

export interface PartialManifest {
  readonly v: 1;
  readonly runId: string;
  readonly fence: number;
  readonly sid: string;
  /** Why the run failed, for people. */
  readonly why: string;
  readonly pieces: readonly NamedPiece[];
}

const SUFFIX = '.partial';

export function partialKeyOf(manifestKey: string): string {
  return `${manifestKey}${SUFFIX}`;
}

export function isPartialKey(key: string): boolean {
  return key.endsWith(SUFFIX);
}

/** Creates it, unless there is one. */
export async function createPartial(
  store: ObjectStore,
  keys: DatabaseKeys,
  manifestKey: string,
  partial: PartialManifest,
): Promise<void> {
  const partialKey = partialKeyOf(manifestKey);
  const sealed = sealDocument(keys.metaKey, 'partial', Buffer.from(JSON.stringify(partial)), partialKey);
  await store.create(partialKey, sealed);
}

/** @throws VaultError damaged */
export async function readPartial(
  store: ObjectStore,
  keys: DatabaseKeys,
  partialKey: string,
): Promise<PartialManifest> {
  const sealed = await store.get(partialKey);
  if (sealed === null) throw damaged(partialKey, 'missing');
  const body = openDocument(keys.metaKey, 'partial', sealed, partialKey).toString('utf8');
  const partial = JSON.parse(body) as PartialManifest;
  if (partial.v !== 1) throw unsupported(partialKey, partial.v);
  return partial;
}

/** The pieces these sessions closed and nobody removed. */
export async function piecesOfSessions(
  store: ObjectStore,
  keys: DatabaseKeys,
  sids: ReadonlySet<string>,
): Promise<NamedPiece[]> {
  const hidden = await hiddenRecipes(store);
  const recipeKeys: string[] = [];
  for await (const { key } of store.list('piece/')) {
    if (sids.has(key.slice(key.lastIndexOf('-') + 1)) && !hidden.has(recipeNameOf(key))) recipeKeys.push(key);
  }
  const pieces: NamedPiece[] = [];
  await forEachAtOnce(recipeKeys, REQUESTS_AT_ONCE, async (recipeKey, i) => {
    const { handle } = await readAnyRecipe(store, keys, recipeKey);
    pieces[i] = { handle, recipeKey };
  });
  return pieces;
}
