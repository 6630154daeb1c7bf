// What the hosts of the other instances answer when they are asked: waited for within their time, and read.
import { type RunInstance, type RunPlan } from '@adyton/contracts';
import { type ChannelPlace, type InstanceAddress } from '@adyton/rman';
import { type Clock } from '@adyton/runtime';
import { checkThat, ofInstance } from '../checks/check-that';
import { instanceAddress } from './instance-address';

/** Between two looks at the answers, ms. */
const POLL_MS = 250;

interface Asking<T> {
  readonly clock: Clock;
  /** On the monotonic clock. */
  readonly sinceMs: number;
  readonly limitSeconds: number;
  look(): Promise<T>;
  isComplete(answers: T): boolean;
  pause(milliseconds: number): Promise<void>;
}

/** @returns what there is when the last one has answered, or when the time is over */
export async function untilAnswered<T>(asking: Asking<T>): Promise<T> {
  const { clock, sinceMs, limitSeconds } = asking;
  for (;;) {
    const answers = await asking.look();
    if (asking.isComplete(answers) || clock.monotonicMs() - sinceMs > limitSeconds * 1000) return answers;
    await asking.pause(POLL_MS);
  }
}

export function isAnswered({ state }: RunInstance): boolean {
  return state !== 'asked';
}

/** @param limitSeconds of those who did not answer */
export function checksOf(instance: RunInstance, limitSeconds: number): RunPlan['checks'] {
  const { sid, hostName, checks } = instance;
  if (isAnswered(instance)) return checks;
  const evidence = `the agent on ${hostName} did not answer within ${limitSeconds} s`;
  return [ofInstance(sid, checkThat('agent', false, evidence))];
}

export interface Secondary {
  readonly sid: string;
  readonly hostName: string;
  readonly place: ChannelPlace & { readonly connect: InstanceAddress };
}

/** @returns none for an instance that gets no channel */
export function secondaryOf({ sid, hostName, connectDescriptor, state, place }: RunInstance): Secondary[] {
  const connect = instanceAddress(connectDescriptor, sid);
  if (state !== 'eligible' || place === null || connect === null) return [];
  return [{ sid, hostName, place: { ...place, connect } }];
}
