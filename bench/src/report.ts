// What was measured, as JSON for machines and as Markdown for docs/operating/performance.md. Ties and losses stand beside the rest.
import { cpus, totalmem } from 'node:os';
import { type BoundResult, type Figures } from './bounds';
import { CHAIN_FULLS, CHAIN_RESTORED_AFTER } from './chain';
import { type RestoreRow, type StepRow } from './compare';
import { type Series } from './datasets';
import { GB, MB } from './measure';
import { type BenchOptions } from './options';

export interface Report extends Figures {
  /** RFC 3339 */
  readonly date: string;
  readonly machine: string;
  readonly minutes: number;
  readonly options: BenchOptions;
  readonly bounds: readonly BoundResult[];
}

interface Marks {
  readonly begin: string;
  readonly end: string;
}

const MARKS: Marks = {
  begin: '<!-- figures: written by make bench, begin -->',
  end: '<!-- figures: end -->',
};

export function machineName(): string {
  return `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / GB)} GB of memory, Node ${process.version}`;
}

export function markdownOf(report: Report, series: readonly Series[]): string {
  const parts = [
    `Measured ${report.date.slice(0, 10)} on ${report.machine}; streams of ${Math.round(report.options.bytes / 2 ** 20)} MiB; the whole run took ${report.minutes.toFixed(0)} minutes.`,
    '### Bounds',
    boundsTable(report.bounds),
    ...series.flatMap((s) => seriesParts(report, s)),
  ];
  if (report.chain !== null)
    parts.push('### Thirty fulls, each after 1 % changed anywhere', chainText(report));
  if (report.memory.length > 0) parts.push('### Memory with two channels', memoryTable(report));
  return `${parts.join('\n\n')}\n`;
}

/** The page with the figures between its marks replaced. @throws Error when the page has no marks. */
export function withFigures(page: string, figures: string, marks = MARKS): string {
  const [begin, end] = [page.indexOf(marks.begin), page.indexOf(marks.end)];
  if (begin < 0 || end < begin) throw new Error('the page has no place for the figures');
  return `${page.slice(0, begin)}${marks.begin}\n\n${figures}\n${page.slice(end)}`;
}

type ShownBound = Omit<BoundResult, 'section'>;

export function boundLine(result: ShownBound): string {
  const verdict = result.met === null ? 'no figure' : result.met ? 'met   ' : 'MISSED';
  const measured = result.measured === null ? '-' : figure(result.measured);
  return `${verdict}  ${result.name}: ${measured} ${result.unit}, ${result.sense} ${figure(result.limit)}`;
}

export function boundsTable(bounds: readonly ShownBound[]): string {
  return table(
    ['bound', 'limit', 'measured', ''],
    bounds.map((b) => [
      b.name,
      `${b.sense} ${figure(b.limit)} ${b.unit}`,
      b.measured === null ? '-' : figure(b.measured),
      b.met === null ? 'not measured' : b.met ? 'met' : '**missed**',
    ]),
  );
}

function seriesParts({ comparison }: Report, { name, title, steps }: Series): string[] {
  const titles = new Map([...steps()].map((step) => [step.name, step.title]));
  const rows = comparison.steps.filter((row) => row.series === name);
  if (rows.length === 0) return [];
  const restores = comparison.restores.filter((row) => row.series === name);
  return [
    `### ${title[0]?.toUpperCase() ?? ''}${title.slice(1)}`,
    table(
      [
        'stream',
        'program',
        'CPU s/GB',
        'MB/s',
        'new %',
        'stored MB',
        'stored %',
        'metadata %',
        'objects',
        'peak RSS MB',
      ],
      rows.map((row) => [titles.get(row.step) ?? row.step, ...stepCells(row)]),
    ),
    table(
      ['restored, digest equal', 'program', 'MB/s', 'CPU s/GB'],
      restores.map((row) => [titles.get(row.step) ?? row.step, ...restoreCells(row)]),
    ),
  ];
}

function stepCells(row: StepRow): string[] {
  return [
    row.subject,
    row.cpuSecondsPerGb.toFixed(2),
    row.mbPerSecond.toFixed(0),
    row.newPercent.toFixed(3),
    (row.bytesStored / MB).toFixed(2),
    ((row.bytesStored * 100) / row.bytes).toFixed(2),
    row.bytesMetadata === null ? '-' : ((row.bytesMetadata * 100) / row.bytes).toFixed(3),
    row.objects.toFixed(0),
    (row.rssBytesPeak / MB).toFixed(0),
  ];
}

function restoreCells(row: RestoreRow): string[] {
  return [row.subject, row.mbPerSecond.toFixed(0), row.cpuSecondsPerGb.toFixed(2)];
}

function chainText({ chain }: Report): string {
  if (chain === null) return '';
  const shown = [1, CHAIN_RESTORED_AFTER, CHAIN_FULLS].filter((n) => chain.fulls[n] !== undefined);
  const fulls = table(
    ['full after the first', 'new %', 'stored %', 'CPU s/GB', 'metadata %'],
    shown.map((n) => [String(n), ...(chain.fulls[n] === undefined ? [] : chainCells(chain.fulls[n]))]),
  );
  const restores = `Restored at ${chain.restoreMbPerSecondFirst.toFixed(0)} MB/s after the first, at ${chain.restoreMbPerSecondLater.toFixed(0)} MB/s after ${CHAIN_RESTORED_AFTER} more.`;
  return `${fulls}\n\n${restores}`;
}

function chainCells(row: StepRow): string[] {
  return [
    row.newPercent.toFixed(3),
    ((row.bytesStored * 100) / row.bytes).toFixed(3),
    row.cpuSecondsPerGb.toFixed(2),
    (((row.bytesMetadata ?? NaN) * 100) / row.bytes).toFixed(3),
  ];
}

function memoryTable({ memory }: Report): string {
  return table(
    ['database', 'peak RSS MB'],
    memory.map((m) => [`${m.bytes / 2 ** 30} GiB`, (m.rssBytesPeak / MB).toFixed(0)]),
  );
}

export function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, i) => Math.max(3, cell.length, ...rows.map((row) => (row[i] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
