// Step 4 of the workflow on the real processes: data files that come while a backup is on its way. No piece holds them; the point has the redo since
// their creation, and gives them back byte by byte. Where it has not, there is no point.
import { callRoute, restRoutes, type RecoveryPointDetail, type RunDetail } from '@adyton/contracts';
import { join } from 'node:path';
import {
  backUp,
  backupUnderWay,
  compare,
  DATABASE_NAME,
  endedRun,
  eventually,
  expectRestorable,
  getRequest,
  getRun,
  healStore,
  markNow,
  planRestore,
  pointOf,
  recoveryPoints,
  restore,
  type RunningStack,
  runStack,
  slowStore,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(400_000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack();
});
afterEach(() => healStore(stack));
afterAll(() => stack.stop());

/** Of a new database; the next file has the number behind them. */
const FILES = [1, 3, 4, 7, 8, 9, 10];
const LATE = 11;
const USERS_2 = 12;
const LATE_2 = 13;

const sql = (statement: string) => stack.lab.ctl(['sql', statement]);
const pathOf = (name: string) => join(stack.lab.base, 'oradata', DATABASE_NAME, name);

/** Rows in blocks all over the database, the new files too. */
async function changeEverywhere(seed: number): Promise<void> {
  const size = ['--transactions', '300', '--rows-per-transaction', '50'];
  await stack.lab.ctl(['workload', '--sid', DATABASE_NAME, ...size, '--seed', String(seed), '--uniform']);
}

async function underWay(kind: 'full' | 'auto'): Promise<RunDetail> {
  await slowStore(stack, 250);
  return backupUnderWay(stack, kind);
}

async function ended({ requestId }: RunDetail): Promise<RunDetail> {
  await healStore(stack);
  return endedRun(stack, await getRequest(stack, requestId));
}

let firstPoint: string;
/** Before the first late file was created. */
let scnWithout: string;
let late: RecoveryPointDetail;

it('S4.2 makes a point of a database that got data files after they were planned: it names them, and has all redo since their creation', async () => {
  firstPoint = (await backUp(stack)).recoveryPointId ?? '';
  const under = await underWay('full');
  await changeEverywhere(1);
  scnWithout = await markNow(stack);
  await sql(`CREATE TABLESPACE late DATAFILE '${pathOf('late01.dbf')}' SIZE 6M`);
  await sql(`ALTER TABLESPACE users ADD DATAFILE '${pathOf('users02.dbf')}' SIZE 3M`);
  await changeEverywhere(2);
  const run = await ended(under);
  expect(run).toMatchObject(SUCCEEDED);
  expect(run.plan?.files.map((f) => f.file)).toEqual(FILES);
  late = await pointOf(stack, run);
  const { contents } = late;
  expect(contents.dataFiles.map((f) => f.file)).toEqual(FILES);
  expect(contents.leftOut).toEqual([]);
  expect(contents.recreatedFiles).toMatchObject([
    { file: LATE, name: pathOf('late01.dbf'), tablespace: 'LATE', blockBytes: 8192, creationScn: scnWithout },
    { file: USERS_2, name: pathOf('users02.dbf'), tablespace: 'USERS', blockBytes: 8192 },
  ]);
  const created = contents.recreatedFiles?.map((f) => BigInt(f.creationScn)) ?? [];
  expect(BigInt(contents.redoFromScn)).toBeLessThanOrEqual(created[0] ?? 0n);
  expect(BigInt(contents.consistentScn)).toBeGreaterThan(created[1] ?? 0n);
  const ofCreation = contents.archivedLogs.filter(
    (l) => BigInt(l.nextScn) > (created[0] ?? 0n) && BigInt(l.firstScn) <= (created[1] ?? 0n),
  );
  expect(contents.closure).toEqual(expect.arrayContaining(ofCreation.map((l) => l.handle)));
  const { stdout } = await stack.cli(['show', 'backup', late.id]);
  expect(stdout).toMatch(/In no piece, made anew from redo:[\s\S]*late01\.dbf[\s\S]*users02\.dbf/);
});

it('S4.2 gives them back byte by byte', async () => {
  const untilScn = await markNow(stack);
  expect(await backUp(stack, 'archivelog')).toMatchObject(SUCCEEDED);
  const directory = join(stack.directory, 'with');
  const plan = await planRestore(stack, untilScn, join(stack.directory, 'planned'));
  expect(plan.basePoint).toBe(late.id);
  expect(plan.recreatedFiles.map((f) => f.file)).toEqual([LATE, USERS_2]);
  expect(plan.dataFiles.map((f) => f.file)).toEqual([...FILES, LATE, USERS_2]);
  expect(plan.script).toContain(`data file ${LATE} ${pathOf('late01.dbf')} is in no piece`);
  expect(await restore(stack, untilScn, directory)).toMatchObject(SUCCEEDED);
  const count = FILES.length + 2;
  expect(await compare(stack, untilScn, directory)).toMatchObject({ dataFiles: count, identical: count });
});

it('S4.2 restores to a moment before their creation from the point before, without them', async () => {
  const plan = await planRestore(stack, scnWithout, join(stack.directory, 'planned'));
  expect(plan).toMatchObject({ basePoint: firstPoint, recreatedFiles: [] });
  const directory = join(stack.directory, 'without');
  expect(await restore(stack, scnWithout, directory)).toMatchObject(SUCCEEDED);
  expect(await compare(stack, scnWithout, directory)).toMatchObject({
    dataFiles: FILES.length,
    identical: FILES.length,
  });
});

it('S4.2 takes them as new files with the next backup, a level 1, which has the redo of another one', async () => {
  await changeEverywhere(3);
  const under = await underWay('auto');
  await sql(`ALTER TABLESPACE late ADD DATAFILE '${pathOf('late02.dbf')}' SIZE 2M`);
  await changeEverywhere(4);
  const run = await ended(under);
  expect(run).toMatchObject({ ...SUCCEEDED, level: 'level1' });
  const levels = new Map(run.plan?.files.map((f) => [f.file, [f.level, f.reason]]));
  for (const file of [LATE, USERS_2]) expect(levels.get(file)).toEqual([0, 'new-file']);
  const { contents } = await pointOf(stack, run);
  expect(contents.dataFiles.map((f) => f.file)).toEqual([...FILES, LATE, USERS_2]);
  expect(contents.recreatedFiles).toMatchObject([{ file: LATE_2, tablespace: 'LATE' }]);
  await expectRestorable(stack, 'level1');
});

it('S4.2 makes no point when a file came after the last log that the run took, and names it, its SCN and the thread', async () => {
  const before = await recoveryPoints(stack);
  const under = await underWay('full');
  await eventually(
    () => getRun(stack, under.id),
    (run) => run.scripts.some((s) => s.step === 'logs'),
  );
  const createdAt = await markNow(stack);
  await sql(`CREATE TABLESPACE later DATAFILE '${pathOf('later01.dbf')}' SIZE 1M`);
  const run = await ended(under);
  expect(run).toMatchObject({
    ...{ state: 'failed', recoveryPointId: null },
    reason: { code: 'ADY_RECONCILE_FAILED', phase: 'reconcile' },
  });
  expect(run.reason?.detail).toContain(`(${pathOf('later01.dbf')}) was created at SCN ${createdAt}`);
  expect(run.reason?.detail).toContain('thread 1');
  expect(await recoveryPoints(stack)).toEqual(before);
  const next = await backUp(stack);
  expect(next).toMatchObject(SUCCEEDED);
  expect((await pointOf(stack, next)).contents.dataFiles.map((f) => f.name)).toContain(pathOf('later01.dbf'));
});

it('S4.2 refuses a moment before their creation when no older point is left, and says from where on', async () => {
  await stack.sql(`UPDATE adyton.recovery_points SET state = 'corrupt' WHERE id = $1`, [firstPoint]);
  await expect(planRestore(stack, scnWithout, join(stack.directory, 'planned'))).rejects.toMatchObject({
    code: 'ADY_NO_RECOVERY_POINT',
    message: expect.stringContaining(late.consistentScn) as string,
  });
});

it('S4.2 puts them on record again from the bucket alone', async () => {
  await stack.sql('TRUNCATE adyton.databases CASCADE');
  expect((await stack.cli(['vault', 'rebuild-ledger'])).code).toBe(0);
  const again = (await recoveryPoints(stack)).find(({ tag }) => tag === late.tag);
  const { contents } = await callRoute(stack.api, restRoutes.getRecoveryPoint, {
    params: { id: again?.id ?? '' },
  });
  expect(contents).toEqual(late.contents);
  await expectRestorable(stack, 'rebuilt');
});
