// Which databases a bucket holds, by the names that stand in its keys.
import { type ObjectStore } from '@adyton/object-store';

const NAMED_BY = ['index/', 'manifest/'] as const;

/** `dbKey` of every database that left anything, sorted. @throws ObjectStoreError */
export async function listDatabaseNames(store: ObjectStore): Promise<string[]> {
  const names = new Set<string>();
  for (const prefix of NAMED_BY)
    for await (const { key } of store.list(prefix)) names.add(key.split('/')[1] ?? '');
  return [...names].sort();
}
