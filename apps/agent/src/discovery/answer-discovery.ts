// The doorbell of a discovery: looks around and hands over what was seen. A discovery that was answered or given up meanwhile is refused,
// and nothing is to be done about it.
import { AdytonError } from '@adyton/contracts';
import { type DiscoveryId } from '@adyton/domain';
import { type AgentTools } from '../backup/backup-run';
import { lookAround } from './look-around';

export async function answerDiscovery(
  { config, controlPlane, log }: AgentTools,
  discoveryId: DiscoveryId,
): Promise<void> {
  const report = await lookAround(config);
  try {
    await controlPlane.reportDiscovery(discoveryId, report);
  } catch (error) {
    if (!(error instanceof AdytonError) || error.code !== 'ADY_NOT_FOUND') throw error;
    log.info({ discoveryId, code: error.code }, 'discovery.not-wanted');
    return;
  }
  const troubled = report.tools.filter(({ outcome }) => outcome !== 'ok' && outcome !== 'absent');
  log.info({ discoveryId, instances: report.instances.length, troubled }, 'discovery.reported');
}
