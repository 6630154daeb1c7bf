// A claim, or the taking over of a run that was moved, with everything the agent needs to start: fence, token for the SBT sessions, and what
// earlier recovery points hold.
import { type ClaimedRun } from '@adyton/contracts';
import {
  claimRequest,
  findRestorePlan,
  isRefusal,
  listEarlierAttempts,
  takeOverRun,
  type ClaimedRequest,
  type Ledger,
  type LedgerSession,
  type Refusal,
  type TakeOver,
} from '@adyton/ledger';
import { type HostId, type RequestId, type RunId } from '@adyton/domain';
import { backupQuestionOf } from './backup-question';
import { newSbtToken } from './sbt-token';

export interface RunClaim {
  readonly requestId: string;
  readonly runId: RunId;
  readonly hostId: HostId;
  readonly incarnation: string;
  readonly leaseSeconds: number;
}

/** Two heartbeats may be lost before a lease ends. */
const HEARTBEATS_PER_LEASE = 3;

/** A refusal is a value, so that what the claim found too late is on record as ended. */
export function claimRun(ledger: Ledger, claim: RunClaim): Promise<ClaimedRun | Refusal> {
  const { sbtToken, tokenSha256 } = newSbtToken();
  return ledger.transaction(async (tx) => {
    const claimed = await claimRequest(tx, {
      ...claim,
      requestId: claim.requestId as RequestId,
      sbtTokenSha256: tokenSha256,
    });
    if (isRefusal(claimed)) return claimed;
    return describe(tx, claimed, sbtToken, claim.leaseSeconds);
  });
}

export function takeOver(
  ledger: Ledger,
  taking: Omit<TakeOver, 'sbtTokenSha256'>,
): Promise<ClaimedRun | Refusal> {
  const { sbtToken, tokenSha256 } = newSbtToken();
  return ledger.transaction(async (tx) => {
    const taken = await takeOverRun(tx, { ...taking, sbtTokenSha256: tokenSha256 });
    return isRefusal(taken) ? taken : describe(tx, taken, sbtToken, taking.leaseSeconds);
  });
}

async function describe(
  tx: LedgerSession,
  claimed: ClaimedRequest,
  sbtToken: string,
  leaseSeconds: number,
): Promise<ClaimedRun> {
  const { runId, requestId, fence, attempt, database, lane } = claimed;
  const shared = {
    ...{ runId, requestId, fence, attempt, database, lane, sbtToken, leaseSeconds },
    heartbeatSeconds: leaseSeconds / HEARTBEATS_PER_LEASE,
    startedAt: claimed.startedAt.toISOString(),
  };
  if (claimed.operation === 'backup') {
    const question = await backupQuestionOf(tx, database, claimed.asked);
    const earlierAttempts = await listEarlierAttempts(tx, claimed);
    return { ...shared, ...question, earlierAttempts, operation: 'backup' };
  }
  const plan = claimed.restorePlanId === null ? undefined : await findRestorePlan(tx, claimed.restorePlanId);
  if (plan === undefined) throw new Error(`invariant: restore request ${requestId} has its plan`);
  return { ...shared, operation: 'restore', plan };
}
