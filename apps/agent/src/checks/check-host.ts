// Pre-checks that hold for every instance of a run, whichever host it is on and whoever asks.
import { type DatabaseIdentity } from '@adyton/oracle';
import { probeStore } from '@adyton/sbt';
import { join } from 'node:path';
import { type AgentConfig } from '../config';
import { checkChannel, type ChannelToOpen } from './check-channel';
import { checkThat, unknown, type Check } from './check-that';
import { judgeSpace } from './judge-space';
import { judgeStore } from './judge-store';
import { accepts, isExecutable, isReadable, percentUsed } from './look-at-host';

type HostConfig = Pick<
  AgentConfig,
  'ADYTON_SBT_LIBRARY' | 'ADYTON_SBT_SOCKET' | 'ADYTON_STATE_DIR' | 'ADYTON_INSTANCE_CHECK_SECONDS'
>;

/** Of the time for the checks of an instance: what the store may take. */
const STORE_SHARE = 1 / 2;

export function checkOpen({
  instanceName,
  instanceStatus,
}: Pick<DatabaseIdentity, 'instanceName' | 'instanceStatus'>): Check {
  return checkThat('instance-open', instanceStatus === 'OPEN', `${instanceName} is ${instanceStatus}`);
}

/**
 * What a channel needs on its host: rman, the library, the dedup-worker behind its socket, and the store behind that; and when they are there,
 * a channel itself.
 * @param channel null: the instance is down, and no channel is tried
 */
export async function checkHost(
  config: HostConfig,
  oracleHome: string,
  channel: ChannelToOpen | null,
): Promise<Check[]> {
  const { ADYTON_SBT_LIBRARY: library, ADYTON_SBT_SOCKET: socketPath, ADYTON_STATE_DIR: directory } = config;
  const rman = join(oracleHome, 'bin', 'rman');
  const [hasRman, hasLibrary, isThere] = await Promise.all([
    isExecutable(rman),
    isReadable(library),
    accepts(socketPath),
  ]);
  const canOpen = channel !== null && hasRman && hasLibrary && isThere;
  const limitMs = config.ADYTON_INSTANCE_CHECK_SECONDS * 1000 * STORE_SHARE;
  const [ofStore, ofChannel, ofSpace] = await Promise.all([
    isThere ? probeStore({ socketPath, limitMs }).then(judgeStore) : [],
    canOpen ? checkChannel(config, channel).then((check) => [check]) : [],
    checkSpace(directory),
  ]);
  return [
    checkThat('rman', hasRman, rman),
    checkThat('sbt-library', hasLibrary, library),
    checkThat('dedup-worker', isThere, `socket ${socketPath}`),
    ...ofStore,
    ...ofChannel,
    ofSpace,
  ];
}

async function checkSpace(directory: string): Promise<Check> {
  try {
    return judgeSpace(directory, await percentUsed(directory));
  } catch (error) {
    return unknown('state-space', error);
  }
}
