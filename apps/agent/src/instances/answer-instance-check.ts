// For a backup that is not run another host asks how the instance here is: the checks are those of a run, and nothing takes part.
import { type AgentTools } from '../backup/backup-run';
import { type InstanceOfDryRun } from '../control-plane';
import { tokenFileOf } from '../rman/token-file';
import { checkOwnInstance, verdictOf } from './check-own-instance';
import { findBackground } from './watch-background';

export async function answerInstanceCheck(
  { config, controlPlane }: Pick<AgentTools, 'config' | 'controlPlane'>,
  instance: InstanceOfDryRun,
): Promise<void> {
  const { dryRunId, sid } = instance;
  const asked = await controlPlane.openInstanceCheck(instance);
  const background = await findBackground({ sid, oracleHome: asked.oracleHome });
  const checks = await checkOwnInstance(config, { sid, asked, background });
  const tokenFile = tokenFileOf(config.ADYTON_STATE_DIR, dryRunId);
  await controlPlane.answerInstanceCheck(instance, verdictOf(config, checks, tokenFile));
}
