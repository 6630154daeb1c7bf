// Backup and restore requests as they are read, and the one compare-and-set by which every open request ends or moves.
import { reasonOf, type BackupRequest, type Database, type Reason } from '@adyton/contracts';
import {
  requestTransitions,
  statesLeadingTo,
  type DatabaseId,
  type HostId,
  type Lane,
  type RequestId,
  type RequestState,
} from '@adyton/domain';
import { type Selectable } from 'kysely';
import { recordAudit } from './audit-events';
import { inTransaction, type LedgerSession } from './ledger';
import { addToOutbox } from './outbox';
import { pageOf, type Page, type PageQuestion } from './pages';
import { noteRequestEnd, noteWaiting } from './request-alerts';
import { now, toInstant, toInstantOrNull, toJson } from './sql-values';
import { type RequestsTable } from './tables';

/** Not claimed yet and not ended: these wait for an agent. */
export const OPEN_REQUEST_STATES = ['dispatching', 'waiting_for_agent'] as const satisfies RequestState[];

/** Each request once, with the newest of its attempts. */
function selectRequests(session: LedgerSession) {
  return session
    .selectFrom('requests')
    .leftJoin('runs', 'runs.request_id', 'requests.id')
    .distinctOn('requests.id')
    .selectAll('requests')
    .select('runs.id as run_id')
    .orderBy('requests.id', 'desc')
    .orderBy('runs.attempt', 'desc');
}
type RequestRow = Awaited<ReturnType<ReturnType<typeof selectRequests>['execute']>>[number];

export async function findRequest(session: LedgerSession, id: string): Promise<BackupRequest | undefined> {
  const row = await selectRequests(session)
    .where('requests.id', '=', id as RequestId)
    .executeTakeFirst();
  return row === undefined ? undefined : toRequest(row);
}

/** Newest first. */
export async function listRequests(
  session: LedgerSession,
  page: PageQuestion & { databaseId?: DatabaseId | undefined },
): Promise<Page<BackupRequest>> {
  let query = selectRequests(session).limit(page.limit + 1);
  if (page.cursor !== undefined) query = query.where('requests.id', '<', page.cursor as RequestId);
  if (page.databaseId !== undefined) query = query.where('requests.database_id', '=', page.databaseId);
  return pageOf(await query.execute(), page.limit, toRequest);
}

export async function listOpenRequests(
  session: LedgerSession,
  databaseId: DatabaseId,
  lane: Lane,
): Promise<Selectable<RequestsTable>[]> {
  return session
    .selectFrom('requests')
    .selectAll()
    .where('database_id', '=', databaseId)
    .where('lane', '=', lane)
    .where('state', 'in', [...OPEN_REQUEST_STATES])
    .orderBy('id')
    .execute();
}

export interface EndOfRequest {
  readonly id: RequestId;
  readonly to: Extract<RequestState, 'failed' | 'expired' | 'superseded' | 'missed' | 'cancelled'>;
  readonly reason: Reason;
  readonly principal: string;
}

/** Ends an open request if its state still allows it, with its audit row and its alert. @returns whether it was this call that ended it. */
export async function endRequest(tx: LedgerSession, end: EndOfRequest): Promise<boolean> {
  const row = await tx
    .updateTable('requests')
    .set({ state: end.to, reason: toJson(end.reason), finished_at: now })
    .where('id', '=', end.id)
    .where('state', 'in', [...statesLeadingTo(requestTransitions, end.to)])
    .returning(['id', 'database_id', 'lane'])
    .executeTakeFirst();
  if (row === undefined) return false;
  await recordAudit(tx, [
    {
      principal: end.principal,
      action: `request.${end.to}`,
      subjectId: row.id,
      databaseId: row.database_id,
      reason: end.reason,
    },
  ]);
  await noteRequestEnd(tx, { ...end, databaseId: row.database_id, lane: row.lane });
  return true;
}

/** What a waiting request says about itself. */
export function reasonOfWaiting(database: Pick<Database, 'name' | 'hostId'>, until: Date): Reason {
  const detail = `the agent on host ${database.hostId} of ${database.name} is not running; the request waits until ${until.toISOString()}`;
  return reasonOf('ADY_AGENT_NOT_RUNNING', detail);
}

/** A scheduled request whose agent went away before it claimed says so instead of looking busy. @returns whether it moved. */
export function markWaiting(session: LedgerSession, id: RequestId): Promise<boolean> {
  return inTransaction(session, (tx) => moveToWaiting(tx, id));
}

async function moveToWaiting(tx: LedgerSession, id: RequestId): Promise<boolean> {
  const row = await tx
    .selectFrom('requests')
    .innerJoin('databases', 'databases.id', 'requests.database_id')
    .select(['requests.expires_at', 'databases.name', 'databases.host_id'])
    .where('requests.id', '=', id)
    .where('requests.trigger', '=', 'scheduled')
    .executeTakeFirst();
  if (row === undefined || row.expires_at === null) return false;
  const reason = reasonOfWaiting({ name: row.name, hostId: row.host_id }, row.expires_at);
  const moved = await tx
    .updateTable('requests')
    .set({ state: 'waiting_for_agent', reason: toJson(reason) })
    .where('id', '=', id)
    .where('state', '=', 'dispatching')
    .returning('id')
    .executeTakeFirst();
  if (moved === undefined) return false;
  await noteWaiting(tx, { hostId: row.host_id, reason });
  return true;
}

/** Rings the host's doorbell for a request: a new job id each time, because the queue remembers old ones. */
export async function dispatchRequest(tx: LedgerSession, id: RequestId, hostId: HostId): Promise<string> {
  const row = await tx
    .updateTable('requests')
    .set((e) => ({ dispatches: e('dispatches', '+', 1), dispatched_at: now, asked_host_id: hostId }))
    .where('id', '=', id)
    .returning(['dispatches', 'operation'])
    .executeTakeFirstOrThrow();
  const jobId = requestJobId(id, row.dispatches);
  await addToOutbox(tx, {
    jobName: row.operation === 'restore' ? 'restore.run' : 'backup.run',
    hostId,
    payload: { v: 1, requestId: id },
    jobId,
  });
  return jobId;
}

export function requestJobId(id: RequestId, dispatches: number): string {
  return `${id}.${dispatches}`;
}

function toRequest(row: RequestRow): BackupRequest {
  return {
    id: row.id,
    databaseId: row.database_id,
    operation: row.operation,
    trigger: row.trigger,
    kind: row.kind,
    lane: row.lane,
    state: row.state,
    reason: row.reason,
    scheduledAt: toInstantOrNull(row.scheduled_at),
    expiresAt: toInstantOrNull(row.expires_at),
    replayOf: row.replay_of,
    runId: row.run_id,
    createdAt: toInstant(row.created_at),
  };
}
