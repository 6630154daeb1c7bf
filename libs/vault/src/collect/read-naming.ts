// What the bucket says about the pieces of one database: the manifests, what failed runs left and the restore pins that name them. A book
// that cannot be read is an error: what it names would be taken for needed by nothing.
import { type ObjectStore } from '@adyton/object-store';
import { type DatabaseKeys } from '../crypto/database-keys';
import { REQUESTS_AT_ONCE } from '../limits';
import { forEachAtOnce } from '../session/at-once';
import { readManifest } from '../session/manifest';
import { isPartialKey, readPartial } from '../session/partial-manifest';
import { listPins } from '../session/restore-pin';
import { type Naming } from './needed-pieces';
import { manifestKeyOfExpired } from './retention';

interface NamingQuestion {
  readonly store: ObjectStore;
  readonly keys: DatabaseKeys;
  /** Only these count, so that the answer stays small. */
  readonly recipeKeys: ReadonlySet<string>;
  readonly now: Date;
}

/** @throws VaultError damaged; ObjectStoreError */
export async function readNaming({ store, keys, recipeKeys, now }: NamingQuestion): Promise<Naming> {
  const asked = (recipes: readonly string[]): string[] => recipes.filter((key) => recipeKeys.has(key));
  const expired = new Set<string>();
  for await (const { key } of store.list(`expired/${keys.dbKey}/`)) expired.add(manifestKeyOfExpired(key));
  const toRead: string[] = [];
  for await (const { key } of store.list(`manifest/${keys.dbKey}/`)) if (!expired.has(key)) toRead.push(key);
  const named: { key: string; recipes: string[] }[] = [];
  await forEachAtOnce(toRead, REQUESTS_AT_ONCE, async (key, i) => {
    const book = isPartialKey(key)
      ? await readPartial(store, keys, key)
      : await readManifest(store, keys, key);
    named[i] = { key, recipes: asked((book?.pieces ?? []).map(({ recipeKey }) => recipeKey)) };
  });
  const partials = named.filter(({ key }) => isPartialKey(key));
  const manifests = named.filter(({ key }) => !isPartialKey(key));
  const pins = (await listPins(store, now)).flatMap((pin) =>
    pin.ended || pin.dbKey !== keys.dbKey
      ? []
      : [{ pinKey: pin.pinKey, ended: false, recipes: asked(pin.recipes) }],
  );
  return {
    manifests: manifests.map(({ key, recipes }) => ({ manifestKey: key, recipes })),
    partials: partials.map(({ key, recipes }) => ({ partialKey: key, recipes })),
    pins,
    expired,
    held: new Set(),
  };
}
