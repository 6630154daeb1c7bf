// How the start of runs is judged, and what the benchmark of it takes as settings.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFigures } from '../report';
import { judgeControl } from './bounds';
import { controlOptionsOf } from './options';
import { quantilesOf } from './quantiles';
import { CONTROL_MARKS, markdownOfControl } from './report';
import { type ScenarioFigures } from './scenario';

const page = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'operating', 'performance.md'), 'utf8');

const good: ScenarioFigures = {
  name: 'minutes',
  runs: 100,
  lost: 0,
  twice: 0,
  failures: {},
  lagSeconds: { p50: 0.5, p95: 1, p99: 1.5, max: 1.9 },
  claimedWithinSeconds: 300,
  cpuSeconds: { controlPlane: 50, load: 60 },
  rssBytesPeak: 2e8,
};
const missed = (figures: ScenarioFigures): string[] =>
  judgeControl([figures]).flatMap((bound) => (bound.met === false ? [bound.name] : []));

describe('the bounds of dispatch', () => {
  it('are met by a fleet whose runs all start in time, once', () => {
    expect(missed(good)).toEqual([]);
  });

  it('are missed by a late, a lost and a double run', () => {
    expect(missed({ ...good, lagSeconds: { ...good.lagSeconds, p99: 2.1 } })).toEqual(['dispatch lag, p99']);
    expect(missed({ ...good, lost: 1 })).toEqual(['runs lost']);
    expect(missed({ ...good, twice: 1 })).toEqual(['runs started or committed twice']);
  });

  it('are missed, not met, when nothing was claimed at all', () => {
    expect(missed({ ...good, lost: 100, lagSeconds: quantilesOf([]) })).toContain('dispatch lag, p99');
  });
});

it('takes quantiles that were measured', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(quantilesOf(hundred)).toEqual({ p50: 50, p95: 95, p99: 99, max: 100 });
});

it('puts its figures into the page beside those of the data path', () => {
  const options = controlOptionsOf({});
  const report = {
    date: '2026-11-26T00:00:00Z',
    machine: 'a machine',
    minutes: 20,
    loadBefore: 0.1,
    options,
  };
  const markdown = markdownOfControl({ ...report, scenarios: [good], bounds: judgeControl([good]) });
  const written = withFigures(page, markdown, CONTROL_MARKS);
  expect(written).toContain('2000 due over 300 s');
  expect(written.slice(0, 500)).toBe(page.slice(0, 500));
});

it('refuses settings it cannot use, by name', () => {
  expect(() => controlOptionsOf({ BENCH_CONTROL_HOSTS: 'many' })).toThrow('BENCH_CONTROL_HOSTS');
  expect(() => controlOptionsOf({ BENCH_CONTROL_SCENARIOS: 'calm' })).toThrow('calm');
});
