// Pre-checks that hold for every instance of a run, whichever host it is on and whoever asks.
import { type DatabaseIdentity } from '@adyton/oracle';
import { probeStore } from '@adyton/sbt';
import { type AgentConfig } from '../config';
import { checkThat, unknown, type Check } from './check-that';
import { judgeSpace } from './judge-space';
import { judgeStore } from './judge-store';
import { accepts, isReadable, percentUsed } from './look-at-host';

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

/** What a channel needs on its host: the library, the dedup-worker behind its socket, and the store behind that. */
export async function checkHost(config: HostConfig): Promise<Check[]> {
  const { ADYTON_SBT_LIBRARY: library, ADYTON_SBT_SOCKET: socketPath, ADYTON_STATE_DIR: directory } = config;
  const isThere = await accepts(socketPath);
  const limitMs = config.ADYTON_INSTANCE_CHECK_SECONDS * 1000 * STORE_SHARE;
  return [
    checkThat('sbt-library', await isReadable(library), library),
    checkThat('dedup-worker', isThere, `socket ${socketPath}`),
    ...(isThere ? judgeStore(await probeStore({ socketPath, limitMs })) : []),
    await checkSpace(directory),
  ];
}

async function checkSpace(directory: string): Promise<Check> {
  try {
    return judgeSpace(directory, await percentUsed(directory));
  } catch (error) {
    return unknown('state-space', error);
  }
}
