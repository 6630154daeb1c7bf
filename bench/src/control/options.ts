// What can be set for tries on a small machine. Without settings the figures of docs/operating/performance.md come out.
const SCENARIOS = ['minutes', 'outage', 'burst'] as const;
/** `minutes`: due over five minutes. `outage`: the same with the scheduler killed and Redis emptied. `burst`: all due in one instant. */
export type ScenarioName = (typeof SCENARIOS)[number];

export interface ControlOptions {
  readonly hosts: number;
  /** Each has one run, so that no run waits for another of its database and lane. */
  readonly runs: number;
  /** Time over which the runs come due in the scenarios that have one, seconds. */
  readonly spreadSeconds: number;
  /** Processes that play the hosts. */
  readonly loadProcesses: number;
  readonly scenarios: readonly ScenarioName[];
  readonly writeDocs: boolean;
}

/** @throws Error naming a setting that cannot be used. */
export function controlOptionsOf(environment: Readonly<Record<string, string | undefined>>): ControlOptions {
  const count = (name: string, fallback: number): number => {
    const value = Number(environment[name] ?? fallback);
    if (!Number.isInteger(value) || value < 1) throw new Error(`${name}=${environment[name]} is no count`);
    return value;
  };
  return {
    hosts: count('BENCH_CONTROL_HOSTS', 200),
    runs: count('BENCH_CONTROL_RUNS', 2_000),
    spreadSeconds: count('BENCH_CONTROL_SECONDS', 300),
    loadProcesses: count('BENCH_CONTROL_LOAD_PROCESSES', 2),
    scenarios: scenariosOf(environment['BENCH_CONTROL_SCENARIOS']),
    writeDocs: environment['BENCH_WRITE_DOCS'] === 'yes',
  };
}

function scenariosOf(text: string | undefined): readonly ScenarioName[] {
  if (text === undefined) return SCENARIOS;
  const wanted = text.split(',');
  const unknown = wanted.filter((word) => !SCENARIOS.some((name) => name === word));
  if (unknown.length > 0)
    throw new Error(`BENCH_CONTROL_SCENARIOS: ${unknown.join(', ')} is not one of ${SCENARIOS.join(', ')}`);
  return SCENARIOS.filter((name) => wanted.includes(name));
}
