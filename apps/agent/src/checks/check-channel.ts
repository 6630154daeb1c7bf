// Whether a channel opens: the real rman allocates one as a backup does, so that a server process of the instance, which runs as the Oracle user,
// loads libobk.so and greets the dedup-worker; then it is let go. The channel belongs to no run: nothing is granted to it.
import { composeChannelScript, printScript, type InstanceAddress } from '@adyton/rman';
import { CHECK_RUN } from '@adyton/sbt';
import { ulid } from 'ulid';
import { channelPlaceOf } from '../backup/backup-run';
import { type AgentConfig } from '../config';
import { interruptRman } from '../rman/end-rman';
import { runRman } from '../rman/run-rman';
import { type TargetLogin } from '../rman/target-login';
import { createRunFiles, type RunFiles } from '../rman/token-file';
import { checkThat, type Check } from './check-that';
import { judgeChannel } from './judge-channel';

/** An instance as the channels of a backup reach it. */
export interface ChannelToOpen {
  readonly oracleHome: string;
  readonly oracleSid: string;
  /** Null: the channel takes the way that RMAN itself took. */
  readonly connect: InstanceAddress | null;
  /** Null: RMAN logs in by operating-system authentication. @throws when there is no login */
  readonly login: () => Promise<TargetLogin | null>;
}

type ChannelConfig = Pick<
  AgentConfig,
  'ADYTON_SBT_LIBRARY' | 'ADYTON_SBT_SOCKET' | 'ADYTON_STATE_DIR' | 'ADYTON_INSTANCE_CHECK_SECONDS'
>;

/** Of the time for the checks of an instance; the rest is for ending an RMAN that hangs and for telling of it. */
const TIME_SHARE = 3 / 4;
/** It has nothing to finish, ms. */
const END_GRACE_MS = 1_000;

export async function checkChannel(config: ChannelConfig, channel: ChannelToOpen): Promise<Check> {
  const limitMs = config.ADYTON_INSTANCE_CHECK_SECONDS * 1000 * TIME_SHARE;
  const signal = AbortSignal.timeout(limitMs);
  // a name as long as a run's, so that PARMS are as long; a secret that is none, in a file as the library wants it
  const files = await createRunFiles(config.ADYTON_STATE_DIR, {
    runId: `chk_${ulid()}`,
    sbtToken: CHECK_RUN,
  });
  try {
    return await openChannel({ config, files }, channel, signal);
  } catch (error) {
    if (signal.aborted)
      return checkThat('channel', false, `rman opened no channel within ${limitMs / 1000} s`);
    return checkThat('channel', false, error instanceof Error ? error.message : String(error));
  } finally {
    await files.remove();
  }
}

async function openChannel(
  { config, files }: { readonly config: ChannelConfig; readonly files: RunFiles },
  { oracleHome, oracleSid, connect, login }: ChannelToOpen,
  signal: AbortSignal,
): Promise<Check> {
  const place = { ...channelPlaceOf({ config, files }), connect };
  const text = printScript(composeChannelScript({ runId: CHECK_RUN, places: [place] }));
  const result = await runRman({
    oracleHome,
    oracleSid,
    scriptFile: await files.writeScript('channel', text),
    target: await login(),
    signal,
    end: (rman) => interruptRman(rman, END_GRACE_MS),
    onOutput: () => undefined,
  });
  return judgeChannel(result, oracleSid);
}
