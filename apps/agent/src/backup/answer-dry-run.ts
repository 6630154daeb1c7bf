// A dry run: the same survey and the same scripts as a backup, with nothing run, and an answer whatever happens.
import { runToken, type DryRunId, type RunId } from '@adyton/domain';
import { join } from 'node:path';
import { reasonOfFailure } from '../runs/run-failure';
import { type AgentTools, channelsOf, type Planning, withChannelsOfEdition } from './backup-run';
import { checkLogFiles } from '../checks/check-log-files';
import { checkThat, ofInstance, type Check } from '../checks/check-that';
import { findRecordGaps } from './compare-records';
import { composePlan, scriptsOf } from './compose-plan';
import { judgeRecords } from './judge-records';
import { openDatabase } from './open-database';
import { NOTHING_TO_RESUME } from './resume-files';
import { surveyDatabase } from './survey-database';

/** A fence that no run has. */
const NO_FENCE = 0;

export async function answerDryRun(tools: AgentTools, id: DryRunId): Promise<void> {
  const { controlPlane, log } = tools;
  let phase: Parameters<typeof reasonOfFailure>[1] = 'identity';
  try {
    const asked = await planningOf(tools, id);
    await using database = await openDatabase(asked);
    const survey = await surveyDatabase(asked, database, {
      enter: (entered) => {
        phase = entered;
        return Promise.resolve();
      },
      judgeInstance: () => undefined, // all verdicts are wanted
      checkRecords: async (identity) => {
        const found = await findRecordGaps(asked, database, identity);
        return { check: judgeRecords({ found, left: found, failure: null }), script: null };
      },
      resume: () => Promise.resolve(NOTHING_TO_RESUME),
    });
    phase = 'script';
    const planning = withChannelsOfEdition(asked, survey);
    const others = asked.claimed.otherInstances.map(({ sid }) => sid);
    const plan = composePlan(planning, survey, [checkLogFiles(survey, others), ...othersOf(planning)]);
    const scripts = scriptsOf(plan, channelsOf(planning), null);
    await controlPlane.answerDryRun(id, { plan: plan.document, scripts });
  } catch (error) {
    log.warn({ dryRunId: id, phase, err: error }, 'dry-run.failed');
    await controlPlane.answerDryRun(id, { reason: reasonOfFailure(error, phase) });
  }
}

/** They are asked when a backup begins, because asking them gives them the token of its channels. */
function othersOf({ claimed }: Planning): Check[] {
  return claimed.otherInstances.map(({ sid, hostName }) =>
    ofInstance(sid, checkThat('agent', true, `on ${hostName}; checked when a backup begins`)),
  );
}

/** The names of a run that does not exist, so that the scripts look as they would. */
async function planningOf(tools: AgentTools, id: DryRunId): Promise<Planning> {
  const question = await tools.controlPlane.openDryRun(id);
  const runId = id as string as RunId;
  const tokenFile = join(tools.config.ADYTON_STATE_DIR, 'runs', runToken(runId), 'token');
  return { ...tools, claimed: { ...question, runId, fence: NO_FENCE }, files: { tokenFile } };
}
