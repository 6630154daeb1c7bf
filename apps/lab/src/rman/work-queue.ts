/**
 * Gives the steps of a command to its channels. A step that fails while other channels are left is run on one of them; on
 * the last channel it is given up and the others go on, as RMAN does. Nothing goes on when the instance of rman itself is lost.
 */
import { type DeviceType } from './ast';
import { type Channel, ChannelError } from './channel';
import { formatStackDate } from './rman-date';
import { errorLines, RmanError } from './rman-error';
import { type Session } from './session';

export interface Step {
  /** Name of the only channel that may run it; null: any. */
  channel: string | null;
  /** Only channels of this device; absent: any. */
  device?: DeviceType;
  run: (channel: Channel) => Promise<void>;
}

export interface WorkOptions {
  command: 'backup' | 'restore' | 'recover' | 'validate';
  /** What makes a step worth another channel. A piece that cannot be read is no better read by another one. */
  rerun: 'any-failure' | 'lost-channel';
}

interface Outcome {
  channel: Channel;
  step: Step;
  error: ChannelError | undefined;
}

/** Answers the number of steps that were run again. Throws the first ChannelError that could not be made good. */
export async function workOff(session: Session, steps: Step[], options: WorkOptions): Promise<number> {
  const queue = [...steps];
  const disabled = new Set<Channel>();
  const running = new Map<Channel, Promise<Outcome>>();
  const failures: ChannelError[] = [];
  let reruns = 0;
  const channels = session.usableChannels();
  const atOnceMax = await stepsAtOnce(session, channels.length);
  const targetLost = session.target.untilLost();
  for (;;) {
    for (const channel of channels) {
      if (running.size >= atOnceMax) break;
      if (running.has(channel) || disabled.has(channel) || channel.isDead) continue;
      const step = takeStep(queue, channel);
      if (step !== undefined) running.set(channel, attempt(channel, step));
    }
    if (running.size === 0) break;
    const { channel, step, error } = await Promise.race([...running.values(), targetLost]);
    running.delete(channel);
    if (error === undefined) continue;
    if (channel.isDead && (await session.target.isLost())) throw error;
    const others = channels.filter(
      (other) => other !== channel && !disabled.has(other) && !other.isDead && fits(step, other),
    );
    const again = options.rerun === 'any-failure' || channel.isDead;
    if (session.interrupted.signal.aborted) queue.length = 0;
    else if (again && others.length > 0 && step.channel === null) {
      disabled.add(channel);
      queue.unshift(step);
      reruns++;
      printFailure(session, options, error);
      session.print(`channel ${channel.name} disabled, job failed on it will be run on another channel`);
      continue;
    }
    failures.push(error);
    if (options.command !== 'backup') queue.length = 0;
    else if (queue.length > 0 && channels.some(({ isDead }) => !isDead)) {
      printFailure(session, options, error);
      session.print('continuing other job steps, job failed will not be re-run');
    }
  }
  const [first] = failures;
  if (first !== undefined) throw first;
  const [left] = queue;
  if (left !== undefined) throw noChannelFor(left);
  return reruns;
}

/** Standard Edition uses one channel after the other, and says so when there are several. */
async function stepsAtOnce(session: Session, channels: number): Promise<number> {
  if (channels === 1 || (await session.target.instance.identity({})).edition === 'EE') return channels;
  session.print(
    'RMAN-06908: WARNING: operation will not run in parallel on the allocated channels',
    'RMAN-06909: WARNING: parallelism require Enterprise Edition',
  );
  return 1;
}

function noChannelFor({ channel, device }: Step): RmanError {
  if (channel !== null) return new RmanError([`RMAN-06012: channel: ${channel} not allocated`]);
  return new RmanError([`RMAN-06100: no channel of device type ${device ?? ''} to restore a backup`]);
}

function fits({ channel: name, device }: Step, channel: Channel): boolean {
  const isNamed = name === null || name.toUpperCase() === channel.name.toUpperCase();
  return isNamed && (device === undefined || device === channel.device);
}

function takeStep(queue: Step[], channel: Channel): Step | undefined {
  const at = queue.findIndex((step) => fits(step, channel));
  return at < 0 ? undefined : queue.splice(at, 1)[0];
}

async function attempt(channel: Channel, step: Step): Promise<Outcome> {
  try {
    await step.run(channel);
    return { channel, step, error: undefined };
  } catch (error) {
    const failure = error instanceof ChannelError ? error : new ChannelError(channel.name, errorLines(error));
    return { channel, step, error: failure };
  }
}

function printFailure(session: Session, { command }: WorkOptions, error: ChannelError): void {
  session.print(
    `RMAN-03009: failure of ${command} command on ${error.channel} channel at ${formatStackDate(session.now())}`,
    ...error.lines,
  );
}
