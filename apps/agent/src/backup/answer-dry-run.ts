// A dry run: the same survey, the same checks of the other instances and the same scripts as a backup, with nothing backed up, and an answer
// whatever happens.
import { type DryRunId, type RunId } from '@adyton/domain';
import { checkLogFiles } from '../checks/check-log-files';
import { lookAtOthers } from '../instances/look-at-others';
import { tokenFileOf } from '../rman/token-file';
import { reasonOfFailure } from '../runs/run-failure';
import { type AgentTools, channelsOf, type Planning, withChannelsOfEdition } from './backup-run';
import { findRecordGaps } from './compare-records';
import { composePlan, scriptsOf } from './compose-plan';
import { judgeRecords } from './judge-records';
import { openDatabase } from './open-database';
import { NOTHING_TO_RESUME } from './resume-files';
import { surveyDatabase } from './survey-database';

/** A fence that no run has. */
const NO_FENCE = 0;

export async function answerDryRun(tools: AgentTools, id: DryRunId): Promise<void> {
  const { controlPlane, clock, log } = tools;
  const sinceMs = clock.monotonicMs(); // the hosts of the other instances were asked in the same moment
  let phase: Parameters<typeof reasonOfFailure>[1] = 'identity';
  try {
    const asked = await planningOf(tools, id);
    await using database = await openDatabase(asked);
    const survey = await surveyDatabase(asked, database, {
      enter: (entered) => {
        phase = entered;
        return Promise.resolve();
      },
      judgeFirst: () => undefined, // all verdicts are wanted
      checkRecords: async (identity) => {
        const found = await findRecordGaps(asked, database, identity);
        return { check: judgeRecords({ found, left: found, failure: null }), script: null };
      },
      resume: () => Promise.resolve(NOTHING_TO_RESUME),
    });
    const planning = withChannelsOfEdition(asked, survey);
    const { checks, takingPart, places } = await lookAtOthers(planning, id, sinceMs);
    phase = 'script';
    const plan = composePlan(planning, survey, [checkLogFiles(survey, takingPart), ...checks]);
    const scripts = scriptsOf(plan, channelsOf(planning, places), null);
    await controlPlane.answerDryRun(id, { plan: plan.document, scripts });
  } catch (error) {
    log.warn({ dryRunId: id, phase, err: error }, 'dry-run.failed');
    await controlPlane.answerDryRun(id, { reason: reasonOfFailure(error, phase) });
  }
}

/** The names of a run that does not exist, so that the scripts look as they would. */
async function planningOf(tools: AgentTools, id: DryRunId): Promise<Planning> {
  const question = await tools.controlPlane.openDryRun(id);
  const runId = id as string as RunId;
  const tokenFile = tokenFileOf(tools.config.ADYTON_STATE_DIR, runId);
  return { ...tools, claimed: { ...question, runId, fence: NO_FENCE }, files: { tokenFile } };
}
