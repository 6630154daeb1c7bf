// Pre-checks that hold for every instance of a run, whichever host it is on and whoever asks.
import { type DatabaseIdentity } from '@adyton/oracle';
import { type AgentConfig } from '../config';
import { accepts, checkThat, isReadable, type Check } from './check-that';

export function checkOpen({
  instanceName,
  instanceStatus,
}: Pick<DatabaseIdentity, 'instanceName' | 'instanceStatus'>): Check {
  return checkThat(
    'instance-open',
    instanceStatus === 'OPEN',
    `${instanceName} is ${instanceStatus}`,
    'open the instance',
  );
}

export async function checkSbtLibrary(config: Pick<AgentConfig, 'ADYTON_SBT_LIBRARY'>): Promise<Check> {
  return checkThat(
    'sbt-library',
    await isReadable(config.ADYTON_SBT_LIBRARY),
    config.ADYTON_SBT_LIBRARY,
    'install libobk.so where ADYTON_SBT_LIBRARY says, readable by the Oracle user',
  );
}

export async function checkDedupWorker(config: Pick<AgentConfig, 'ADYTON_SBT_SOCKET'>): Promise<Check> {
  return checkThat(
    'dedup-worker',
    await accepts(config.ADYTON_SBT_SOCKET),
    `socket ${config.ADYTON_SBT_SOCKET}`,
    'start adyton-dedup-worker on this host',
  );
}
