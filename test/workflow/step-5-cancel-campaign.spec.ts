// Runs of all kinds are cancelled at random moments of every phase, one after the other on one host: each ends in its time and leaves nothing, the next
// one begins at once on what it left, and every few a backup goes through and restores. CANCELS says how many; SEED says which.
import { callRoute, restRoutes, type RunDetail } from '@adyton/contracts';
import { isTerminal, runPhases, runTransitions, type RunPhase, type RunState } from '@adyton/domain';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  cancel,
  CANCEL_LIMIT_MS,
  expectNothingClosedSince,
  expectNothingLeft,
} from '../support/cancelled-runs';
import { seededDraw } from '../support/disturbance/seeded-draw';
import {
  backUp,
  changeRows,
  DATABASE_NAME,
  eventually,
  expectRestorable,
  getRun,
  healStore,
  type RunningStack,
  runStack,
  slowStore,
  SUCCEEDED,
} from '../support/running-stack';

const CANCELS = Number(process.env['CANCELS'] ?? 5);
const SEED = Number(process.env['SEED'] ?? 20261126);
const STORE_LATENCY_MS_MAX = 250;
/** A backup that goes through says whether the cancels before it left anything it stumbles over; it takes as long as two or three of them. */
const BACKUP_EVERY = 5;
const RESTORE_EVERY = 25;
const MINUTES_EACH = 0.5;
const KINDS = ['full', 'auto', 'archivelog'] as const;
/** Where a run is cancelled: as often in each phase, but more often while RMAN works, which it does three times; and about how long it stays, ms. */
const MOMENTS: readonly { readonly phase: RunPhase; readonly weight: number; readonly lastsMs: number }[] = [
  ...(['claimed', 'identity', 'level', 'estimate', 'checks', 'script', 'reconcile'] as const).map(
    (phase) => ({ phase, weight: 1, lastsMs: 400 }),
  ),
  { phase: 'transfer', weight: 9, lastsMs: 9_000 },
];
/** Phases are short, ms. */
const LOOK_EVERY_MS = 20;

jest.setTimeout((5 + CANCELS * MINUTES_EACH) * 60_000);
let stack: RunningStack;
beforeAll(async () => {
  // leases and heartbeats at their defaults: a cancel must not wait for one
  stack = await runStack();
});
afterAll(() => stack.stop());

const draw = seededDraw(SEED);

/** @returns the run of the request, once it is in the phase or past it */
async function untilPhase(requestId: string, phase: RunPhase): Promise<string> {
  for (;;) {
    const [run] = await stack.sql<{ id: string; phase: RunPhase; state: RunState }>(
      'SELECT id, phase, state FROM adyton.runs WHERE request_id = $1',
      [requestId],
    );
    const isThere =
      run !== undefined &&
      (isTerminal(runTransitions, run.state) || runPhases.indexOf(run.phase) >= runPhases.indexOf(phase));
    if (isThere) return run.id;
    await sleep(LOOK_EVERY_MS);
  }
}

interface Cancelled {
  readonly run: RunDetail;
  readonly milliseconds: number;
}

/** Cancels a new run at a moment that is drawn; null when it was over before, and well. */
async function cancelOne(): Promise<Cancelled | null> {
  const kind = draw.of(KINDS);
  const { phase, lastsMs } = draw.weighted(MOMENTS);
  const afterMs = draw.below(lastsMs);
  const { id } = await callRoute(stack.api, restRoutes.createBackupRequest, {
    body: { database: DATABASE_NAME, kind },
  });
  const runId = await untilPhase(id, phase);
  await sleep(afterMs);
  const { phase: met } = await getRun(stack, runId);
  const what = `${kind} cancelled in ${met}, ${afterMs} ms after ${phase}`;
  try {
    const { run, milliseconds } = await cancel(stack, runId);
    process.stderr.write(`${what}: ${run.state} after ${Math.round(milliseconds)} ms\n`);
    if (run.state !== 'cancelled' || milliseconds > CANCEL_LIMIT_MS)
      throw new Error(`${what}: ${run.state} after ${milliseconds} ms`);
    return { run, milliseconds };
  } catch (error) {
    if (!isTooLate(error)) throw error;
    const run = await eventually(
      () => getRun(stack, runId),
      ({ state }) => isTerminal(runTransitions, state),
    );
    expect({ what, run }).toMatchObject({ run: SUCCEEDED });
    return null;
  }
}

function isTooLate(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ADY_RUN_STATE';
}

it(`S5.8 ${CANCELS} cancels at random moments: each within 15 s, nothing left, and backups after them restore`, async () => {
  const all: Cancelled[] = [];
  while (all.length < CANCELS) {
    await slowStore(stack, draw.below(STORE_LATENCY_MS_MAX));
    const one = await cancelOne();
    if (one === null) continue;
    all.push(one);
    await expectNothingLeft(stack, one.run);
    if (all.length % BACKUP_EVERY > 0) continue;
    await healStore(stack);
    await changeRows(stack, all.length);
    expect(await backUp(stack)).toMatchObject(SUCCEEDED);
    if (all.length % RESTORE_EVERY === 0) await expectRestorable(stack, `copy-${all.length}`);
  }
  await healStore(stack);
  await expectRestorable(stack, 'copy');
  for (const { run } of all) await expectNothingClosedSince(stack, run);
  const took = all.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  process.stderr.write(
    `${all.length} cancels, seed ${SEED}: half within ${Math.round(took[took.length >> 1] ?? 0)} ms, all within ${Math.round(took.at(-1) ?? 0)} ms\n`,
  );
});
