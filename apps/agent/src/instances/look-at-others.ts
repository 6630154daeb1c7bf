// The other instances of a cluster in a dry run: what their hosts say of them, and where a backup would have channels.
import { type RunPlan } from '@adyton/contracts';
import { type DryRunId } from '@adyton/domain';
import { type ChannelPlace } from '@adyton/rman';
import { pause } from '@adyton/runtime';
import { channelPlaceOf, type Planning } from '../backup/backup-run';
import { checksOf, isAnswered, secondaryOf, untilAnswered } from './instance-answers';

interface Others {
  readonly checks: RunPlan['checks'];
  /** Those that would have channels. */
  readonly takingPart: readonly string[];
  /** Of all channels, the instance of the dry run first. */
  readonly places: readonly [ChannelPlace, ...ChannelPlace[]];
}

/** Whoever asked for the dry run waits for half a minute, seconds. */
const WAIT_SECONDS_MAX = 20;

/** @param sinceMs when their hosts were asked */
export async function lookAtOthers(planning: Planning, id: DryRunId, sinceMs: number): Promise<Others> {
  const { config, controlPlane, clock } = planning;
  const limitSeconds = Math.min(config.ADYTON_INSTANCE_CHECK_SECONDS, WAIT_SECONDS_MAX);
  const { items } = await untilAnswered({
    ...{ clock, sinceMs, limitSeconds, pause },
    look: () => controlPlane.dryRunInstances(id),
    isComplete: (answers) => answers.items.every(isAnswered),
  });
  const others = items.flatMap(secondaryOf);
  return {
    checks: items.flatMap((item) => checksOf(item, limitSeconds)),
    takingPart: others.map(({ sid }) => sid),
    places: [channelPlaceOf(planning), ...others.map(({ place }) => place)],
  };
}
