// Step 4, second half: decisions and settings become RMAN scripts, and plan and scripts go on record.
import { type RunPlan, type RunScript } from '@adyton/contracts';
import { type LevelDecision } from '@adyton/domain';
import { composeControlFileScript, composeDataScript, tagOf, type RunNames } from '@adyton/rman';
import { type BackupRun, channelsOf, type Identity, namesOf } from './backup-run';
import { type Check } from './check-instances';
import { type Estimate } from './estimate-data-files';

export interface BackupPlan {
  readonly identity: Identity;
  readonly decision: LevelDecision;
  readonly names: RunNames;
  readonly tag: string;
  readonly document: RunPlan;
  /** Null for archived-log runs. */
  readonly dataScript: string | null;
  readonly controlFileScript: string;
  readonly startedAt: Date;
}

export interface PlanParts {
  readonly identity: Identity;
  readonly decision: LevelDecision;
  readonly estimate: Estimate;
  readonly checks: readonly Check[];
}

/** @throws RmanScriptError for a name that may not stand in a script */
export async function composePlan(run: BackupRun, parts: PlanParts): Promise<BackupPlan> {
  const { identity, decision, estimate } = parts;
  const names = namesOf(run, identity);
  const channels = channelsOf(run);
  const filesOf = (level: 0 | 1): number[] =>
    decision.files.filter((f) => f.level === level).map((f) => f.file);
  const plan: BackupPlan = {
    identity,
    decision,
    names,
    tag: tagOf(decision.level, names.runToken),
    document: {
      level: decision.level,
      levelReason: decision.reason,
      files: estimate.files,
      archivedLogs: [],
      bytesExpected: estimate.bytesExpected,
      checks: [...parts.checks],
    },
    dataScript:
      decision.level === 'archivelog'
        ? null
        : composeDataScript({ names, channels, level0Files: filesOf(0), level1Files: filesOf(1) }),
    controlFileScript: composeControlFileScript({ names, channels, spfile: identity.usesSpfile }),
    startedAt: run.clock.now(),
  };
  await run.controlPlane.storePlan(run.claimed, plan.document, scriptsOf(plan, null));
  return plan;
}

/** The scripts in the order they run; the logs' is composed after the data files, when the last log is known. */
export function scriptsOf(plan: BackupPlan, logScript: string | null): RunScript[] {
  return [
    ...(plan.dataScript === null ? [] : [{ step: 'data' as const, text: plan.dataScript }]),
    ...(logScript === null ? [] : [{ step: 'logs' as const, text: logScript }]),
    { step: 'control-file' as const, text: plan.controlFileScript },
  ];
}
