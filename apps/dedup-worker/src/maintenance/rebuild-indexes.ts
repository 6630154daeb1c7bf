// Makes the index of one database, or of every database found in the bucket, anew from pack directories.
import { reasonOf, REPORT_ROWS_MAX } from '@adyton/contracts';
import { databaseKeysOf, listDatabaseNames, rebuildIndex } from '@adyton/vault';
import { tmpdir } from 'node:os';
import { type MaintenanceParts } from './operation-table';
import { type OperationContext, type OperationEnd, type OptionsOf } from './operations';
import { dbKeyOf } from './verify';
import { watchedStore } from './watched-store';

export async function rebuildIndexes(
  parts: MaintenanceParts,
  { database }: OptionsOf<'rebuild-index'>,
  context: OperationContext,
): Promise<OperationEnd<'rebuild-index'>> {
  const { vault, clock } = parts;
  const { vaultId, masterKey } = vault;
  const store = watchedStore(parts.store, context);
  const dbKeys = database === undefined ? await listDatabaseNames(store) : [await dbKeyOf(parts, database)];
  const damaged = new Set<string>();
  let [packsRead, chunks] = [0, 0];
  for (const dbKey of dbKeys) {
    const keys = databaseKeysOf(masterKey, vaultId, dbKey);
    const rebuilt = await rebuildIndex({
      store,
      vaultId,
      keys,
      now: clock.now(),
      workDirectory: tmpdir(),
    });
    packsRead += rebuilt.packs;
    chunks += rebuilt.chunks;
    for (const key of rebuilt.damaged) damaged.add(key);
  }
  const damagedPacks = [...damaged].slice(0, REPORT_ROWS_MAX);
  return {
    reason:
      damaged.size === 0
        ? null
        : reasonOf(
            'ADY_VAULT_DAMAGED',
            `${damaged.size} pack(s) are damaged; the first: ${damagedPacks[0] ?? ''}`,
          ),
    report: { kind: 'rebuild-index', databases: dbKeys.length, packsRead, chunks, damagedPacks },
  };
}
