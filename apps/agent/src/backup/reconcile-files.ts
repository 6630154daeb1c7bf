// After RMAN, per data file: what stands for it in the recovery point - a set in pieces that this run or the attempt before it has, the redo since
// its creation, or a word of the plan, which left it out.
import { compareScn } from '@adyton/domain';
import { RunFailure } from '../runs/run-failure';
import { type DataFileFacts } from './backup-run';
import { type BackupPlan } from './compose-plan';
import { type LeftOutFile, leftOut } from './judge-access';
import {
  consistencyOf,
  findRedoGap,
  needsRecovery,
  type PointFiles,
  type ReconciledFile,
} from './judge-consistency';
import { recreatedFile } from './judge-late-files';
import { whyOutdated } from './judge-resume';
import {
  fileContents,
  type BackedUpSets,
  type FileContents,
  type LogContents,
  type RecreatedFile,
} from './point-contents';

/** @throws RunFailure ADY_RECONCILE_FAILED, ADY_CHAIN_BROKEN */
export function reconcileFiles(
  { leftOut: planned, finished, plannedFrom }: Pick<BackupPlan, 'leftOut' | 'finished' | 'plannedFrom'>,
  { facts, sets, own }: { facts: readonly DataFileFacts[]; sets: BackedUpSets; own: ReadonlySet<string> },
): PointFiles {
  const files: ReconciledFile[] = [];
  const recreated: RecreatedFile[] = [];
  for (const file of facts.filter((f) => !planned.some((l) => l.file === f.file))) {
    const taken = finished.get(file.file);
    const set = newestSet(file, sets, taken === undefined ? own : new Set(taken));
    if (set === undefined) {
      recreated.push(recreatedFile(file, plannedFrom));
      continue;
    }
    const contents = fileContents(file, set, sets);
    if (taken !== undefined) assertStands(file, contents);
    files.push({ facts: file, contents });
  }
  return { files, recreated };
}

/** The last one: what was begun on an instance that was lost is done again. One from before its creation is of a dropped file of the same number. */
function newestSet(
  { file, creationScn }: DataFileFacts,
  sets: BackedUpSets,
  pieces: ReadonlySet<string>,
): BackedUpSets[number] | undefined {
  return sets.findLast(
    (s) =>
      s.file === file &&
      s.level !== null &&
      compareScn(s.checkpointScn, creationScn) >= 0 &&
      s.handles.every((h) => pieces.has(h)),
  );
}

/** Nobody looks at a file again between the plan and here. @throws RunFailure ADY_RECONCILE_FAILED */
function assertStands({ file, name, ...facts }: DataFileFacts, { checkpointScn }: FileContents): void {
  const why = whyOutdated(facts, checkpointScn);
  if (why === null) return;
  const detail = `data file ${file} (${name}) was taken over from an interrupted attempt, and ${why} since; a replay reads it again`;
  throw new RunFailure('ADY_RECONCILE_FAILED', detail);
}

/** A file that was taken offline without its tablespace can be restored, but is of no use without the redo since then. */
export function withoutUnrecoverable(
  { files, recreated }: PointFiles,
  logs: readonly LogContents[],
): PointFiles & { readonly redoMissing: LeftOutFile[] } {
  const inUse = files.filter((f) => !needsRecovery(f));
  const { consistentScn } = consistencyOf({ files: inUse, recreated }, []);
  const lacksRedo = (f: ReconciledFile): boolean =>
    needsRecovery(f) && findRedoGap(logs, f.contents.checkpointScn, consistentScn) !== null;
  return {
    files: files.filter((f) => !lacksRedo(f)),
    recreated,
    redoMissing: files.filter(lacksRedo).map(({ facts, contents }) => {
      const detail = `it is offline and needs the redo since SCN ${contents.checkpointScn}, which is not in the vault`;
      return leftOut(facts, 'redo-missing', detail);
    }),
  };
}
