// Which archived logs a run takes: per incarnation and thread everything after the last sequence the vault holds, as contiguous ranges.
// A hole means that somebody deleted a log we never had; it is named, not skipped.
import { compareScn, type Scn } from '@adyton/domain';

interface LogOnDisk {
  readonly thread: number;
  readonly sequence: number;
  readonly resetlogsScn: Scn;
}

export interface LogRange {
  readonly thread: number;
  readonly fromSequence: number;
  readonly untilSequence: number;
}

export type LogChoice =
  | { readonly kind: 'ranges'; readonly ranges: readonly LogRange[] }
  | { readonly kind: 'gap'; readonly thread: number; readonly missingSequence: number };

export interface LogQuestion {
  readonly onDisk: readonly LogOnDisk[];
  /** Last sequence in the vault, per incarnation and thread. */
  readonly lastInVault: readonly LogOnDisk[];
  readonly resetlogsScn: Scn;
}

export function chooseLogRanges({ onDisk, lastInVault, resetlogsScn }: LogQuestion): LogChoice {
  const current = onDisk.filter((l) => compareScn(l.resetlogsScn, resetlogsScn) === 0);
  const ranges: LogRange[] = [];
  for (const thread of [...new Set(current.map((l) => l.thread))].sort((a, b) => a - b)) {
    const last =
      lastInVault.find((l) => l.thread === thread && compareScn(l.resetlogsScn, resetlogsScn) === 0)
        ?.sequence ?? null;
    const wanted = [
      ...new Set(
        current
          .filter((l) => l.thread === thread && (last === null || l.sequence > last))
          .map((l) => l.sequence),
      ),
    ].sort((a, b) => a - b);
    const first = wanted[0];
    const end = wanted.at(-1);
    if (first === undefined || end === undefined) continue;
    const missing = firstMissing(last === null ? first : last + 1, wanted);
    if (missing !== null) return { kind: 'gap', thread, missingSequence: missing };
    ranges.push({ thread, fromSequence: first, untilSequence: end });
  }
  return { kind: 'ranges', ranges };
}

/** What is left of the ranges without these logs. */
export function rangesWithout(
  ranges: readonly LogRange[],
  done: readonly Pick<LogOnDisk, 'thread' | 'sequence'>[],
): LogRange[] {
  return ranges.flatMap((range) => {
    const cuts = done
      .filter((l) => l.thread === range.thread)
      .map((l) => l.sequence)
      .sort((a, b) => a - b);
    const left: LogRange[] = [];
    let fromSequence = range.fromSequence;
    for (const untilSequence of [...cuts.map((cut) => cut - 1), range.untilSequence]) {
      if (untilSequence >= fromSequence && untilSequence <= range.untilSequence)
        left.push({ thread: range.thread, fromSequence, untilSequence });
      fromSequence = Math.max(fromSequence, untilSequence + 2);
    }
    return left;
  });
}

export function logsInRanges<T extends Pick<LogOnDisk, 'thread' | 'sequence'>>(
  logs: readonly T[],
  ranges: readonly LogRange[],
): T[] {
  return logs.filter(({ thread, sequence }) =>
    ranges.some((r) => r.thread === thread && sequence >= r.fromSequence && sequence <= r.untilSequence),
  );
}

function firstMissing(expected: number, sequences: readonly number[]): number | null {
  let next = expected;
  for (const sequence of sequences) {
    if (sequence !== next) return next;
    next += 1;
  }
  return null;
}
