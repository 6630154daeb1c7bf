// The figures of the control side, as JSON for machines and as Markdown for docs/operating/performance.md.
import { boundsTable, figure, table } from '../report';
import { MB } from '../measure';
import { type ControlBound } from './bounds';
import { type ControlOptions, type ScenarioName } from './options';
import { type ScenarioFigures } from './scenario';

export interface ControlReport {
  /** RFC 3339 */
  readonly date: string;
  readonly machine: string;
  readonly minutes: number;
  /** Load average of the machine before it began: what else went on. */
  readonly loadBefore: number;
  readonly options: ControlOptions;
  readonly scenarios: readonly ScenarioFigures[];
  readonly bounds: readonly ControlBound[];
}

export const CONTROL_MARKS = {
  begin: '<!-- control figures: written by make bench-control, begin -->',
  end: '<!-- control figures: end -->',
};

export function markdownOfControl({
  date,
  machine,
  minutes,
  loadBefore,
  options,
  scenarios,
  bounds,
}: ControlReport): string {
  const parts = [
    `Measured ${date.slice(0, 10)} on ${machine}, which carried the ${options.hosts} simulated hosts too; the whole run took ${minutes.toFixed(0)} minutes. The load average before it began was ${loadBefore.toFixed(1)}.`,
    boundsTable(bounds),
    table(
      [
        'runs',
        'lag p50 s',
        'p95 s',
        'p99 s',
        'max s',
        'claimed within s',
        'lost',
        'twice',
        'CPU s of control-plane',
        'of the hosts',
        'RSS MB',
      ],
      scenarios.map((s) => [titleOf(s.name, options), ...cellsOf(s)]),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

function titleOf(name: ScenarioName, { runs, spreadSeconds }: ControlOptions): string {
  switch (name) {
    case 'minutes':
      return `${runs} due over ${spreadSeconds} s`;
    case 'outage':
      return `the same, scheduler killed and Redis emptied half-way`;
    case 'burst':
      return `${runs} due in one instant`;
  }
}

function cellsOf(s: ScenarioFigures): string[] {
  const { p50, p95, p99, max } = s.lagSeconds;
  const seconds = [p50, p95, p99, max, s.claimedWithinSeconds].map(figure);
  const counts = [s.lost, s.twice, Math.round(s.cpuSeconds.controlPlane), Math.round(s.cpuSeconds.load)];
  return [...seconds, ...counts.map(String), (s.rssBytesPeak / MB).toFixed(0)];
}
