// Why a run may not stay on its instance: checks that only this instance failed, while no data has flowed. What the whole database fails is no
// reason to try another instance of it.
import { type ClaimedRun } from '@adyton/contracts';
import { type RunPhase } from '@adyton/domain';
import { OracleError } from '@adyton/oracle';
import { checkThat, ofInstance, type Check } from '../checks/check-that';
import { IneligibleInstance } from '../runs/run-failure';

/** From the script on the run is under way. */
const BEFORE_DATA: readonly RunPhase[] = ['identity', 'level', 'estimate', 'checks'];

/** @returns nothing for a failure that another instance could not mend, and for RMAN by hand, which belongs to its host as a restore does */
export function failedByInstance(claimed: ClaimedRun, error: unknown, phase: RunPhase): Check[] {
  if (claimed.operation !== 'backup' || claimed.lane === 'external' || !BEFORE_DATA.includes(phase))
    return [];
  const checks = error instanceof IneligibleInstance ? error.checks : checkOfAbsence(error, phase);
  return checks.map((check) => ofInstance(claimed.database.oracleSid, check));
}

/** An instance that cannot say who it is, or that went away. A question it refuses later would be refused by the others too. */
function checkOfAbsence(error: unknown, phase: RunPhase): Check[] {
  if (!(error instanceof OracleError)) return [];
  const isAway = phase === 'identity' || error.kind !== 'query';
  return isAway ? [checkThat('login', false, error.message)] : [];
}
