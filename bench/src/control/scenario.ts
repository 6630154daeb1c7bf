// One scenario: a fresh control tier and fleet, the clock moved to just before the slot, and the wait until every run has ended.
import { closeRedis, connectRedis, waitForRedis } from '@adyton/queue';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Endings } from '../../../stack/src/endings';
import { cpuSecondsOf, rssBytesPeakOf } from '../measure';
import { startControlTier, type ControlTier } from './control-tier';
import { startFleet } from './fleet';
import { openLedgerView, type DispatchFigures, type LedgerView } from './ledger-view';
import { type ControlOptions, type ScenarioName } from './options';

export interface ScenarioFigures extends DispatchFigures {
  readonly name: ScenarioName;
  /** CPU of the whole scenario, seconds, and highest memory, bytes. */
  readonly cpuSeconds: { readonly controlPlane: number; readonly load: number };
  readonly rssBytesPeak: number;
}

/** A moved clock makes signs of life look old; two of them come in this time, seconds. */
const SETTLE_SECONDS = 12;
const POLL_MS = 500;
/** A scenario that is not through after this is stuck: what it has not done by then counts as lost, ms. */
const LIMIT_MS = 10 * 60_000;
/** A service manager starts a killed process again after a pause like this, ms. */
const RESTART_MS = 5_000;
const REDIS_WAIT_MS = 5_000;
/** Exit code of a program that was interrupted. */
const INTERRUPTED = 130;

export async function runScenario(
  name: ScenarioName,
  options: ControlOptions,
  { directory, say }: { directory: string; say: (text: string) => void },
): Promise<ScenarioFigures> {
  const place = join(directory, name);
  mkdirSync(place, { recursive: true, mode: 0o700 });
  const endings = new Endings();
  const interrupted = (): void => void endings.run().finally(() => process.exit(INTERRUPTED));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    const tier = await startControlTier(place, endings);
    const ledger = await openLedgerView(tier.postgres.url);
    endings.add(() => ledger.close());
    say(`${name}: setting ${options.hosts} hosts and ${options.runs} databases up`);
    const jitterSeconds = name === 'burst' ? 0 : options.spreadSeconds;
    const plan = { ...options, databases: options.runs, jitterSeconds };
    const load = await startFleet(tier, plan, { directory: place, endings });
    await until(
      () => ledger.settled(),
      ({ planned, unsent }) => planned === options.runs && unsent === 0,
    );
    await ledger.beginAt(SETTLE_SECONDS);
    say(`${name}: the slot comes`);
    if (name === 'outage') await strike(tier, (SETTLE_SECONDS + options.spreadSeconds / 2) * 1000);
    await untilDone(ledger, options.runs, say);
    return {
      ...{ name, ...(await ledger.figures()) },
      cpuSeconds: { controlPlane: cpuOf([tier.controlPlane]), load: cpuOf(load) },
      rssBytesPeak: rssBytesPeakOf(tier.controlPlane.pid),
    };
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await endings.run();
  }
}

const cpuOf = (services: readonly { readonly pid: number }[]): number =>
  services.reduce((sum, { pid }) => sum + cpuSecondsOf(pid), 0);

/** In the middle of the work the scheduler dies without a word and Redis forgets everything. */
async function strike({ redis, scheduler }: ControlTier, afterMs: number): Promise<void> {
  await sleep(afterMs);
  await scheduler.kill();
  const connection = connectRedis(redis.url, { onError: () => undefined });
  await waitForRedis(connection, REDIS_WAIT_MS);
  await connection.flushall();
  closeRedis(connection);
  await sleep(RESTART_MS);
  await scheduler.start();
}

async function untilDone(ledger: LedgerView, runs: number, say: (text: string) => void): Promise<void> {
  const beganMs = performance.now();
  for (let polls = 1; ; polls += 1) {
    const { claimed, open, ended } = await ledger.progress();
    if (polls % 20 === 0) say(`${claimed} claimed, ${ended} ended`);
    if (claimed >= runs && open === 0) return;
    if (performance.now() - beganMs > LIMIT_MS) return;
    await sleep(POLL_MS);
  }
}

async function until<T>(ask: () => Promise<T>, satisfied: (answer: T) => boolean): Promise<void> {
  for (const beganMs = performance.now(); ; await sleep(POLL_MS)) {
    const answer = await ask();
    if (satisfied(answer)) return;
    if (performance.now() - beganMs > LIMIT_MS) throw new Error(`not settled: ${JSON.stringify(answer)}`);
  }
}
