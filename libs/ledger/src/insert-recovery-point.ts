// A recovery point with its archived logs, as rows: written by the commit of a run, and when the ledger is rebuilt from the bucket.
import { type ByteTotals, type RecoveryPointContents } from '@adyton/contracts';
import { type DatabaseId, type RecoveryPointId, type RunId } from '@adyton/domain';
import { type LedgerSession } from './ledger';
import { toJson } from './sql-values';

export interface RecoveryPointToInsert {
  readonly recoveryPointId: RecoveryPointId;
  readonly databaseId: DatabaseId;
  readonly runId: RunId;
  readonly contents: RecoveryPointContents;
  readonly manifestKey: string;
  readonly manifestSha256: string;
  readonly totals: ByteTotals;
  /** By the ledger's clock, as retention goes by them: `contents` has the times of a host, whose clock may be off. */
  readonly startedAt: Date;
  readonly completedAt: Date;
}

/** Rows of one INSERT; Postgres takes at most 65,535 parameters in a statement. */
const LOGS_PER_INSERT = 1_000;

export async function insertRecoveryPoint(tx: LedgerSession, point: RecoveryPointToInsert): Promise<void> {
  const { contents } = point;
  await tx
    .insertInto('recovery_points')
    .values({
      id: point.recoveryPointId,
      database_id: point.databaseId,
      run_id: point.runId,
      level: contents.level,
      tag: contents.tag,
      resetlogs_scn: contents.resetlogsScn,
      consistent_scn: contents.consistentScn,
      redo_from_scn: contents.redoFromScn,
      manifest_key: point.manifestKey,
      manifest_sha256: point.manifestSha256,
      totals: toJson(point.totals),
      contents: toJson(contents),
      started_at: point.startedAt,
      completed_at: point.completedAt,
    })
    .execute();
  const logs = contents.archivedLogs.map((l) => ({
    recovery_point_id: point.recoveryPointId,
    database_id: point.databaseId,
    resetlogs_scn: l.resetlogsScn,
    thread: l.thread,
    sequence: l.sequence,
    first_scn: l.firstScn,
    next_scn: l.nextScn,
    handle: l.handle,
  }));
  for (let i = 0; i < logs.length; i += LOGS_PER_INSERT)
    await tx
      .insertInto('archived_logs')
      .values(logs.slice(i, i + LOGS_PER_INSERT))
      .onConflict((c) => c.doNothing())
      .execute();
}
