// One of RMAN's invocations in a backup, carried out over the instances that are there. When an instance is lost meanwhile, what becomes of
// the step is judged, not guessed: RMAN is left alone, started again, or what it left undone is finished on the survivors.
import { judgeInstanceLoss, type BackupStep, type InstanceLoss } from '@adyton/domain';
import { channelsAt, type ChannelSettings, type InstanceAddress, type RunNames } from '@adyton/rman';
import { type RunInstances } from '../instances/run-instances';
import { LostChannels } from '../rman/lost-channels';
import { runScript, ScriptFailure } from '../rman/run-script';
import { targetLogin } from '../rman/target-login';
import { RunFailure } from '../runs/run-failure';
import { type BackupRun, channelsOf } from './backup-run';
import { endingOf } from './ending-of-backup';

export interface Step {
  readonly name: Exclude<BackupStep, 'none'>;
  readonly names: RunNames;
  /** The script for what is still to be done; null when nothing is. Called again when an instance was lost. */
  compose(channels: ChannelSettings): Promise<string | null>;
}

/** `failure of backup command on c2 channel at …` */
const FAILED_CHANNEL = /^RMAN-03009: failure of .+ command on (\S+) channel/;

type StepEnd = StepDone | { readonly kind: 'stuck' } | ScriptFailureEnd;
interface StepDone {
  readonly kind: 'succeeded';
  /** Handles of the pieces that RMAN said it had finished. */
  readonly reported: readonly string[];
}
interface ScriptFailureEnd {
  readonly kind: 'failed' | 'nothing-moved';
  readonly failure: ScriptFailure;
}

/** Another backup of the database copies the control file within seconds, ms. */
const CONTROL_FILE_PAUSE_MS = 5_000;
/** A quarter of an hour: one that hangs does not hold this one up for ever. */
const CONTROL_FILE_WAITS_MAX = 180;

/** @returns handles of the pieces that RMAN said it had finished. @throws RunFailure */
export async function runStep(
  run: BackupRun,
  instances: RunInstances,
  step: Step,
): Promise<readonly string[]> {
  for (let restarts = 0; ; restarts += 1) {
    const lostBefore = instances.lost.length;
    const channels = channelsOf(run, instances.places);
    const end = await runWhenFree(run, instances, step, channels);
    if (end.kind === 'succeeded') return end.reported;
    await instances.lookAgain(end.kind === 'stuck' ? [] : suspectsOf(end.failure, channels));
    const verdict =
      instances.lost.length === lostBefore
        ? 'fail'
        : judgeInstanceLoss({ ...lossOf(step, instances), rman: end.kind, restarts });
    if (verdict === 'fail') throw end.kind === 'stuck' ? stuck() : end.failure;
    run.log.warn({ runId: run.claimed.runId, step: step.name, rman: end.kind, verdict }, 'step.again');
  }
}

/** There is one snapshot of the control file for all backups of a database, whoever makes them: while another one has it, this one waits. */
async function runWhenFree(
  run: BackupRun,
  instances: RunInstances,
  step: Step,
  channels: ChannelSettings,
): Promise<StepEnd> {
  for (let waits = 0; ; waits += 1) {
    const text = await step.compose(channels);
    if (text === null) return { kind: 'succeeded', reported: [] };
    const end = await runOnce(run, instances, { ...step, text, channels });
    if (!isControlFileBusy(end) || waits === CONTROL_FILE_WAITS_MAX) return end;
    run.log.info({ runId: run.claimed.runId, step: step.name, waits }, 'step.control-file-busy');
    await run.lease.pause(CONTROL_FILE_PAUSE_MS);
  }
}

function isControlFileBusy(end: StepEnd): boolean {
  return (
    (end.kind === 'failed' || end.kind === 'nothing-moved') && end.failure.code === 'ADY_CONTROL_FILE_BUSY'
  );
}

/** Instances whose channels RMAN names in its errors. */
function suspectsOf({ oraErrors }: ScriptFailure, { places, ...rest }: ChannelSettings): InstanceAddress[] {
  const failed = new Set(oraErrors.map((line) => FAILED_CHANNEL.exec(line)?.[1]));
  return places
    .map(({ connect }) => connect)
    .filter((address) => address !== null)
    .filter(({ instance }) =>
      channelsAt({ places, ...rest }, (at) => at.instance === instance).some((name) => failed.has(name)),
    );
}

function stuck(): RunFailure {
  return new RunFailure(
    'ADY_INSTANCE_LOST',
    'RMAN did not give up the channels of a lost instance, and was stopped',
  );
}

function lossOf(step: Step, { places }: RunInstances): Pick<InstanceLoss, 'role' | 'step' | 'survivors'> {
  return { role: 'secondary', step: step.name, survivors: places.length };
}

async function runOnce(
  run: BackupRun,
  instances: RunInstances,
  script: Pick<Step, 'name' | 'names'> & { readonly text: string; readonly channels: ChannelSettings },
): Promise<StepEnd> {
  const { claimed, config, controlPlane, files, lease } = run;
  using channels = new LostChannels(config.ADYTON_LOST_CHANNEL_SECONDS);
  const stop = instances.onLoss((address, goneForSeconds) =>
    channels.lost(
      channelsAt(script.channels, ({ instance }) => instance === address.instance),
      goneForSeconds,
    ),
  );
  try {
    const { pieces } = await runScript(claimed, controlPlane, files, {
      name: script.name,
      text: script.text,
      target: script.channels.places.length > 1 ? await targetLogin(run) : null,
      oracleHome: claimed.database.oracleHome,
      oracleSid: claimed.database.oracleSid,
      signal: AbortSignal.any([lease.signal, channels.signal]),
      ending: endingOf(run, script.names),
      onOutput: (text) => channels.read(text),
    });
    return { kind: 'succeeded', reported: pieces.map(({ handle }) => handle) };
  } catch (error) {
    if (channels.signal.aborted && !lease.signal.aborted) return { kind: 'stuck' };
    if (!(error instanceof ScriptFailure)) throw error;
    return { kind: error.report.backupBegan ? 'failed' : 'nothing-moved', failure: error };
  } finally {
    stop();
  }
}
