// What discovery found, as alerts: a database that nobody registered, or one that is not as it is registered. Judged anew with every report,
// so that an alert ends as soon as host and registration agree.
import { type DatabaseId, type FoundDatabaseId, type HostId, type JudgedDatabase } from '@adyton/domain';
import { raiseAlert, resolveAlerts } from './alerts';
import { type LedgerSession } from './ledger';

export interface FoundDatabase {
  readonly id: FoundDatabaseId;
  /** The registered database it is; null for one that nobody registered. */
  readonly databaseId: DatabaseId | null;
  /** Whether it still has the DB_UNIQUE_NAME it is registered under. */
  readonly hasRegisteredName: boolean;
}

export async function noteFound(
  tx: LedgerSession,
  found: FoundDatabase,
  judged: JudgedDatabase,
  hostId: HostId,
): Promise<void> {
  const principal = `host:${hostId}`;
  const kinds = ['database_changed'] as const;
  if (found.databaseId !== null)
    await resolveAlerts(tx, { kinds, subject: found.id, resolution: 'it is registered', principal });
  const subject = found.databaseId ?? found.id;
  const wrong = disagreement(found, judged);
  if (wrong === null) {
    const resolution = 'it is as it is registered, or gone';
    await resolveAlerts(tx, { kinds, subject, resolution, principal });
    return;
  }
  await raiseAlert(tx, {
    kind: 'database_changed',
    subject,
    ...{ databaseId: found.databaseId, hostId: judged.place.hostId },
    detail: `${judged.identity.dbUniqueName} (DBID ${judged.identity.dbid}) ${wrong}`,
    principal,
    repeat: 'is-the-same',
  });
}

function disagreement(
  { databaseId, hasRegisteredName }: FoundDatabase,
  { state, duplicate }: JudgedDatabase,
): string | null {
  if (databaseId === null) return state === 'seen' ? 'is not registered: nobody backs it up' : null;
  if (state === 'vanished') return 'is on none of its hosts any more';
  if (duplicate) return 'runs on several hosts that are no cluster; backups stay where they were';
  return hasRegisteredName ? null : 'has another name than it is registered under';
}
