// Step 1: a request comes into being, admitted or refused by the domain's rule at Postgres time, with its outbox and audit rows in
// the same transaction. The database row is locked, so two requests of one database never decide on the same picture.
import { reasonOf, type BackupRequest, type Database, type ErrorCode, type Reason } from '@adyton/contracts';
import {
  admitBackupRequest,
  isTerminal,
  requestTransitions,
  type Admission,
  type AgentPresence,
  type AskedKind,
  type DatabaseId,
  type HostId,
  type Lane,
  type RequestId,
  type RequestState,
  type RequestTrigger,
  type RestorePlanId,
  type RunId,
  type ScheduleId,
} from '@adyton/domain';
import { recordAudit } from './audit-events';
import { lockDatabase } from './databases';
import { inTransaction, readNow, type LedgerSession } from './ledger';
import { refuse, type Refusal } from './refusal';
import { noteRequestEnd, noteWaiting } from './request-alerts';
import { dispatchRequest, endRequest, findRequest, listOpenRequests, reasonOfWaiting } from './requests';
import { findActiveRun } from './runs';
import { now, nowPlus, toJson } from './sql-values';
import { type Operation } from './tables';

export interface NewRequest {
  readonly id: RequestId;
  readonly databaseId: DatabaseId;
  readonly operation: Operation;
  readonly trigger: RequestTrigger;
  readonly kind: AskedKind;
  readonly lane: Lane;
  /** Who asks: `api` or `system`. */
  readonly principal: string;
  /** Whose agent is asked; the registered host's when it is left out. */
  readonly hostId?: HostId;
  /** What is known of that agent; `unknown` when the queue cannot take a job either. */
  readonly presence: AgentPresence;
  /** How long an agent said to be running may take to claim a request somebody waits for. */
  readonly claimSeconds: number;
  readonly scheduleId?: ScheduleId;
  readonly scheduledAt?: Date;
  /** Absolute end of the expiry window; absent for requests that never wait. */
  readonly expiresAt?: Date;
  readonly replayOf?: RunId;
  readonly restorePlanId?: RestorePlanId;
  /** Of a run by hand: minutes without a channel after which it ends. */
  readonly idleMinutes?: number;
  /** What a person gave as the reason; goes into the audit row. */
  readonly note?: string;
}

export type RequestCreation =
  | { readonly kind: 'admitted'; readonly request: BackupRequest }
  /** The request is on record as failed or missed. */
  | { readonly kind: 'ended'; readonly code: ErrorCode; readonly request: BackupRequest }
  /** Nothing was written. */
  | Refusal;

export function createRequest(session: LedgerSession, request: NewRequest): Promise<RequestCreation> {
  return inTransaction(session, async (tx) => {
    const database = await lockDatabase(tx, request.databaseId);
    if (database === undefined)
      return refuse('ADY_DATABASE_UNKNOWN', `no database ${request.databaseId} is registered`);
    const obstacle = await findObstacle(tx, request, database);
    if (obstacle !== null) return obstacle;
    const admission = admitBackupRequest(
      { trigger: request.trigger, expiresAt: request.expiresAt ?? null },
      request.presence,
      await readNow(tx),
    );
    if (admission.kind === 'fail' && admission.code === 'ADY_QUEUE_UNAVAILABLE')
      return refuse('ADY_QUEUE_UNAVAILABLE', 'the job queue does not answer, so nothing was started');
    return admit(tx, request, database, admission);
  });
}

/** A scheduled request waits its turn; what a person asks for is answered now. */
async function findObstacle(
  tx: LedgerSession,
  request: NewRequest,
  database: Database,
): Promise<Refusal | null> {
  if (request.trigger === 'scheduled') return null;
  const active = await findActiveRun(tx, request.databaseId, request.lane);
  if (active !== undefined) {
    return refuse('ADY_RUN_ACTIVE', `run ${active.id} of ${database.name} is ${active.state}`, {
      runId: active.id,
      requestId: active.request_id,
    });
  }
  const open = await listOpenRequests(tx, request.databaseId, request.lane);
  const inTheWay = open.find((r) => !(r.trigger === 'scheduled' && r.state === 'waiting_for_agent'));
  if (inTheWay === undefined) return null;
  return refuse('ADY_RUN_ACTIVE', `request ${inTheWay.id} of ${database.name} is ${inTheWay.state}`, {
    requestId: inTheWay.id,
  });
}

async function admit(
  tx: LedgerSession,
  request: NewRequest,
  database: Database,
  admission: Admission,
): Promise<RequestCreation> {
  const end = endOfAdmission(admission, database);
  const first = end ?? openStateOf(admission, database);
  const inserted = await insertRequest(tx, request, first);
  if (!inserted)
    return refuse('ADY_ALREADY_EXISTS', `slot ${request.scheduledAt?.toISOString() ?? ''} has its request`);
  await recordAudit(tx, [
    {
      principal: request.principal,
      action: end === null ? 'request.created' : `request.${end.state}`,
      subjectId: request.id,
      databaseId: request.databaseId,
      reason: end?.reason ?? null,
      detail: request.note ?? null,
    },
  ]);
  if (end !== null) await noteRequestEnd(tx, { ...request, to: end.state, reason: end.reason });
  if (first.state === 'waiting_for_agent' && first.reason !== null)
    await noteWaiting(tx, { hostId: database.hostId, reason: first.reason });
  if (end === null) {
    await supersedeOlder(tx, request);
    await dispatchRequest(tx, request.id, request.hostId ?? database.hostId);
  }
  const created = await findRequest(tx, request.id);
  if (created === undefined) throw new Error('invariant: an inserted request can be read');
  return end === null
    ? { kind: 'admitted', request: created }
    : { kind: 'ended', code: end.code, request: created };
}

interface FirstState {
  readonly state: RequestState;
  readonly reason: Reason | null;
}

function openStateOf(admission: Admission, database: Database): FirstState {
  return admission.kind === 'wait'
    ? { state: 'waiting_for_agent', reason: reasonOfWaiting(database, admission.until) }
    : { state: 'dispatching', reason: null };
}

interface EndAtOnce extends FirstState {
  readonly state: 'failed' | 'missed';
  readonly code: ErrorCode;
  readonly reason: Reason;
}

function endOfAdmission(admission: Admission, database: Database): EndAtOnce | null {
  switch (admission.kind) {
    case 'forward':
    case 'wait':
      return null;
    case 'fail': {
      const detail = `the agent on host ${database.hostId} of ${database.name} is not running`;
      return { state: 'failed', code: admission.code, reason: reasonOf(admission.code, detail) };
    }
    case 'expire': {
      const detail = 'its expiry window was over before it could be asked for';
      return { state: 'missed', code: 'ADY_MISSED', reason: reasonOf('ADY_MISSED', detail) };
    }
  }
}

/** @returns false when the slot of the schedule has a request already. */
async function insertRequest(
  tx: LedgerSession,
  request: NewRequest,
  { state, reason }: FirstState,
): Promise<boolean> {
  const row = await tx
    .insertInto('requests')
    .values({
      id: request.id,
      database_id: request.databaseId,
      operation: request.operation,
      trigger: request.trigger,
      kind: request.kind,
      lane: request.lane,
      state,
      reason: reason === null ? null : toJson(reason),
      principal: request.principal,
      schedule_id: request.scheduleId ?? null,
      scheduled_at: request.scheduledAt ?? null,
      expires_at: request.expiresAt ?? null,
      claim_by: request.trigger === 'scheduled' ? null : nowPlus(request.claimSeconds),
      replay_of: request.replayOf ?? null,
      restore_plan_id: request.restorePlanId ?? null,
      idle_minutes: request.idleMinutes ?? null,
      dispatched_at: null,
      finished_at: isTerminal(requestTransitions, state) ? now : null,
    })
    .onConflict((c) => c.constraint('one_request_a_slot').doNothing())
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Of one schedule only the newest slot runs, and what a person asks for replaces scheduled requests that wait in the lane.
 * Another schedule's request stays: a weekly full must not vanish because a daily backup came due.
 */
async function supersedeOlder(tx: LedgerSession, request: NewRequest): Promise<void> {
  const open = await listOpenRequests(tx, request.databaseId, request.lane);
  for (const older of open) {
    if (older.id === request.id || older.trigger !== 'scheduled') continue;
    if (request.trigger === 'scheduled' && older.schedule_id !== request.scheduleId) continue;
    await endRequest(tx, {
      id: older.id,
      to: 'superseded',
      reason: reasonOf('ADY_SUPERSEDED', `request ${request.id} took its place`),
      principal: request.principal,
    });
  }
}
