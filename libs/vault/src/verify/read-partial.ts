import { type ObjectStore } from '@adyton/object-store';
import { type DatabaseKeys } from '../crypto/database-keys';
import { openDocument } from '../crypto/sealed-document';
import { damaged, unsupported } from '../vault-error';

/** What a failed run left that RMAN may still list. */
export interface Partial {
  readonly v: 1;
  readonly pieces: readonly {
    readonly handle: string;
    readonly recipeKey: string;
    readonly bytes?: number;
  }[];
}

/** @throws VaultError damaged, unsupported-version */
export async function readPartial(store: ObjectStore, keys: DatabaseKeys, key: string): Promise<Partial> {
  const sealed = await store.get(key);
  if (sealed === null) throw damaged(key, 'missing');
  const partial = JSON.parse(openDocument(keys.metaKey, 'partial', sealed, key).toString('utf8')) as Partial;
  if (partial.v !== 1) throw unsupported(key, partial.v);
  return partial;
}
