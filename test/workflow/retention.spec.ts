// Retention on the real processes, over days of a moved clock: what a policy lets go leaves RMAN's records first, then the vault; what stays can
// be restored, byte for byte.
import { callRoute, restRoutes, type RecoveryPoint } from '@adyton/contracts';
import { join } from 'node:path';
import { itLong } from '../support/long-tests';
import {
  collect,
  DAY_SECONDS,
  DAYS_PASS,
  mustBackUp,
  graceTimeBegins,
  graceTimePasses,
  keysBelow,
  listedByRman,
  piecesIn,
  pieceStates,
  releaseAll,
  releaseOnce,
  retentionOf,
  untilForgottenByRman,
} from '../support/retention';
import {
  changeRows,
  DATABASE_NAME,
  expectIdentical,
  markNow,
  recoveryPoints,
  restore,
  type RunningStack,
  runStack,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(600_000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack({ settings: DAYS_PASS });
});
afterAll(() => stack.stop());

const params = { database: DATABASE_NAME };
const simulated = async () =>
  (await callRoute(stack.api, restRoutes.simulatePolicy, { params, body: {} })).retention;
const stateOf = async (id: string): Promise<string | undefined> =>
  (await recoveryPoints(stack)).find((p) => p.id === id)?.state;
const closureOf = async ({ id }: Pick<RecoveryPoint, 'id'>): Promise<string[]> =>
  (await callRoute(stack.api, restRoutes.getRecoveryPoint, { params: { id } })).contents.closure;

async function keep(...rule: string[]): Promise<void> {
  const options = ['policy', 'set', DATABASE_NAME, ...rule];
  const refused = await stack.cli(options);
  const digest = /digest is ([0-9a-f]+)/.exec(refused.stderr)?.[1];
  if (refused.code === 0) return;
  expect(await stack.cli([...options, '--accept-plan', digest ?? ''])).toMatchObject({ code: 0 });
}

/** SCNs between two commits after each recovery point of data files, newest last. */
const marks: { readonly point: string; readonly untilScn: string }[] = [];

async function backUpChanges(kind: 'full' | 'incremental', seed: number): Promise<void> {
  await changeRows(stack, seed);
  const { recoveryPointId } = await mustBackUp(stack, kind);
  marks.push({ point: recoveryPointId ?? '', untilScn: await markNow(stack) });
  await mustBackUp(stack, 'archivelog');
}

let restores = 0;
async function expectRestores(untilScn: string): Promise<void> {
  const directory = join(stack.directory, `copy${(restores += 1)}`);
  expect(await restore(stack, untilScn, directory)).toMatchObject(SUCCEEDED);
  await expectIdentical(stack, untilScn, directory);
}

it('K2 lets nothing go while no policy is set, however old', async () => {
  for (const [i, kind] of (['full', 'incremental', 'full', 'incremental'] as const).entries()) {
    await backUpChanges(kind, i + 1);
    await stack.moveClock(DAY_SECONDS);
  }
  await stack.moveClock(400 * DAY_SECONDS);
  await mustBackUp(stack, 'archivelog'); // the scheduler has looked by then
  expect(new Set((await recoveryPoints(stack)).map((p) => p.state))).toEqual(new Set(['available']));
});

it('K2 expires exactly what the simulation said, softly first, and never just because a policy was changed', async () => {
  const options = ['policy', 'set', DATABASE_NAME, '--redundancy', '2'];
  expect((await stack.cli(options)).stderr).toContain('ADY_RETENTION_PLAN_REQUIRED');
  expect((await retentionOf(stack)).points).toEqual([]);
  await keep('--redundancy', '2');
  const { expired } = await simulated();
  expect(expired.length).toBeGreaterThan(1);
  await graceTimePasses(stack);
  const gone = (await recoveryPoints(stack)).filter((p) => p.state !== 'available');
  expect(gone.map((p) => [p.id, p.state])).toEqual(expired.map((p) => [p.id, 'expired']));
});

it('K1 K3 asks RMAN to forget what no remaining point needs, and nothing else', async () => {
  const all = await recoveryPoints(stack);
  const live = new Set((await Promise.all(all.filter((p) => p.state === 'available').map(closureOf))).flat());
  const gone = (await Promise.all(all.filter((p) => p.state === 'expired').map(closureOf))).flat();
  const unneeded = gone.filter((handle) => !live.has(handle));
  expect(unneeded.length).toBeGreaterThan(3);
  await releaseOnce(stack);
  await untilForgottenByRman(stack);
  const listed = await listedByRman(stack);
  expect(unneeded.filter((handle) => listed.has(handle))).toEqual([]);
  expect([...live].filter((handle) => !listed.has(handle))).toEqual([]);
  expect((await piecesIn(stack, 'uncataloged')).sort()).toEqual([...new Set(unneeded)].sort());
  expect(await keysBelow(stack, 'released/')).toEqual([]);
});

it('K4 frees the packs only when RMAN has forgotten the pieces and they are released', async () => {
  const packsBefore = await keysBelow(stack, 'pack/');
  expect((await collect(stack)).report).toMatchObject({ packsDeleted: 0, recipesDeleted: 0 });
  await releaseOnce(stack);
  const released = await piecesIn(stack, 'released');
  expect(released.length).toBeGreaterThan(3);
  expect(await keysBelow(stack, 'released/')).toHaveLength(released.length);
  expect(await piecesIn(stack, 'uncataloged')).toEqual([]);
  const { report } = await collect(stack);
  expect(report).toMatchObject({ kind: 'collect', outcome: 'done', recipesDeleted: released.length });
  expect((await keysBelow(stack, 'pack/')).length).toBeLessThan(packsBefore.length);
  expect((await retentionOf(stack)).points).toEqual([]);
});

it('K1 restores every remaining point byte-identical, and a verification of every chunk finds nothing missing', async () => {
  expect(await stack.cli(['vault', 'verify', '--level', '2'])).toMatchObject({ code: 0 });
  const remaining = new Set(
    (await recoveryPoints(stack)).filter((p) => p.state === 'available').map((p) => p.id),
  );
  const reachable = marks.filter(({ point }) => remaining.has(point as RecoveryPoint['id']));
  expect(reachable).toHaveLength(2);
  for (const { untilScn } of reachable) await expectRestores(untilScn);
});

itLong(
  'K1 keeps a held point and what it needs while all around it go, and takes back what is revoked',
  async () => {
    const [revoked, held] = marks.slice(-2);
    if (revoked === undefined || held === undefined) throw new Error('no two points are left');
    const hold = await stack.cli(['retention', 'hold', held.point, '--reason', 'year end']);
    expect(hold.stdout).toContain('held by api: year end');
    await backUpChanges('full', 11);
    await graceTimeBegins(stack);
    expect(await stateOf(revoked.point)).toBe('expiring');
    const revoke = () => stack.cli(['retention', 'revoke', revoked.point, '--reason', 'not yet']);
    expect(await revoke()).toMatchObject({ code: 0 });
    await stack.moveClock(DAY_SECONDS);
    await backUpChanges('full', 12);
    const { kept: keptBy } = await simulated();
    const reasons = new Map(keptBy.map((p) => [p.id as string, p.reason]));
    expect([reasons.get(held.point), reasons.get(revoked.point)]).toEqual(['hold', 'hold']);
    await graceTimePasses(stack);
    await releaseAll(stack);
    await collect(stack);
    expect([await stateOf(held.point), await stateOf(revoked.point)]).toEqual(['available', 'available']);
    expect(await revoke()).toMatchObject({ code: 1 });
    const listed = await listedByRman(stack);
    const kept = (
      await Promise.all((await recoveryPoints(stack)).filter((p) => p.state === 'available').map(closureOf))
    ).flat();
    expect(kept.filter((handle) => !listed.has(handle))).toEqual([]);
    const states = await pieceStates(stack);
    expect(new Set(kept.map((handle) => states.get(handle)))).toEqual(new Set(['kept']));
    expect(await stack.cli(['vault', 'verify', '--level', '2'])).toMatchObject({ code: 0 });
  },
);

itLong('K2 never lets the last good chain go, however old it is', async () => {
  for (const { id } of (await retentionOf(stack)).points)
    await callRoute(stack.api, restRoutes.unholdRecoveryPoint, { params: { id } });
  await stack.moveClock(500 * DAY_SECONDS);
  await keep('--window-days', '1');
  await graceTimePasses(stack);
  await releaseAll(stack);
  await collect(stack);
  const left = (await recoveryPoints(stack)).filter((p) => p.state === 'available');
  expect(left.filter((p) => p.level !== 'archivelog').map((p) => p.id)).toEqual([marks.at(-1)?.point]);
  await expectRestores(marks.at(-1)?.untilScn ?? '');
});
