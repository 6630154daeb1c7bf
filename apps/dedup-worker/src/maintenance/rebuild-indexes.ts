// Makes the deduplication index anew, database by database, from the directories of the packs.
import { reasonOf, REPORT_ROWS_MAX } from '@adyton/contracts';
import { databaseKeysOf, listDatabaseNames, rebuildIndex } from '@adyton/vault';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dbKeyOf } from './db-key-of';
import { type MaintenanceParts } from './maintenance-parts';
import { type OperationContext, type OperationEnd, type OptionsOf } from './operations';
import { watchedStore } from './watched-store';

export async function rebuildIndexes(
  parts: MaintenanceParts,
  options: OptionsOf<'rebuild-index'>,
  context: OperationContext,
): Promise<OperationEnd<'rebuild-index'>> {
  const { vault, clock } = parts;
  const store = watchedStore(parts.store, context);
  const dbKeys =
    options.database === undefined
      ? await listDatabaseNames(store)
      : [await dbKeyOf(parts, options.database)];
  const workDirectory = await mkdtemp(join(tmpdir(), 'adyton-index-'));
  const sum = { packs: 0, chunks: 0, damaged: new Set<string>() };
  try {
    for (const dbKey of dbKeys) {
      const keys = databaseKeysOf(vault.masterKey, vault.vaultId, dbKey);
      const rebuilt = await rebuildIndex({
        store,
        vaultId: vault.vaultId,
        keys,
        now: clock.now(),
        workDirectory,
      });
      sum.packs += rebuilt.packs;
      sum.chunks += rebuilt.chunks;
      for (const key of rebuilt.damaged) sum.damaged.add(key);
    }
  } finally {
    await rm(workDirectory, { recursive: true, force: true });
  }
  const damagedPacks = [...sum.damaged].slice(0, REPORT_ROWS_MAX);
  const detail = `${sum.damaged.size} pack(s) cannot be read, such as ${damagedPacks[0] ?? ''}; verify the vault`;
  return {
    report: {
      kind: 'rebuild-index',
      databases: dbKeys.length,
      packs: sum.packs,
      chunks: sum.chunks,
      damagedPacks,
    },
    reason: sum.damaged.size === 0 ? null : reasonOf('ADY_VAULT_DAMAGED', detail),
  };
}
