// Conditions that no event tells of: an agent that falls silent, a database whose slots bring no recovery point, an outbox that nobody
// empties. Looked at again and again; what holds no more resolves.
import { type AlertKind } from '@adyton/contracts';
import { type DatabaseId, type HostId } from '@adyton/domain';
import { sql } from 'kysely';
import { UNRESOLVED_STATES, raiseAlert, resolveAlerts, type AlertToRaise } from './alerts';
import { inTransaction, type LedgerSession } from './ledger';
import { longWaitingReleases } from './retention-status';
import { nowMinus } from './sql-values';

/** An agent gives a sign every five seconds; a restart takes less than this. */
const AGENT_SILENT_SECONDS = 120;
/** A relay takes what is in the outbox within a second. */
const OUTBOX_OLD_SECONDS = 60;
const SYSTEM = 'system';

type Condition = Pick<AlertToRaise, 'kind' | 'subject' | 'detail' | 'databaseId' | 'hostId'>;

/** @returns how many alerts opened now. */
export async function sweepAlerts(session: LedgerSession): Promise<number> {
  const opened = [
    await raiseAll(session, await silentAgents(session)),
    await keep(session, ['data_backup_overdue', 'log_backup_overdue'], await overdueBackups(session)),
    await keep(session, ['release_waiting'], await longWaitingReleases(session)),
    await keep(session, ['queue_stuck'], await oldOutbox(session)),
  ];
  return opened.reduce((sum, count) => sum + count, 0);
}

/** Raises what holds and resolves what stands but holds no more. */
function keep(
  session: LedgerSession,
  kinds: readonly AlertKind[],
  holding: readonly Condition[],
): Promise<number> {
  return inTransaction(session, async (tx) => {
    const standing = await tx
      .selectFrom('alerts')
      .select(['kind', 'subject'])
      .where('kind', 'in', [...kinds])
      .where('state', 'in', [...UNRESOLVED_STATES])
      .orderBy('id')
      .execute();
    for (const { kind, subject } of standing)
      if (!holding.some((h) => h.kind === kind && h.subject === subject))
        await resolveAlerts(tx, {
          kinds: [kind],
          subject,
          resolution: 'the cause is gone',
          principal: SYSTEM,
        });
    return raiseAll(tx, holding);
  });
}

function raiseAll(session: LedgerSession, conditions: readonly Condition[]): Promise<number> {
  return inTransaction(session, async (tx) => {
    let opened = 0;
    for (const condition of conditions)
      opened += (await raiseAlert(tx, { ...condition, principal: SYSTEM, repeat: 'is-the-same' })) ? 1 : 0;
    return opened;
  });
}

/** Hosts with databases whose agent was there once. Its next sign resolves the alert. */
async function silentAgents(session: LedgerSession): Promise<Condition[]> {
  const rows = await session
    .selectFrom('hosts')
    .select(['id', 'name', 'last_seen_at'])
    .where('last_seen_at', '<', nowMinus(AGENT_SILENT_SECONDS))
    .where((e) =>
      e.exists(
        e.selectFrom('databases').select('databases.id').whereRef('databases.host_id', '=', 'hosts.id'),
      ),
    )
    .orderBy('id')
    .execute();
  return rows.map((r) => ({
    kind: 'agent_not_running',
    subject: r.id,
    hostId: r.id,
    detail: `the agent on host ${r.name} gave no sign since ${r.last_seen_at?.toISOString() ?? ''}`,
  }));
}

interface OverdueRow {
  readonly id: DatabaseId;
  readonly host_id: HostId;
  readonly lane: 'data' | 'log';
  readonly since: Date;
}

/** Databases with an enabled schedule of the lane and no recovery point of it since the last slot but one. */
async function overdueBackups(session: LedgerSession): Promise<Condition[]> {
  const { rows } = await sql<OverdueRow>`
    SELECT d.id, d.host_id, l.lane, s.scheduled_at AS since
    FROM adyton.databases d
    CROSS JOIN (VALUES ('data'), ('log')) l (lane)
    CROSS JOIN LATERAL (
      SELECT DISTINCT r.scheduled_at FROM adyton.requests r
      WHERE r.database_id = d.id AND r.lane = l.lane AND r.schedule_id IS NOT NULL
      ORDER BY r.scheduled_at DESC OFFSET 1 LIMIT 1) s
    WHERE EXISTS (
      SELECT 1 FROM adyton.schedules c
      WHERE c.database_id = d.id AND c.enabled AND (c.kind = 'archivelog') = (l.lane = 'log'))
    AND NOT EXISTS (
      SELECT 1 FROM adyton.recovery_points p
      WHERE p.database_id = d.id AND p.created_at > s.scheduled_at AND (l.lane = 'log' OR p.level <> 'archivelog'))
    ORDER BY d.id, l.lane`.execute(session);
  return rows.map((r) => ({
    kind: r.lane === 'data' ? 'data_backup_overdue' : 'log_backup_overdue',
    subject: r.id,
    databaseId: r.id,
    hostId: r.host_id,
    detail: `no recovery point since the slot of ${r.since.toISOString()}, and another slot came`,
  }));
}

async function oldOutbox(session: LedgerSession): Promise<Condition[]> {
  const { count } = await session
    .selectFrom('outbox')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('relayed_at', 'is', null)
    .where('created_at', '<', nowMinus(OUTBOX_OLD_SECONDS))
    .executeTakeFirstOrThrow();
  const detail = `${count} job(s) wait for longer than ${OUTBOX_OLD_SECONDS} s to be sent to the queue`;
  return count === 0 ? [] : [{ kind: 'queue_stuck', subject: 'outbox', detail }];
}
