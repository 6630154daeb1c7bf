// Step 4, second half: decisions and settings become RMAN scripts.
import { type RunPlan, type RunScript } from '@adyton/contracts';
import { type LevelDecision } from '@adyton/domain';
import { composeControlFileScript, composeDataScript, printScript, tagOf, type RunNames } from '@adyton/rman';
import { channelsOf, type Identity, namesOf, type Planning } from './backup-run';
import { type Survey } from './survey-database';

export interface BackupPlan {
  readonly identity: Identity;
  readonly decision: LevelDecision;
  readonly names: RunNames;
  readonly tag: string;
  readonly document: RunPlan;
  readonly leftOut: Survey['leftOut'];
  readonly dataBytesExpected: number;
  /** Null when RMAN's records were right. */
  readonly recordsScript: string | null;
  /** Null for archived-log runs. */
  readonly dataScript: string | null;
  readonly controlFileScript: string;
  readonly pluggables: Survey['pluggables'];
  readonly startedAt: Date;
}

/** @throws RmanScriptError for a name that may not stand in a script */
export function composePlan(run: Planning, survey: Survey): BackupPlan {
  const { identity, decision, estimate, waitingLogs } = survey;
  const names = namesOf(run, identity);
  const channels = channelsOf(run);
  const filesOf = (level: 0 | 1): number[] =>
    decision.files.filter((f) => f.level === level).map((f) => f.file);
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
      checks: [...survey.checks],
    },
    leftOut: survey.leftOut,
    dataBytesExpected: estimate.bytesExpected,
    recordsScript: survey.recordsScript,
    dataScript:
      decision.level === 'archivelog'
        ? null
        : printScript(
            composeDataScript({ names, channels, level0Files: filesOf(0), level1Files: filesOf(1) }),
          ),
    controlFileScript: printScript(
      composeControlFileScript({ names, channels, spfile: identity.usesSpfile }),
    ),
    pluggables: survey.pluggables,
    startedAt: run.clock.now(),
  };
}

/** The scripts in the order they run; the logs' is composed after the data files, when the last log is known. */
export function scriptsOf(plan: BackupPlan, logScript: string | null): RunScript[] {
  return [
    ...(plan.recordsScript === null ? [] : [{ step: 'records' as const, text: plan.recordsScript }]),
    ...(plan.dataScript === null ? [] : [{ step: 'data' as const, text: plan.dataScript }]),
    ...(logScript === null ? [] : [{ step: 'logs' as const, text: logScript }]),
    { step: 'control-file' as const, text: plan.controlFileScript },
  ];
}
