// The instance a run is on turns out not to be eligible. Before any data flows the run leaves it for the next one of the cluster, under a new fence,
// and the agent of that host is rung to take it over. Every instance has its part in a run once, so that a run ends when none is left.
import { isErrorCode, reasonOf, type Reason, type RunPlan } from '@adyton/contracts';
import { type RunId } from '@adyton/domain';
import { databaseOfRun } from './database-of-run';
import { findHost, wasSeenWithin } from './hosts';
import { inTransaction, type LedgerSession } from './ledger';
import { agentCheck, moveRun, noteIneligible } from './move-run';
import { followUpLostRun } from './next-attempt';
import { isUntaken, listMoves, mayMove } from './read-moves';
import { type Refusal } from './refusal';
import { listOtherInstances, type OtherInstance } from './run-instances';
import { endRun, isRefusal, lockFencedRun, wrongState, type FencedRun, type RunRow } from './runs';
import { now } from './sql-values';

interface Leaving {
  /** Why the run would end if there were no other instance. */
  readonly reason: Reason;
  /** The failed checks of the instance that is left. */
  readonly checks: RunPlan['checks'];
}

export interface MoveLimits {
  /** How long the agent of the next instance may take to take the run over. */
  readonly takeSeconds: number;
  /** An agent that gave no sign for longer is not asked. */
  readonly presenceSeconds: number;
}

export type LeftInstance =
  | { readonly kind: 'moved'; readonly to: OtherInstance }
  /** No instance was left: the run failed with the reasons of all. Or it was cancelled. */
  | { readonly kind: 'ended' };

export function leaveInstance(
  session: LedgerSession,
  { reason, checks, ...run }: FencedRun & Leaving,
  limits: MoveLimits,
): Promise<LeftInstance | Refusal> {
  return inTransaction(session, async (tx) => {
    const row = await lockFencedRun(tx, run);
    if (isRefusal(row)) return row;
    if (row.state === 'failed' || row.state === 'cancelled') return { kind: 'ended' }; // a repeated call
    if (row.state !== 'planning') return wrongState(row); // data may flow
    return moveOn(tx, row, { reason, checks, principal: `host:${run.hostId}` }, limits);
  });
}

/** Runs of one sweep transaction; the next tick takes the rest. */
const SWEEP_ROWS_MAX = 100;
const SYSTEM = 'system';

/** Runs that nobody took over in time leave that instance too. @returns those it looked at */
export function sweepUntakenMoves(session: LedgerSession, limits: MoveLimits): Promise<RunId[]> {
  return inTransaction(session, async (tx) => {
    const late = await tx
      .selectFrom('runs')
      .selectAll()
      .where('state', '=', 'planning')
      .where('lease_until', '<', now)
      .where(isUntaken)
      .orderBy('id')
      .limit(SWEEP_ROWS_MAX)
      .forUpdate()
      .skipLocked()
      .execute();
    for (const run of late) {
      const left = await moveOn(tx, run, { ...(await notTaken(tx, run)), principal: SYSTEM }, limits);
      if (left.kind === 'ended') await followUpLostRun(tx, run, SYSTEM);
    }
    return late.map(({ id }) => id);
  });
}

async function notTaken(tx: LedgerSession, run: RunRow): Promise<Leaving> {
  const { sid, hostName } = await primaryOf(tx, run);
  const evidence = `the agent on ${hostName} did not take the run over before ${run.lease_until.toISOString()}`;
  return {
    reason: reasonOf('ADY_AGENT_LOST', evidence, { phase: run.phase, instance: sid }),
    checks: [agentCheck(sid, evidence)],
  };
}

async function moveOn(
  tx: LedgerSession,
  run: RunRow,
  left: Leaving & { readonly principal: string },
  limits: MoveLimits,
): Promise<LeftInstance> {
  if (run.cancel_requested_at !== null) {
    const reason = reasonOf('ADY_CANCELLED', 'the run was cancelled', { phase: left.reason.phase });
    await endRun(tx, { id: run.id, to: 'cancelled', reason, principal: left.principal });
    return { kind: 'ended' };
  }
  const from = await primaryOf(tx, run);
  await noteIneligible(tx, run.id, { ...from, checks: left.checks });
  const others = await instancesWithoutPart(tx, run);
  for (const to of others) {
    if (!(await wasSeenWithin(tx, to.hostId, limits.presenceSeconds))) continue;
    const { reason, principal } = left;
    await moveRun(tx, run, { from, to, reason, principal, takeSeconds: limits.takeSeconds });
    return { kind: 'moved', to };
  }
  const reason = await reasonOfAll(tx, run, { last: left.reason, silent: others });
  await endRun(tx, { id: run.id, to: 'failed', reason, principal: left.principal });
  return { kind: 'ended' };
}

/** The instance the run is on now. */
async function primaryOf(tx: LedgerSession, run: RunRow): Promise<OtherInstance> {
  const host = await findHost(tx, run.host_id);
  if (host === undefined) throw new Error('invariant: a run has a host');
  const { oracleSid: sid, oracleHome, connectDescriptor } = await databaseOfRun(tx, run);
  return { sid, hostId: host.id, hostName: host.name, oracleHome, connectDescriptor };
}

/** A host keeps the files of one run in one place, so it has one part too. */
async function instancesWithoutPart(tx: LedgerSession, run: RunRow): Promise<OtherInstance[]> {
  if (!mayMove(run)) return [];
  const others = await listOtherInstances(tx, { id: run.database_id, hostId: run.host_id });
  const parts = await tx
    .selectFrom('run_instances')
    .select(['sid', 'host_id'])
    .where('run_id', '=', run.id)
    .execute();
  return others.filter(
    (other) => !parts.some(({ sid, host_id }) => sid === other.sid || host_id === other.hostId),
  );
}

/** @param silent instances that were not asked, because their agents are not running */
async function reasonOfAll(
  tx: LedgerSession,
  run: RunRow,
  { last, silent }: { readonly last: Reason; readonly silent: readonly OtherInstance[] },
): Promise<Reason> {
  const parts = await tx
    .selectFrom('run_instances')
    .innerJoin('hosts', 'hosts.id', 'run_instances.host_id')
    .select(['sid', 'hosts.name', 'checks'])
    .where('run_id', '=', run.id)
    .where('state', '=', 'ineligible')
    .orderBy('seen_at')
    .execute();
  const moves = await listMoves(tx, run.id);
  if (moves.length + silent.length === 0) return last; // no cluster
  const detail = [
    ...parts.map(({ sid, name, checks }) => `${sid} on ${name}: ${checks.map(shown).join(', ')}`),
    ...silent.map(({ sid, hostName }) => `${sid} on ${hostName}: its agent is not running`),
  ].join('; ');
  const isSame = moves.every(({ reason }) => reason.code === last.code);
  const code = isSame && isErrorCode(last.code) ? last.code : 'ADY_PRECHECK_FAILED';
  return reasonOf(code, `no instance is eligible: ${detail}`, {
    phase: last.phase,
    oraErrors: last.oraErrors,
  });
}

function shown({ code, evidence }: RunPlan['checks'][number]): string {
  return `${code}: ${evidence}`;
}
