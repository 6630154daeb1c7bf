// A database that is shut down is as easily overwritten as an empty directory is filled: its control files lie where its parameter file says. A
// restore to its SID, or to one whose parameter file names them, is refused before anything is written; where they are lost it is not.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type RunDetail } from '@adyton/contracts';
import {
  backUp,
  changeRows,
  controlFileOf,
  COPY_SID,
  DATABASE_NAME,
  endedRun,
  expectIdentical,
  markNow,
  planRestore,
  restore,
  runRestorePlan,
  type RunningStack,
  runStack,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(240_000);
let stack: RunningStack;
let untilScn: string;
beforeAll(async () => {
  stack = await runStack();
  await backUp(stack, 'full');
  await changeRows(stack, 1);
  untilScn = await markNow(stack);
  await backUp(stack, 'archivelog');
});
afterAll(() => stack.stop());

const target = (name: string) => join(stack.directory, name);

async function restoreTo(sid: string, directory: string): Promise<RunDetail> {
  return endedRun(stack, await runRestorePlan(stack, await planRestore(stack, untilScn, directory, sid)));
}

async function stateOf(sid: string): Promise<unknown> {
  const { stdout } = await stack.lab.tryCtl(['status', '--sid', sid]);
  return (JSON.parse(stdout) as { status: string }).status;
}

/** Of everything that belongs to the database of this SID. */
function digestsOf(sid: string): Map<string, string> {
  const directory = dirname(controlFileOf(stack, sid));
  return new Map(
    readdirSync(directory).map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(directory, name)))
        .digest('hex'),
    ]),
  );
}

/** In the parameter file of the copy. */
function setControlFiles(...names: string[]): void {
  const file = join(stack.lab.oracleHome, 'dbs', `spfile${COPY_SID}.ora`);
  const line = `*.control_files='${names.join(', ')}'`;
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^\*\.control_files=.*$/m, line));
}

function expectRefused(run: RunDetail, obstacle: string): void {
  expect(run).toMatchObject({
    state: 'failed',
    reason: { code: 'ADY_TARGET_CONTROL_FILE', detail: obstacle, phase: 'checks' },
  });
}

it('refuses to restore to the SID of a database that is shut down, and leaves that database, no instance and no directory', async () => {
  await stack.lab.instance.stop();
  const before = digestsOf(DATABASE_NAME);
  expect(before.size).toBeGreaterThan(6);
  const run = await restoreTo(DATABASE_NAME, target('over-it'));
  expect(digestsOf(DATABASE_NAME)).toEqual(before);
  expectRefused(run, `${controlFileOf(stack, DATABASE_NAME)} exists`);
  expect(run.reason?.hint).toContain('control_files in the restore directory');
  expect(await stateOf(DATABASE_NAME)).toBe('DOWN');
  expect(existsSync(target('over-it'))).toBe(false);
});

it('opens the database that was not overwritten, and backs it up', async () => {
  await stack.lab.instance.start();
  expect(await backUp(stack)).toMatchObject({ ...SUCCEEDED, level: 'level1' });
});

it('refuses a copy whose parameter file still names the control file of the original, which runs', async () => {
  await stack.lab.ctl(['auxiliary', '--sid', COPY_SID]);
  const own = controlFileOf(stack, COPY_SID);
  const original = controlFileOf(stack, DATABASE_NAME);
  setControlFiles(own, original);
  expectRefused(await restoreTo(COPY_SID, target('of-original')), `${original} exists`);
  expect(existsSync(own)).toBe(false);
  await changeRows(stack, 2);
  expect(await backUp(stack)).toMatchObject(SUCCEEDED);
  setControlFiles(own);
});

it('refuses to restore to the SID of an earlier copy, which stays as it was', async () => {
  expect(await restore(stack, untilScn, target('copy'))).toMatchObject(SUCCEEDED);
  const before = digestsOf(COPY_SID);
  const run = await restoreTo(COPY_SID, target('second-copy'));
  expectRefused(run, `${controlFileOf(stack, COPY_SID)} exists`);
  expect(digestsOf(COPY_SID)).toEqual(before);
  await expectIdentical(stack, untilScn, target('copy'));
});

it('restores a copy with its control file in the restore directory, whose SID is free again when that is removed', async () => {
  setControlFiles(join(target('whole'), 'control01.ctl'));
  expect(await restoreTo(COPY_SID, target('whole'))).toMatchObject(SUCCEEDED);
  await expectIdentical(stack, untilScn, target('whole'));
  rmSync(target('whole'), { recursive: true });
  expect(await restoreTo(COPY_SID, target('whole'))).toMatchObject(SUCCEEDED);
});

it('restores to the SID of a database whose control file is lost', async () => {
  await stack.lab.instance.stop();
  const controlFile = controlFileOf(stack, DATABASE_NAME);
  renameSync(controlFile, `${controlFile}.lost`);
  const run = await restoreTo(DATABASE_NAME, target('in-place'));
  expect(run).toMatchObject(SUCCEEDED);
  expect(run.scripts.map(({ step }) => step)).toEqual(['start', 'mount', 'restore']);
  expect(existsSync(controlFile)).toBe(true);
  await expectIdentical(stack, untilScn, target('in-place'));
});
