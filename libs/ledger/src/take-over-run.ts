// The agent of another instance's host takes over a run that was moved to it: once, as a request is claimed once. From here on the run is as one
// that it claimed, of a database that is reached from this instance.
import { recordAudit } from './audit-events';
import { claimedRequest, type ClaimedRequest } from './claim-request';
import { databaseOfRun } from './database-of-run';
import { inTransaction, type LedgerSession } from './ledger';
import { refuse, type Refusal } from './refusal';
import { isRefusal, lockFencedRun, wrongState, type FencedRun, type RunRow } from './runs';
import { now, nowPlus } from './sql-values';

export interface TakeOver extends FencedRun {
  /** Which start of the agent takes it over. */
  readonly incarnation: string;
  readonly sbtTokenSha256: string;
  readonly leaseSeconds: number;
}

export function takeOverRun(session: LedgerSession, input: TakeOver): Promise<ClaimedRequest | Refusal> {
  return inTransaction(session, async (tx) => {
    const run = await lockFencedRun(tx, input);
    if (isRefusal(run)) return run;
    if (run.state !== 'planning') return wrongState(run);
    if (!(await markTaken(tx, run)))
      return refuse(
        'ADY_NOT_CLAIMABLE',
        `run ${run.id} was not moved to this host, or was taken over before`,
      );
    await tx
      .updateTable('runs')
      .set({
        agent_incarnation: input.incarnation,
        sbt_token_sha256: input.sbtTokenSha256,
        lease_until: nowPlus(input.leaseSeconds),
      })
      .where('id', '=', run.id)
      .execute();
    const database = await databaseOfRun(tx, run);
    await recordAudit(tx, [
      {
        principal: `host:${input.hostId}`,
        action: 'run.taken-over',
        subjectId: run.id,
        databaseId: run.database_id,
        detail: database.oracleSid,
      },
    ]);
    return claimedRequest({ run, request: await requestOf(tx, run), database });
  });
}

/** @returns false when there is nothing to take over */
async function markTaken(tx: LedgerSession, run: RunRow): Promise<boolean> {
  const row = await tx
    .updateTable('run_moves')
    .set({ taken_at: now })
    .where('run_id', '=', run.id)
    .where('fence', '=', run.fence)
    .where('taken_at', 'is', null)
    .returning('fence')
    .executeTakeFirst();
  return row !== undefined;
}

function requestOf(tx: LedgerSession, run: RunRow) {
  return tx.selectFrom('requests').selectAll().where('id', '=', run.request_id).executeTakeFirstOrThrow();
}
