// Step 5 of the workflow on the real processes: a recovery point that could not be recovered is not made, and a backup that meets corrupt blocks
// says which, and from where they can be repaired.
import { type RunDetail } from '@adyton/contracts';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { inDatabase } from '../support/cancelled-runs';
import { mustRman } from '../support/rman-by-hand';
import {
  backUp,
  backupUnderWay,
  changeRows,
  compare,
  DATABASE_NAME,
  endedRun,
  getRequest,
  healStore,
  markNow,
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

const USERS = 7;
const BLOCK = 20;
const sql = (statement: string) => stack.lab.ctl(['sql', statement]);
const archivedLogs = () => inDatabase(stack, (database) => database.archivedLogs());

/** A full backup whose data files are on their way; with each switch a log that it will need. */
async function fullUnderWay(switches: number): Promise<RunDetail> {
  await slowStore(stack, 250);
  const under = await backupUnderWay(stack);
  for (let i = 0; i < switches; i += 1) {
    await changeRows(stack, i);
    await sql('ALTER SYSTEM ARCHIVE LOG CURRENT');
  }
  return under;
}

async function ended(under: RunDetail): Promise<RunDetail> {
  await healStore(stack);
  return endedRun(stack, await getRequest(stack, under.requestId));
}

async function expectNoPoint(run: RunDetail, pointsBefore: number): Promise<void> {
  expect(run).toMatchObject({ state: 'failed', recoveryPointId: null, reason: { code: 'ADY_LOG_GAP' } });
  expect(await recoveryPoints(stack)).toHaveLength(pointsBefore);
}

it('S5.13 makes no point of data files whose redo was deleted before the log step, even when the vault never had a log', async () => {
  const under = await fullUnderWay(3);
  const [, needed] = await archivedLogs();
  if (needed === undefined) throw new Error('no log was archived while the data files were read');
  await mustRman(stack, `DELETE NOPROMPT FORCE ARCHIVELOG SEQUENCE ${needed.sequence} THREAD 1;`);
  const run = await ended(under);
  await expectNoPoint(run, 0);
  expect(run.reason?.detail).toContain('thread 1');
});

it('S5.13 fails with the name of a log whose file is gone while its record is there', async () => {
  expect(await backUp(stack, 'full')).toMatchObject(SUCCEEDED);
  const under = await fullUnderWay(2);
  const lost = (await archivedLogs()).at(-1);
  if (lost === undefined) throw new Error('no log was archived');
  rmSync(lost.name);
  const run = await ended(under);
  await expectNoPoint(run, 1);
  expect(run.reason?.oraErrors.join(' ')).toContain(lost.name);
});

it('S5.13 names the missing log of an incremental backup, and goes on behind it with a full one', async () => {
  await mustRman(stack, 'CROSSCHECK ARCHIVELOG ALL;'); // the control file knows now that the log is gone
  const incremental = await backUp(stack);
  await expectNoPoint(incremental, 1);
  expect(incremental.reason?.detail).toMatch(/thread 1 sequence \d+ is neither in the vault nor on disk/);

  const full = await backUp(stack, 'full');
  expect(full).toMatchObject(SUCCEEDED);
  expect(full.plan?.checks.find(({ code }) => code === 'archived-logs')).toMatchObject({
    verdict: 'warning',
  });
  expect(await backUp(stack)).toMatchObject({ ...SUCCEEDED, level: 'level1' });
  const untilScn = await markNow(stack);
  expect(await backUp(stack, 'archivelog')).toMatchObject(SUCCEEDED);
  const directory = join(stack.directory, 'copy');
  expect(await restore(stack, untilScn, directory)).toMatchObject(SUCCEEDED);
  const { dataFiles, identical } = await compare(stack, untilScn, directory);
  expect(identical).toBe(dataFiles);
});

it('S5.14 names file, block and the last good recovery point when a backup meets a corrupt block', async () => {
  const points = await recoveryPoints(stack);
  const good = points.find(({ level }) => level !== 'archivelog');
  await stack.lab.ctl(['damage', '--file', String(USERS), '--block', String(BLOCK)]);
  const run = await backUp(stack, 'full');
  expect(run).toMatchObject({
    state: 'failed',
    recoveryPointId: null,
    reason: { code: 'ADY_CORRUPT_BLOCKS' },
  });
  const users = join(stack.lab.base, 'oradata', DATABASE_NAME, 'users01.dbf');
  expect(run.reason?.detail).toContain(`data file ${USERS} (${users}) block ${BLOCK} (CHECKSUM)`);
  expect(run.reason?.detail).toContain(`last good recovery point: ${good?.id}`);
  expect(run.reason?.oraErrors.some((line) => line.startsWith('ORA-19566'))).toBe(true);
  expect(await recoveryPoints(stack)).toEqual(points);
});
