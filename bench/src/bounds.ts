// What the data path is held to, in one place. A bound without a figure (its section did not run) is neither met nor missed.
import { type Section } from './options';
import { CHAIN_FULLS, CHAIN_RESTORED_AFTER, type ChainFigures } from './chain';
import { type Comparison, type RestoreRow, type StepRow } from './compare';
import { MB } from './measure';
import { type MemoryFigures } from './memory';
import { type SubjectName } from './subjects/subject';

export interface Figures {
  readonly comparison: Comparison;
  readonly chain: ChainFigures | null;
  /** Smallest database first. */
  readonly memory: readonly MemoryFigures[];
}

export interface BoundResult {
  readonly name: string;
  readonly unit: string;
  readonly limit: number;
  readonly sense: 'at most' | 'at least';
  readonly section: Section;
  /** Null when nothing was measured. */
  readonly measured: number | null;
  readonly met: boolean | null;
}

interface Bound extends Pick<BoundResult, 'name' | 'unit' | 'limit' | 'sense' | 'section'> {
  /** NaN when nothing was measured. */
  readonly measure: (figures: Figures) => number;
}

/** Series with the two kinds of free space; a bound holds for the worse. */
const DATA_FILE_SERIES = ['data-file', 'data-file-stale'];
const PACK_BYTES = 32 * 2 ** 20;
const PUTS_PER_PIECE = 3;
const PUTS_PER_RUN = 8;
/** Packs may be sealed early: at the end of a piece, or because the next part might not fit. */
const PACK_ALLOWANCE = 1.05;
const RSS_MB_MAX = 400;
/** Memory counts as flat when the large database needs no more than this much more, or less, than the small one. */
const RSS_SPREAD_PERCENT_MAX = 10;

export const BOUNDS: readonly Bound[] = [
  bound('new data, 1 % changed in runs and 0.2 % newly used', '% of the full', 'at most', 1.25, (f) =>
    worst(f, 'clustered', (row) => row.newPercent),
  ),
  bound('new data, 1 % changed anywhere', '% of the full', 'at most', 1.1, (f) =>
    worst(f, 'uniform', (row) => row.newPercent),
  ),
  bound('new data, nothing changed', '% of the full', 'at most', 0.02, (f) =>
    worst(f, 'unchanged', (row) => row.newPercent),
  ),
  inChain('new data, 10th full with 1 % changed anywhere', '% of the full', 'at most', 1.2, (chain) =>
    newPercentOf(chain, CHAIN_RESTORED_AFTER),
  ),
  inChain('new data, 30th full with 1 % changed anywhere', '% of the full', 'at most', 1.2, (chain) =>
    newPercentOf(chain, CHAIN_FULLS),
  ),
  bound('metadata of any full', '% of the full', 'at most', 0.1, (f) =>
    Math.max(
      ...['first', 'unchanged', 'clustered', 'uniform'].map((step) => worst(f, step, metadataPercent)),
    ),
  ),
  bound('CPU of a repeated full', 's/GB', 'at most', 1.5, (f) => cpuOf(f, 'clustered', 'adyton')),
  bound("CPU of a repeated full, of tuned borg's", 'x', 'at most', 1 / 2, (f) =>
    cpuRatio(f, 'clustered', 'borg-tuned'),
  ),
  bound("CPU of a repeated full, of restic's", 'x', 'at most', 1 / 8, (f) =>
    cpuRatio(f, 'clustered', 'restic'),
  ),
  bound("CPU of a first full, of restic's", 'x', 'at most', 1 / 2, (f) => cpuRatio(f, 'first', 'restic')),
  bound("CPU of a first full, of borg's", 'x', 'at most', 1.2, (f) => cpuRatio(f, 'first', 'borg')),
  bound("restore speed of a first full, of restic's", 'x', 'at least', 1, (f) => restoreRatio(f, 'first')),
  inChain(
    'restore speed after ten fulls with 1 % changed, of the first',
    'x',
    'at least',
    0.7,
    (chain) => chain.restoreMbPerSecondLater / chain.restoreMbPerSecondFirst,
  ),
  bound('PUTs of any run, of the rule', 'x', 'at most', 1, (f) =>
    Math.max(...adytonRows(f).map((row) => row.objects / putsAllowed(row.bytesStored))),
  ),
  inMemory('peak RSS with two channels', 'MB', 'at most', RSS_MB_MAX, (memory) =>
    Math.max(...memory.map((m) => m.rssBytesPeak / MB)),
  ),
  inMemory(
    'peak RSS, large database against small',
    '% apart',
    'at most',
    RSS_SPREAD_PERCENT_MAX,
    (memory) => {
      const [small, large] = [memory[0], memory[1]];
      if (small === undefined || large === undefined) return NaN;
      return Math.abs(large.rssBytesPeak / small.rssBytesPeak - 1) * 100;
    },
  ),
];

export function judge(figures: Figures): BoundResult[] {
  return BOUNDS.map(({ measure, ...rest }) => {
    const value = measure(figures);
    if (!Number.isFinite(value)) return { ...rest, measured: null, met: null };
    return {
      ...rest,
      measured: value,
      met: rest.sense === 'at most' ? value <= rest.limit : value >= rest.limit,
    };
  });
}

/** PUTs that one run with one piece may take. */
export function putsAllowed(bytesStored: number): number {
  return PACK_ALLOWANCE * Math.ceil(bytesStored / PACK_BYTES) + PUTS_PER_PIECE + PUTS_PER_RUN;
}

function bound(
  name: string,
  unit: string,
  sense: Bound['sense'],
  limit: number,
  measure: Bound['measure'],
): Bound {
  return { name, unit, sense, limit, section: 'compare', measure };
}

function inChain(
  name: string,
  unit: string,
  sense: Bound['sense'],
  limit: number,
  measure: (chain: ChainFigures) => number,
): Bound {
  return {
    ...bound(name, unit, sense, limit, ({ chain }) => (chain === null ? NaN : measure(chain))),
    section: 'chain',
  };
}

function inMemory(
  name: string,
  unit: string,
  sense: Bound['sense'],
  limit: number,
  measure: (memory: readonly MemoryFigures[]) => number,
): Bound {
  return { ...bound(name, unit, sense, limit, ({ memory }) => measure(memory)), section: 'memory' };
}

function adytonRows({ comparison, chain }: Figures): readonly StepRow[] {
  return [...comparison.steps.filter((row) => row.subject === 'adyton'), ...(chain?.fulls ?? [])];
}

function worst({ comparison }: Figures, step: string, figure: (row: StepRow) => number): number {
  const rows = comparison.steps.filter(
    (row) => row.subject === 'adyton' && row.step === step && DATA_FILE_SERIES.includes(row.series),
  );
  return Math.max(...rows.map(figure));
}

function metadataPercent(row: StepRow): number {
  return row.bytesMetadata === null ? NaN : (row.bytesMetadata * 100) / row.bytes;
}

function newPercentOf(chain: ChainFigures, full: number): number {
  return chain.fulls[full]?.newPercent ?? NaN;
}

/** CPU is judged in the series that is repeated. */
function cpuOf({ comparison }: Figures, step: string, subject: SubjectName): number {
  return rowOf(comparison.steps, step, subject)?.cpuSecondsPerGb ?? NaN;
}

function cpuRatio(figures: Figures, step: string, rival: SubjectName): number {
  return cpuOf(figures, step, 'adyton') / cpuOf(figures, step, rival);
}

function restoreRatio({ comparison }: Figures, step: string): number {
  const speed = (subject: SubjectName): number =>
    rowOf(comparison.restores, step, subject)?.mbPerSecond ?? NaN;
  return speed('adyton') / speed('restic');
}

function rowOf<R extends StepRow | RestoreRow>(
  rows: readonly R[],
  step: string,
  subject: SubjectName,
): R | undefined {
  return rows.find((row) => row.series === 'data-file' && row.step === step && row.subject === subject);
}
