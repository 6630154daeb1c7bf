// What a host reports, or does not report any more, as alerts: recovery areas, instances lost in the middle of a run.
import { type DatabaseId, type HostId, type RunPhase } from '@adyton/domain';
import { raiseAlert, resolveAlerts } from './alerts';
import { inTransaction, readNow, type LedgerSession } from './ledger';
import { refuse, type Refusal } from './refusal';
import { ACTIVE_RUN_STATES, isRefusal, lockFencedRun, type FencedRun } from './runs';
import { toInstant } from './sql-values';

/** Fuller than this, and a burst of redo may stop the database before somebody has looked, per cent. */
const RECOVERY_AREA_PERCENT_MAX = 90;
/** The alert stands until the area is this empty, so that it does not come and go, per cent. */
const RECOVERY_AREA_PERCENT_AGAIN = 85;

export function noteRecoveryArea(
  session: LedgerSession,
  area: { readonly databaseId: DatabaseId; readonly percent: number; readonly principal: string },
): Promise<void> {
  return inTransaction(session, async (tx) => {
    const { databaseId, percent, principal } = area;
    const detail = `the recovery area is ${percent} % full`;
    if (percent >= RECOVERY_AREA_PERCENT_MAX)
      await raiseAlert(tx, {
        kind: 'recovery_area_filling',
        subject: databaseId,
        databaseId,
        detail,
        principal,
        repeat: 'is-the-same',
      });
    if (percent <= RECOVERY_AREA_PERCENT_AGAIN)
      await resolveAlerts(tx, {
        kinds: ['recovery_area_filling'],
        subject: databaseId,
        resolution: detail,
        principal,
      });
  });
}

export interface LostInstance extends FencedRun {
  /** Name of the instance that is gone, and of the machine it ran on. */
  readonly instance: string;
  readonly instanceHost: string;
  readonly phase: RunPhase;
}

/** One alert for an instance and run, however often it is reported; by Postgres time. */
export function recordInstanceLost(session: LedgerSession, lost: LostInstance): Promise<Refusal | null> {
  return inTransaction(session, async (tx) => {
    const run = await lockFencedRun(tx, lost);
    if (isRefusal(run)) return run;
    if (!ACTIVE_RUN_STATES.some((state) => state === run.state))
      return refuse('ADY_RUN_STATE', `run ${run.id} is ${run.state}`);
    const at = toInstant(await readNow(tx));
    await raiseAlert(tx, {
      kind: 'instance_lost',
      subject: `${run.id}/${lost.instance}`,
      databaseId: run.database_id,
      hostId: lost.hostId,
      detail: `instance ${lost.instance} on ${lost.instanceHost} was lost at ${at} in phase ${lost.phase} of run ${run.id}`,
      principal: `host:${lost.hostId}`,
      repeat: 'is-the-same',
    });
    return null;
  });
}

/** The agent of a host gave a sign. */
export function noteAgentSeen(tx: LedgerSession, hostId: HostId): Promise<number> {
  return resolveAlerts(tx, {
    kinds: ['agent_not_running'],
    subject: hostId,
    resolution: 'the agent gave a sign again',
    principal: `host:${hostId}`,
  });
}
