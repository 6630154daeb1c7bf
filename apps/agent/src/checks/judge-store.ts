// What the dedup-worker found when it tried the object store: whether its bytes arrive, and whether the two clocks agree.
import { type StoreProbe } from '@adyton/sbt';
import { checkThat, type Check } from './check-that';

/** S3 refuses requests whose time is 15 minutes off; a clock that drifts this far will get there, seconds. */
const SKEW_SECONDS_MAX = 300;

export function judgeStore(probe: StoreProbe): Check[] {
  if (probe.kind === 'failed') return [checkThat('object-store', false, probe.reason)];
  const { storeName, isDeleted, skewSeconds } = probe;
  const work = isDeleted ? 'create, get and delete work' : 'create and get work; delete is denied';
  const reached = checkThat('object-store', true, `${storeName}: ${work}`);
  if (skewSeconds === null) return [reached];
  const evidence = `the clock of the store is ${Math.abs(skewSeconds)} s ${skewSeconds < 0 ? 'behind' : 'ahead of'} this host’s`;
  return [reached, checkThat('clock-skew', Math.abs(skewSeconds) < SKEW_SECONDS_MAX, evidence)];
}
