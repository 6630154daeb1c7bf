// The claim is the proof that an agent runs, and the moment a run comes into being. The request row is locked first and compared with
// Postgres time in the next statement, so that claim and expiry have exactly one winner.
import { reasonOf, type Database } from '@adyton/contracts';
import {
  requestTransitions,
  transition,
  type AskedKind,
  type HostId,
  type Lane,
  type RequestId,
  type RestorePlanId,
  type RunId,
} from '@adyton/domain';
import { sql, type Selectable } from 'kysely';
import { recordAudit } from './audit-events';
import { databaseOfRun } from './database-of-run';
import { lockDatabase } from './databases';
import { inTransaction, readNow, type LedgerSession } from './ledger';
import { refuse, type Refusal } from './refusal';
import { endRequest } from './requests';
import { findActiveRun, type RunRow } from './runs';
import { now, nowPlus } from './sql-values';
import { findStandIn, standIn } from './stand-ins';
import { type Operation, type RequestsTable } from './tables';

export interface Claim {
  readonly requestId: RequestId;
  readonly hostId: HostId;
  /** Which start of the agent claims. */
  readonly incarnation: string;
  /** Id of the run to be. */
  readonly runId: RunId;
  readonly sbtTokenSha256: string;
  readonly leaseSeconds: number;
}

export interface ClaimedRequest {
  readonly kind: 'claimed';
  readonly runId: RunId;
  readonly requestId: RequestId;
  readonly fence: number;
  readonly attempt: number;
  readonly operation: Operation;
  readonly asked: AskedKind;
  readonly lane: Lane;
  readonly restorePlanId: RestorePlanId | null;
  readonly database: Database;
  readonly startedAt: Date;
}

/** As the partial unique index spells it: with parameters Postgres would not recognise the index. */
const ACTIVE_INDEX_PREDICATE = sql<boolean>`state IN ('planning', 'running', 'committing')`;

type RequestRow = Selectable<RequestsTable>;

export function claimRequest(session: LedgerSession, claim: Claim): Promise<ClaimedRequest | Refusal> {
  return inTransaction(session, async (tx) => {
    const databaseId = await databaseOfRequest(tx, claim.requestId);
    const database = databaseId === undefined ? undefined : await lockDatabase(tx, databaseId);
    if (database === undefined) return refuse('ADY_NOT_FOUND', `there is no request ${claim.requestId}`);
    const request = await lockRequest(tx, claim.requestId);
    const isOwn = database.hostId === claim.hostId;
    const by = isOwn ? undefined : await findStandIn(tx, { request, database, hostId: claim.hostId });
    if (!isOwn && by === undefined)
      return refuse('ADY_FORBIDDEN', `request ${claim.requestId} belongs to another host`);
    const at = await readNow(tx);
    const tooLate = await judge(tx, { request, claim, at });
    if (tooLate !== null) return tooLate;
    const run = await insertRun(tx, { request, claim, at });
    if (run === undefined) {
      const active = await findActiveRun(tx, request.database_id, request.lane);
      return refuse(
        'ADY_RUN_ACTIVE',
        `run ${active?.id ?? ''} of ${database.name} is active`,
        active === undefined ? {} : { runId: active.id },
      );
    }
    await markClaimed(tx, request, claim);
    if (by === undefined) return claimedRequest({ run, request, database });
    await standIn(tx, run, { database, by });
    const fromThere = await databaseOfRun(tx, { id: run.id, database_id: database.id });
    return claimedRequest({ run, request, database: fromThere });
  });
}

/** What the agent is told that has the run from now on. */
export function claimedRequest({
  run,
  request,
  database,
}: {
  readonly run: Pick<RunRow, 'id' | 'fence' | 'attempt' | 'started_at'>;
  readonly request: RequestRow;
  readonly database: Database;
}): ClaimedRequest {
  return {
    kind: 'claimed',
    runId: run.id,
    requestId: request.id,
    fence: run.fence,
    attempt: run.attempt,
    operation: request.operation,
    asked: request.kind,
    lane: request.lane,
    restorePlanId: request.restore_plan_id,
    database,
    startedAt: run.started_at,
  };
}

async function databaseOfRequest(tx: LedgerSession, id: RequestId) {
  const row = await tx.selectFrom('requests').select('database_id').where('id', '=', id).executeTakeFirst();
  return row?.database_id;
}

function lockRequest(tx: LedgerSession, id: RequestId): Promise<RequestRow> {
  return tx.selectFrom('requests').selectAll().where('id', '=', id).forUpdate().executeTakeFirstOrThrow();
}

interface ClaimAttempt {
  readonly request: RequestRow;
  readonly claim: Claim;
  /** Postgres time, read after the row was locked: the moment that decides, and the start of the run. */
  readonly at: Date;
}

/** Null when the claim may go on. A request found too late ends here, whatever the sweeper does. */
async function judge(tx: LedgerSession, { request, claim, at }: ClaimAttempt): Promise<Refusal | null> {
  if (transition(requestTransitions, request.state, 'claimed').kind === 'refused')
    return refuse('ADY_NOT_CLAIMABLE', `request ${request.id} is ${request.state}`);
  const principal = `host:${claim.hostId}`;
  if (request.expires_at !== null && at >= request.expires_at) {
    const detail = `its window ended at ${request.expires_at.toISOString()}`;
    await endRequest(tx, {
      id: request.id,
      to: 'expired',
      reason: reasonOf('ADY_EXPIRED', detail),
      principal,
    });
    return refuse('ADY_EXPIRED', `request ${request.id}: ${detail}`);
  }
  if (request.claim_by !== null && at >= request.claim_by) {
    const detail = `the agent did not claim it before ${request.claim_by.toISOString()}`;
    const reason = reasonOf('ADY_AGENT_NOT_RUNNING', detail);
    await endRequest(tx, { id: request.id, to: 'failed', reason, principal });
    return refuse('ADY_NOT_CLAIMABLE', `request ${request.id}: ${detail}`);
  }
  return null;
}

/** @returns undefined when another run of this database and lane is active: the partial unique index decides. */
async function insertRun(
  tx: LedgerSession,
  { request, claim, at }: ClaimAttempt,
): Promise<Pick<RunRow, 'id' | 'fence' | 'attempt' | 'started_at'> | undefined> {
  const earlier = await tx
    .selectFrom('runs')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('request_id', '=', request.id)
    .executeTakeFirstOrThrow();
  return tx
    .insertInto('runs')
    .values({
      id: claim.runId,
      request_id: request.id,
      database_id: request.database_id,
      host_id: claim.hostId,
      operation: request.operation,
      lane: request.lane,
      idle_minutes: request.idle_minutes,
      attempt: earlier.count + 1,
      state: 'planning',
      phase: 'claimed',
      level: null,
      level_reason: null,
      reason: null,
      agent_incarnation: claim.incarnation,
      sbt_token_sha256: claim.sbtTokenSha256,
      lease_until: nowPlus(claim.leaseSeconds),
      cancel_requested_at: null,
      bytes_expected: null,
      plan: null,
      scripts: null,
      contents: null,
      dispatched_at: null,
      started_at: at,
      finished_at: null,
    })
    .onConflict((c) => c.columns(['database_id', 'lane']).where(ACTIVE_INDEX_PREDICATE).doNothing())
    .returning(['id', 'fence', 'attempt', 'started_at'])
    .executeTakeFirst();
}

async function markClaimed(tx: LedgerSession, request: RequestRow, claim: Claim): Promise<void> {
  await tx
    .updateTable('requests')
    .set({ state: 'claimed', reason: null, finished_at: now })
    .where('id', '=', request.id)
    .execute();
  await recordAudit(tx, [
    {
      principal: `host:${claim.hostId}`,
      action: 'request.claimed',
      subjectId: request.id,
      databaseId: request.database_id,
      detail: claim.runId,
    },
  ]);
}
