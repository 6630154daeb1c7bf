// Retention while things go wrong: the agent is away, processes are killed between two steps, Redis forgets, the store breaks its promise, the
// database is gone. Nothing is deleted before its time, and nothing is left behind.
import { callRoute, restRoutes } from '@adyton/contracts';
import { join } from 'node:path';
import { Client } from 'pg';
import { flushRedis } from '../support/redis';
import {
  mustBackUp,
  collect,
  DAY_SECONDS,
  DAYS_PASS,
  graceTimeBegins,
  graceTimePasses,
  keysBelow,
  listedByRman,
  piecesIn,
  RELEASE_PAUSE_SECONDS,
  releaseAll,
  releaseOnce,
  retentionOf,
  untilForgottenByRman,
} from '../support/retention';
import {
  agentShown,
  backupUnderWay,
  changeRows,
  DATABASE_NAME,
  eventually,
  expectIdentical,
  getRun,
  healStore,
  markNow,
  recoveryPoints,
  restore,
  type RunningStack,
  runStack,
  slowStore,
  spoilStore,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(600_000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack({ databaseBytes: '24M', settings: DAYS_PASS });
  await mustBackUp(stack, 'full');
  const policy = ['policy', 'set', DATABASE_NAME, '--redundancy', '1'];
  expect(await stack.cli(policy)).toMatchObject({ code: 0 });
});
afterAll(() => stack.stop());

let seed = 0;
/** One more backup, a day later: the policy lets everything before it go. */
async function newerPoint(): Promise<void> {
  await changeRows(stack, (seed += 1));
  await stack.moveClock(DAY_SECONDS);
  await mustBackUp(stack, 'full');
}

async function agentGoes(): Promise<void> {
  await stack.services.agent.stop();
  await eventually(
    () => agentShown(stack),
    (agent) => agent === 'not-running',
  );
}

/** Holds rows of pieces, so that whoever wants to change them waits. */
async function whileLocked(state: string, strike: () => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: stack.ledgerUrl });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query(`SELECT 1 FROM adyton.pieces WHERE release_state = '${state}' FOR UPDATE`);
    await strike();
    // whoever waits for these rows is dead or has lost its caller: its statement must not go on when they are free
    await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'`,
    );
    await client.query('ROLLBACK');
  } finally {
    await client.end();
  }
}

async function allReleased(pieces: readonly string[]): Promise<boolean> {
  const released = new Set(await piecesIn(stack, 'released'));
  return pieces.every((handle) => released.has(handle));
}

it('K3 waits for an agent that is away, says so, and deletes nothing meanwhile', async () => {
  await pointExpiresWithoutAgent();
  const waiting = await piecesIn(stack, 'uncatalog_pending');
  expect(waiting.length).toBeGreaterThan(3);
  expect(await retentionOf(stack)).toMatchObject({
    pieces: { uncatalogPending: waiting.length },
    waitsFor: { code: 'ADY_AGENT_NOT_RUNNING' },
  });
  const shown = await stack.cli(['retention', 'show', DATABASE_NAME]);
  expect(shown.stdout).toContain('ADY_AGENT_NOT_RUNNING');
  const packs = await keysBelow(stack, 'pack/');
  await stack.moveClock(2 * DAY_SECONDS);
  expect((await collect(stack)).report).toMatchObject({ packsDeleted: 0, recipesDeleted: 0 });
  expect(await keysBelow(stack, 'pack/')).toEqual(packs);
  expect(await keysBelow(stack, 'expired/')).toEqual([]);
  const listed = await listedByRman(stack);
  expect(waiting.filter((handle) => !listed.has(handle))).toEqual([]);
});

/** The agent goes before the review, so that nobody asks RMAN. */
async function pointExpiresWithoutAgent(): Promise<void> {
  await newerPoint();
  await agentGoes();
  await graceTimePasses(stack);
  await releaseOnce(stack);
}

it('K3 rings again for what waits when Redis has lost everything', async () => {
  const waiting = await piecesIn(stack, 'uncatalog_pending');
  await flushRedis(stack);
  await stack.services.agent.start();
  await stack.moveClock(RELEASE_PAUSE_SECONDS + 1);
  await untilForgottenByRman(stack);
  const listed = await listedByRman(stack);
  expect(waiting.filter((handle) => listed.has(handle))).toEqual([]);
  await releaseOnce(stack);
  expect(await allReleased(waiting)).toBe(true);
});

it('K3 finishes what an agent left that was killed between UNCATALOG and its report', async () => {
  await pointExpiresWithoutAgent();
  const waiting = await piecesIn(stack, 'uncatalog_pending');
  await whileLocked('uncatalog_pending', async () => {
    await stack.services.agent.start();
    await eventually(
      () => listedByRman(stack),
      (listed) => !waiting.some((handle) => listed.has(handle)),
    );
    await stack.services.agent.kill();
  });
  expect(await piecesIn(stack, 'uncatalog_pending')).toEqual(waiting);
  await stack.services.agent.start();
  await stack.moveClock(RELEASE_PAUSE_SECONDS + 1);
  await untilForgottenByRman(stack);
  await releaseOnce(stack);
  expect(await allReleased(waiting)).toBe(true);
});

it('K4 finishes what a maintenance worker left that was killed between the marks of the bucket and the ledger', async () => {
  await newerPoint();
  await graceTimePasses(stack);
  await releaseOnce(stack);
  await untilForgottenByRman(stack);
  const uncataloged = await piecesIn(stack, 'uncataloged');
  const marksBefore = (await keysBelow(stack, 'released/')).length;
  await whileLocked('uncataloged', async () => {
    await stack.moveClock(RELEASE_PAUSE_SECONDS + 1);
    await eventually(
      async () => (await keysBelow(stack, 'released/')).length,
      (marks) => marks === marksBefore + uncataloged.length,
    );
    await stack.services.maintenance.kill();
  });
  expect(await piecesIn(stack, 'uncataloged')).toEqual(uncataloged);
  await stack.services.maintenance.start();
  await stack.moveClock(61); // the lease of the operation that was lost
  expect(await releaseOnce(stack)).toMatchObject({ reason: { code: 'ADY_MAINTENANCE_LOST' } });
  await releaseOnce(stack);
  expect(await allReleased(uncataloged)).toBe(true);
});

it('K2 goes on where it was when the scheduler is killed while points are expiring', async () => {
  await newerPoint();
  await graceTimeBegins(stack);
  await stack.services.scheduler.kill();
  await stack.moveClock(DAY_SECONDS + 1);
  expect((await retentionOf(stack)).points.map((p) => p.state)).toContain('expiring');
  await stack.services.scheduler.start();
  await eventually(
    () => retentionOf(stack),
    ({ points }) => points.length > 0 && points.every((p) => p.state === 'expired'),
  );
  await releaseAll(stack);
  expect((await retentionOf(stack)).points).toEqual([]);
});

it('K1 lets go of what a failed backup left only after a week, with an alert that ends with it', async () => {
  await slowStore(stack, 400);
  const run = await backupUnderWay(stack);
  await eventually(
    () => getRun(stack, run.id),
    (r) => r.progress.piecesDone > 0,
  );
  await callRoute(stack.api, restRoutes.cancelRun, { params: { id: run.id } });
  await eventually(
    () => getRun(stack, run.id),
    (r) => r.state === 'cancelled',
  );
  await healStore(stack);
  const left = await stack.sql<{ handle: string }>('SELECT handle FROM adyton.pieces WHERE run_id = $1', [
    run.id,
  ]);
  const handles = left.map((piece) => piece.handle);
  expect(handles.length).toBeGreaterThan(0);
  const partials = async () => (await keysBelow(stack, 'expired/')).filter((key) => key.includes(run.id));
  await stack.moveClock(6 * DAY_SECONDS);
  await releaseAll(stack);
  expect(await partials()).toEqual([]);
  await stack.moveClock(2 * DAY_SECONDS);
  await releaseOnce(stack);
  await releaseAll(stack);
  expect(await allReleased(handles)).toBe(true);
  const listed = await listedByRman(stack);
  expect(handles.filter((handle) => listed.has(handle))).toEqual([]);
  expect(await partials()).toEqual([expect.stringMatching(/\.partial$/)]);
  const { items } = await callRoute(stack.api, restRoutes.listAlerts, { query: { state: 'resolved' } });
  expect(items.filter((a) => a.kind === 'failed_run_let_go').map((a) => a.subject)).toEqual([run.id]);
});

it('K4 collects by itself once a day, and says why not where the store keeps no conditional write', async () => {
  const collections = async () =>
    (await callRoute(stack.api, restRoutes.listVaultOperations, { query: { limit: 200 } })).items.filter(
      (o) => o.options.kind === 'collect' && o.finishedAt !== null,
    );
  const packs = await keysBelow(stack, 'pack/');
  await spoilStore(stack, { ignoreConditions: true });
  await stack.services.scheduler.stop();
  await stack.services.scheduler.start({ ADYTON_COLLECT_EVERY_HOURS: '24' });
  const before = (await collections()).length;
  await stack.moveClock(DAY_SECONDS + 1);
  const [refused] = await eventually(collections, (all) => all.length > before);
  expect(refused).toMatchObject({ state: 'failed', reason: { code: 'ADY_STORE_UNFIT' } });
  expect(await keysBelow(stack, 'pack/')).toEqual(packs);
  await healStore(stack);
  await stack.moveClock(DAY_SECONDS + 1);
  const [done] = await eventually(collections, (all) => all.length > before + 1);
  await stack.services.scheduler.stop();
  await stack.services.scheduler.start(); // with the settings of this spec again
  expect(done).toMatchObject({ state: 'succeeded', report: { outcome: 'done' } });
  expect((await keysBelow(stack, 'pack/')).length).toBeLessThan(packs.length);
});

it('restores what is left byte-identical after all of that', async () => {
  const untilScn = await markNow(stack);
  await mustBackUp(stack, 'archivelog');
  const directory = join(stack.directory, 'copy');
  expect(await restore(stack, untilScn, directory)).toMatchObject(SUCCEEDED);
  await expectIdentical(stack, untilScn, directory);
});

it('K4 lets a database that is gone be forgotten, confirmed by its name, with all its backups when that is asked for', async () => {
  await pointExpiresWithoutAgent();
  const waiting = await piecesIn(stack, 'uncatalog_pending');
  const forget = (...options: string[]) => stack.cli(['database', 'forget', DATABASE_NAME, ...options]);
  const wrong = await forget('--confirm', 'ORCL2');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('ADY_CONFIRMATION_MISMATCH')]);
  const scheduled = await forget('--confirm', DATABASE_NAME, '--all-backups');
  expect([scheduled.code, scheduled.stderr]).toEqual([4, expect.stringContaining('ADY_DATABASE_PROTECTED')]);
  expect(await piecesIn(stack, 'uncatalog_pending')).toEqual(waiting);
  const disabled = ['policy', 'set', DATABASE_NAME, '--redundancy', '1', '--disable'];
  expect(await stack.cli(disabled)).toMatchObject({ code: 0 });
  expect(await forget('--confirm', DATABASE_NAME, '--all-backups')).toMatchObject({ code: 0 });
  await graceTimePasses(stack);
  await releaseAll(stack);
  expect(new Set((await recoveryPoints(stack)).map((p) => p.state))).toEqual(new Set(['expired']));
  await collect(stack);
  expect(await keysBelow(stack, 'piece/')).toEqual([]);
  expect(await keysBelow(stack, 'pack/')).toEqual([]);
});
