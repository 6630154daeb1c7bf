// Step 4, second half: decisions and settings become RMAN scripts.
import { type RunPlan, type RunScript } from '@adyton/contracts';
import { type LevelDecision } from '@adyton/domain';
import {
  composeControlFileScript,
  composeDataScript,
  printScript,
  tagOf,
  type ChannelSettings,
  type RunNames,
} from '@adyton/rman';
import { type Identity, namesOf, type Planning } from './backup-run';
import { type Check } from '../checks/check-that';
import { type Survey } from './survey-database';

export interface BackupPlan {
  readonly identity: Identity;
  readonly decision: LevelDecision;
  readonly names: RunNames;
  readonly tag: string;
  readonly document: RunPlan;
  readonly leftOut: Survey['leftOut'];
  readonly plannedFrom: Survey['plannedFrom'];
  readonly dataBytesExpected: number;
  /** Data files with a set of an interrupted attempt. */
  readonly finished: Survey['finished'];
  /** Those that ran before there was a plan. */
  readonly scripts: Survey['scripts'];
  readonly pluggables: Survey['pluggables'];
  readonly encryptedTablespaces: Survey['encryptedTablespaces'];
  readonly startedAt: Date;
}

/** @param otherChecks those of the cluster's other instances */
export function composePlan(run: Planning, survey: Survey, otherChecks: readonly Check[]): BackupPlan {
  const { identity, decision, estimate, waitingLogs } = survey;
  const names = namesOf(run, identity);
  return {
    identity,
    decision,
    names,
    tag: tagOf(decision.level, names.runToken),
    document: {
      level: decision.level,
      levelReason: decision.reason,
      files: estimate.files,
      archivedLogs: waitingLogs.map(({ thread, sequence, bytes }) => ({ thread, sequence, bytes })),
      bytesExpected: estimate.bytesExpected + waitingLogs.reduce((sum, l) => sum + l.bytes, 0),
      checks: [...survey.checks, ...otherChecks],
    },
    leftOut: survey.leftOut,
    plannedFrom: survey.plannedFrom,
    dataBytesExpected: estimate.bytesExpected,
    finished: survey.finished,
    scripts: survey.scripts,
    pluggables: survey.pluggables,
    encryptedTablespaces: survey.encryptedTablespaces,
    startedAt: run.clock.now(),
  };
}

/**
 * @param done files that have their piece of this run already
 * @returns null when no data file is to be backed up. @throws RmanScriptError for a name that may not stand in a script
 */
export function dataScriptOf(
  { decision, names, finished }: BackupPlan,
  channels: ChannelSettings,
  done: ReadonlySet<number> = new Set(),
): string | null {
  const open = decision.files.filter(({ file }) => !done.has(file) && !finished.has(file));
  if (open.length === 0) return null;
  const filesOf = (level: 0 | 1): number[] => open.filter((f) => f.level === level).map((f) => f.file);
  return printScript(
    composeDataScript({ names, channels, level0Files: filesOf(0), level1Files: filesOf(1) }),
  );
}

/** @throws RmanScriptError */
export function controlFileScriptOf({ names, identity }: BackupPlan, channels: ChannelSettings): string {
  return printScript(composeControlFileScript({ names, channels, spfile: identity.usesSpfile }));
}

/** The scripts in the order they run; the logs' is composed after the data files, when the last log is known. */
export function scriptsOf(
  plan: BackupPlan,
  channels: ChannelSettings,
  logScript: string | null,
): RunScript[] {
  const dataScript = dataScriptOf(plan, channels);
  return [
    ...plan.scripts,
    ...(dataScript === null ? [] : [{ step: 'data' as const, text: dataScript }]),
    ...(logScript === null ? [] : [{ step: 'logs' as const, text: logScript }]),
    { step: 'control-file' as const, text: controlFileScriptOf(plan, channels) },
  ];
}
