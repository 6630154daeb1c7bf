// After a run has lost its agent: a scheduled request whose window is open goes back to waiting, and its next claim makes attempt n + 1
// under a new fence. Belongs to the transaction that ends the run, so that no request is left between the two.
import { reasonOf } from '@adyton/contracts';
import { decideNextAttempt, type RequestId, type RunId } from '@adyton/domain';
import { type Selectable } from 'kysely';
import { recordAudit } from './audit-events';
import { readNow, type LedgerSession } from './ledger';
import { dispatchRequest, endRequest, OPEN_REQUEST_STATES } from './requests';
import { toJson } from './sql-values';
import { type RequestsTable } from './tables';

export interface LostRun {
  readonly id: RunId;
  readonly request_id: RequestId;
  readonly attempt: number;
  readonly cancel_requested_at: Date | null;
}

export async function followUpLostRun(tx: LedgerSession, run: LostRun, principal: string): Promise<void> {
  const request = await lockClaimed(tx, run.request_id);
  if (request === undefined) return;
  const next = decideNextAttempt(
    {
      trigger: request.trigger,
      expiresAt: request.expires_at,
      attempt: run.attempt,
      cancelRequested: run.cancel_requested_at !== null,
      newerSlotWaits: await newerSlotWaits(tx, request),
    },
    await readNow(tx),
  );
  if (next.kind === 'again') await reopen(tx, { request, run, next, principal });
  if (next.kind === 'quarantine') {
    const detail = `its agent was lost in each of ${run.attempt} starts, last in run ${run.id}`;
    const reason = reasonOf('ADY_QUARANTINED', detail);
    await endRequest(tx, { id: request.id, to: 'failed', reason, principal });
  }
}

type RequestRow = Selectable<RequestsTable>;

function lockClaimed(tx: LedgerSession, id: RequestId): Promise<RequestRow | undefined> {
  return tx
    .selectFrom('requests')
    .selectAll()
    .where('id', '=', id)
    .where('state', '=', 'claimed')
    .forUpdate()
    .executeTakeFirst();
}

async function newerSlotWaits(tx: LedgerSession, request: RequestRow): Promise<boolean> {
  if (request.schedule_id === null) return false;
  const newer = await tx
    .selectFrom('requests')
    .select('id')
    .where('schedule_id', '=', request.schedule_id)
    .where('scheduled_at', '>', request.scheduled_at)
    .where('state', 'in', [...OPEN_REQUEST_STATES])
    .executeTakeFirst();
  return newer !== undefined;
}

async function reopen(
  tx: LedgerSession,
  {
    request,
    run,
    next,
    principal,
  }: {
    request: RequestRow;
    run: LostRun;
    next: { attempt: number; until: Date };
    principal: string;
  },
): Promise<void> {
  const detail = `run ${run.id} lost its agent; attempt ${next.attempt} starts when the agent is back, until ${next.until.toISOString()}`;
  const reason = reasonOf('ADY_AGENT_LOST', detail);
  await tx
    .updateTable('requests')
    .set({ state: 'waiting_for_agent', reason: toJson(reason), finished_at: null })
    .where('id', '=', request.id)
    .execute();
  await recordAudit(tx, [
    {
      principal,
      action: 'request.reopened',
      subjectId: request.id,
      databaseId: request.database_id,
      reason,
    },
  ]);
  const { host_id: hostId } = await tx
    .selectFrom('databases')
    .select('host_id')
    .where('id', '=', request.database_id)
    .executeTakeFirstOrThrow();
  await dispatchRequest(tx, request.id, hostId);
}
