// Tells the control-plane how full the recovery area of each database is; its policy decides whether logs are backed up because of it.
import { type Database } from '@adyton/contracts';
import { pause } from '@adyton/runtime';
import { type AgentTools } from '../backup/backup-run';
import { openDatabase } from '../backup/open-database';

export function watchRecoveryAreas(tools: AgentTools): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await pause(tools.config.ADYTON_RECOVERY_AREA_SECONDS * 1000, stopping.signal);
      if (!stopping.signal.aborted) await lookAtAll(tools);
    }
  };
  const ended = loop();
  return {
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

/** A database or control-plane that is away is looked at again next time. */
async function lookAtAll(tools: AgentTools): Promise<void> {
  try {
    for (const database of await tools.controlPlane.databases()) await lookAt(tools, database);
  } catch (error) {
    tools.log.warn({ err: error }, 'recovery-areas.not-reported');
  }
}

async function lookAt({ config, controlPlane, log }: AgentTools, database: Database): Promise<void> {
  try {
    await using facts = await openDatabase({ config, claimed: { database } });
    const percent = await facts.recoveryAreaPercent();
    if (percent !== null) await controlPlane.reportRecoveryArea(database.id, percent);
  } catch (error) {
    log.warn({ databaseId: database.id, err: error }, 'recovery-area.not-reported');
  }
}
