// Which archived logs a run takes: per incarnation and thread everything after the last sequence the vault holds, as contiguous ranges.
// A hole means that somebody deleted a log we never had; it is named, not skipped. A full backup can do without: its own logs begin with it.
import { compareScn, type Scn } from '@adyton/domain';
import { type LogRange } from '@adyton/rman';

interface LogOnDisk {
  readonly thread: number;
  readonly sequence: number;
  readonly resetlogsScn: Scn;
}

/** The first sequence that is neither in the vault nor on disk. */
export interface LogGap {
  readonly thread: number;
  readonly missingSequence: number;
}

export type LogChoice =
  /** `gaps`: holes between the ranges, behind which a new chain begins. */
  | { readonly kind: 'ranges'; readonly ranges: readonly LogRange[]; readonly gaps: readonly LogGap[] }
  | ({ readonly kind: 'gap' } & LogGap);

export interface LogQuestion {
  readonly onDisk: readonly LogOnDisk[];
  /** Last sequence in the vault, per incarnation and thread. */
  readonly lastInVault: readonly LogOnDisk[];
  readonly resetlogsScn: Scn;
  /** For a run that reads every data file whole; all others build on what came before the hole. */
  readonly acrossGaps: boolean;
}

export function chooseLogRanges({ onDisk, lastInVault, resetlogsScn, acrossGaps }: LogQuestion): LogChoice {
  const current = onDisk.filter((l) => compareScn(l.resetlogsScn, resetlogsScn) === 0);
  const ranges: LogRange[] = [];
  const gaps: LogGap[] = [];
  for (const thread of [...new Set(current.map((l) => l.thread))].sort((a, b) => a - b)) {
    const last =
      lastInVault.find((l) => l.thread === thread && compareScn(l.resetlogsScn, resetlogsScn) === 0)
        ?.sequence ?? null;
    const wanted = rangesOf(
      current.filter((l) => l.thread === thread && (last === null || l.sequence > last)),
    );
    let expected = last === null ? wanted[0]?.fromSequence : last + 1;
    for (const { fromSequence, untilSequence } of wanted) {
      if (fromSequence !== expected) gaps.push({ thread, missingSequence: expected ?? fromSequence });
      expected = untilSequence + 1;
    }
    ranges.push(...wanted);
  }
  const [gap] = gaps;
  return gap === undefined || acrossGaps ? { kind: 'ranges', ranges, gaps } : { kind: 'gap', ...gap };
}

/** Logs of one incarnation as ranges without a hole. */
export function rangesOf(logs: readonly Pick<LogOnDisk, 'thread' | 'sequence'>[]): LogRange[] {
  const ranges: LogRange[] = [];
  for (const { thread, sequence } of logs.toSorted(
    (a, b) => a.thread - b.thread || a.sequence - b.sequence,
  )) {
    const open = ranges.at(-1);
    if (open?.thread === thread && sequence <= open.untilSequence + 1)
      ranges[ranges.length - 1] = { ...open, untilSequence: sequence };
    else ranges.push({ thread, fromSequence: sequence, untilSequence: sequence });
  }
  return ranges;
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
