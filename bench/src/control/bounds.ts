// What dispatch is held to. A bound whose scenario did not run has no figure.
import { type BoundResult } from '../bounds';
import { type ScenarioName } from './options';
import { type ScenarioFigures } from './scenario';

export type ControlBound = Omit<BoundResult, 'section'>;

interface Bound extends Pick<ControlBound, 'name' | 'unit' | 'limit'> {
  readonly scenario: ScenarioName;
  readonly measure: (figures: ScenarioFigures) => number;
}

const LAG_SECONDS_MAX = 2;
/** What Redis forgot is rung again within a minute. */
const REPAIRED_SECONDS_MAX = 60;

const BOUNDS: readonly Bound[] = [
  {
    ...{ scenario: 'minutes', name: 'dispatch lag, p99', unit: 's', limit: LAG_SECONDS_MAX },
    measure: (f) => f.lagSeconds.p99,
  },
  ...whole('minutes', ''),
  ...whole('outage', ' although the scheduler was killed and Redis emptied'),
  {
    ...{ scenario: 'outage', name: 'longest lag around that outage', unit: 's', limit: REPAIRED_SECONDS_MAX },
    measure: (f) => f.lagSeconds.max,
  },
  ...whole('burst', ' when all are due in one instant'),
];

function whole(scenario: ScenarioName, when: string): Bound[] {
  const shared = { scenario, unit: 'runs', limit: 0 };
  return [
    { ...shared, name: `runs lost${when}`, measure: (f) => f.lost },
    { ...shared, name: `runs started or committed twice${when}`, measure: (f) => f.twice },
  ];
}

export function judgeControl(scenarios: readonly ScenarioFigures[]): ControlBound[] {
  return BOUNDS.map(({ scenario, measure, ...rest }) => {
    const figures = scenarios.find(({ name }) => name === scenario);
    const measured = figures === undefined ? null : measure(figures);
    // nothing claimed at all has no lag, and is no success
    const met = measured === null ? null : measured <= rest.limit;
    return { ...rest, sense: 'at most', measured, met };
  });
}
