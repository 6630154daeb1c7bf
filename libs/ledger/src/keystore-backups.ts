// Which master keys of encrypted tablespaces somebody has recorded as backed up. A key that is rotated is another key, and not on record.
import { KEYSTORE_KEYS_MAX, type KeystoreBackups } from '@adyton/contracts';
import { type DatabaseId } from '@adyton/domain';
import { recordAudit } from './audit-events';
import { lockDatabase } from './databases';
import { inTransaction, type LedgerSession } from './ledger';
import { now } from './sql-values';

export interface KeystoreBackupToRecord {
  readonly databaseId: DatabaseId;
  readonly keys: readonly string[];
  /** Where it is; null when nobody says. */
  readonly note: string | null;
  readonly principal: string;
}

/** Recorded again, a key has the newest time and note. */
export function recordKeystoreBackup(
  session: LedgerSession,
  { databaseId, keys, note, principal }: KeystoreBackupToRecord,
): Promise<KeystoreBackups> {
  return inTransaction(session, async (tx) => {
    await lockDatabase(tx, databaseId);
    const record = { recorded_by: principal, note };
    await tx
      .insertInto('keystore_backups')
      .values([...new Set(keys)].map((key) => ({ database_id: databaseId, key_id: key, ...record })))
      .onConflict((c) => c.columns(['database_id', 'key_id']).doUpdateSet({ ...record, recorded_at: now }))
      .execute();
    const detail = `${keys.join(', ')}${note === null ? '' : `: ${note}`}`;
    await recordAudit(tx, [
      { principal, action: 'keystore.backup-recorded', subjectId: databaseId, databaseId, detail },
    ]);
    return readKeystoreBackups(tx, databaseId);
  });
}

export async function readKeystoreBackups(
  session: LedgerSession,
  databaseId: DatabaseId,
): Promise<KeystoreBackups> {
  const rows = await session
    .selectFrom('keystore_backups')
    .selectAll()
    .where('database_id', '=', databaseId)
    .orderBy('recorded_at', 'desc')
    .orderBy('key_id')
    .limit(KEYSTORE_KEYS_MAX)
    .execute();
  const keys = rows.map((row) => ({
    keyId: row.key_id,
    recordedAt: row.recorded_at.toISOString(),
    recordedBy: row.recorded_by,
    note: row.note,
  }));
  return { databaseId, keys };
}
