// Which recovery points a restore to an SCN reads: the newest level 0/1 point that is consistent at or before the goal, and the
// archived logs, from any point of the database, that lead from there to it without a gap. A point that lacks data files is passed over for an
// older complete one that the logs lead on from: more redo is read, and nothing is missing.
import { type RecoveryPointId } from './ids';
import { type BackupLevel } from './run-states';
import { compareScn, maxScn, type Scn } from './scn';

/** One archived log held by the vault: redo of [firstScn, nextScn) of one thread. */
export interface LogRange {
  readonly thread: number;
  readonly sequence: number;
  readonly resetlogsScn: Scn;
  readonly firstScn: Scn;
  readonly nextScn: Scn;
  readonly handle: string;
}

export interface RecoveryPointFacts {
  readonly id: RecoveryPointId;
  readonly level: BackupLevel;
  readonly resetlogsScn: Scn;
  /** The SCN from which the point is consistent: max(checkpoint_change#, absolute_fuzzy_change#) over its data files. */
  readonly consistentScn: Scn;
  /** Smallest checkpoint_change# of its data files: redo is needed from here on. */
  readonly redoFromScn: Scn;
  readonly logs: readonly LogRange[];
  /** Data files of the database that it cannot give back; none of a complete point. */
  readonly missingFiles: readonly number[];
}

/** `untilScn` is exclusive, as Oracle's UNTIL SCN is; null asks for the latest recoverable SCN. */
export interface RestoreGoal {
  readonly untilScn: Scn | null;
  /** Go without files that the newest point lacks, rather than back to one that has them all. */
  readonly acceptMissingFiles?: boolean;
}

export type RestoreSelection =
  | {
      readonly kind: 'found';
      readonly base: RecoveryPointFacts;
      readonly logs: readonly LogRange[];
      readonly untilScn: Scn;
    }
  /** Only from this point, which lacks files, and nobody agreed to go without them. */
  | { readonly kind: 'incomplete'; readonly base: RecoveryPointFacts }
  | { readonly kind: 'no-base'; readonly earliestScn: Scn | null }
  | {
      readonly kind: 'log-gap';
      readonly thread: number;
      readonly missingFromScn: Scn;
      readonly latestScn: Scn;
    };

export function planRestore(points: readonly RecoveryPointFacts[], goal: RestoreGoal): RestoreSelection {
  const bases = points
    .filter((p) => p.level !== 'archivelog')
    .filter((p) => goal.untilScn === null || compareScn(p.consistentScn, goal.untilScn) <= 0)
    .sort((a, b) => compareScn(b.consistentScn, a.consistentScn));
  const newest = bases[0];
  if (newest === undefined) return { kind: 'no-base', earliestScn: earliestConsistentScn(points) };
  const fromNewest = selectLogs(newest, points, goal);
  if (newest.missingFiles.length === 0 || goal.acceptMissingFiles === true) return fromNewest;
  const complete = bases.find((p) => p.missingFiles.length === 0);
  const fromComplete = complete === undefined ? null : selectLogs(complete, points, goal);
  if (fromComplete?.kind === 'found') return fromComplete;
  return fromNewest.kind === 'found' ? { kind: 'incomplete', base: newest } : fromNewest;
}

function selectLogs(
  base: RecoveryPointFacts,
  points: readonly RecoveryPointFacts[],
  goal: RestoreGoal,
): RestoreSelection {
  const available = uniqueLogs(points.flatMap((p) => p.logs)).filter(
    (l) => compareScn(l.resetlogsScn, base.resetlogsScn) === 0 && compareScn(l.nextScn, base.redoFromScn) > 0,
  );
  const chosen: LogRange[] = [];
  let latest: Scn | null = null;
  for (const thread of new Set(available.map((l) => l.thread))) {
    const reach = followThread(available, thread, base.redoFromScn, goal.untilScn);
    if (goal.untilScn !== null && compareScn(reach.endScn, goal.untilScn) < 0) {
      return {
        kind: 'log-gap',
        thread,
        missingFromScn: reach.endScn,
        latestScn: maxScn(reach.endScn, base.consistentScn),
      };
    }
    chosen.push(...reach.logs);
    latest = latest === null || compareScn(reach.endScn, latest) < 0 ? reach.endScn : latest;
  }
  const end = latest ?? base.redoFromScn;
  const untilScn = goal.untilScn ?? end;
  if (compareScn(end, goal.untilScn ?? base.consistentScn) < 0) {
    return { kind: 'log-gap', thread: 1, missingFromScn: end, latestScn: end };
  }
  return { kind: 'found', base, logs: chosen, untilScn };
}

/** Follows one thread's logs from `fromScn` as long as each begins where the last one ended. */
function followThread(
  logs: readonly LogRange[],
  thread: number,
  fromScn: Scn,
  untilScn: Scn | null,
): { logs: LogRange[]; endScn: Scn } {
  const taken: LogRange[] = [];
  let endScn = fromScn;
  for (const log of logs
    .filter((l) => l.thread === thread)
    .sort((a, b) => compareScn(a.firstScn, b.firstScn))) {
    if (compareScn(log.firstScn, endScn) > 0) break;
    if (untilScn !== null && compareScn(endScn, untilScn) >= 0) break;
    taken.push(log);
    endScn = maxScn(endScn, log.nextScn);
  }
  return { logs: taken, endScn };
}

function uniqueLogs(logs: readonly LogRange[]): LogRange[] {
  const seen = new Map<string, LogRange>();
  for (const log of logs) seen.set(`${log.resetlogsScn}/${log.thread}/${log.sequence}`, log);
  return [...seen.values()];
}

function earliestConsistentScn(points: readonly RecoveryPointFacts[]): Scn | null {
  const scns = points.filter((p) => p.level !== 'archivelog').map((p) => p.consistentScn);
  return scns.sort(compareScn)[0] ?? null;
}
