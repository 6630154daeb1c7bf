// Step 5 of the workflow on the real processes: a recovery point that could not be recovered is not made, whatever RMAN says of its end, and a
// backup that meets corrupt blocks says which, and from where they can be repaired.
import { callRoute, restRoutes, type RunDetail } from '@adyton/contracts';
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inDatabase, listedPieces } from '../support/oracle-host';
import { mustRman } from '../support/rman-by-hand';
import {
  backUp,
  backupUnderWay,
  changeRows,
  DATABASE_NAME,
  endedRun,
  eventually,
  expectRestorable,
  getRequest,
  healStore,
  recoveryPoints,
  type RunningStack,
  runStack,
  slowStore,
  SUCCEEDED,
} from '../support/running-stack';
import { storedObjects } from '../support/stored-objects';

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
  await expectRestorable(stack, 'copy');
});

describe('RMAN ends without an error, but', () => {
  /** Happens to the pieces of the logs while the control file is waited for, which is then backed up as if nothing were wrong. */
  async function meanwhile(act: (pieces: readonly string[]) => unknown): Promise<RunDetail> {
    await stack.lab.ctl(['fault', 'arm', 'snapshot-busy', '--times', '1']);
    const under = await backupUnderWay(stack, 'archivelog');
    await eventually(
      () => callRoute(stack.api, restRoutes.getRunLog, { params: { id: under.id } }),
      ({ text }) => text.includes('ORA-00230'),
    );
    await act(await listedPieces(stack, under));
    return ended(under);
  }

  /** The program in the Oracle home, called by another one. */
  async function withRman(script: string, work: () => Promise<void>): Promise<void> {
    const program = join(stack.lab.oracleHome, 'bin', 'rman');
    renameSync(program, `${program}.real`);
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, 0o755);
    try {
      await work();
    } finally {
      renameSync(`${program}.real`, program);
    }
  }

  let points: number;
  beforeAll(async () => void (points = (await recoveryPoints(stack)).length));
  afterEach(async () => {
    await stack.lab.ctl(['fault', 'clear']);
    expect(await recoveryPoints(stack)).toHaveLength(points);
  });

  it('S5.6 the vault has lost a piece: no recovery point', async () => {
    const before = new Set(storedObjects(stack, 'piece/'));
    let taken = '';
    const run = await meanwhile(() => {
      taken = storedObjects(stack, 'piece/').find((path) => !before.has(path)) ?? '';
      renameSync(taken, join(stack.directory, 'taken-away'));
    });
    renameSync(join(stack.directory, 'taken-away'), taken);
    expect(run).toMatchObject({ state: 'failed', reason: { code: 'ADY_PIECE_MISSING' } });
  });

  it('S5.6 a piece that it said it had finished is not on its record, though in the vault: no recovery point', async () => {
    let forgotten = '';
    const run = await meanwhile(async ([piece = '']) => {
      forgotten = piece;
      await mustRman(stack, `CHANGE BACKUPPIECE '${piece}' UNCATALOG;\n`);
    });
    expect(run).toMatchObject({ state: 'failed', reason: { code: 'ADY_RECONCILE_FAILED' } });
    expect(run.reason?.detail).toContain(`are not on its record: ${forgotten}`);
  });

  it('S5.6 printed an error stack: no recovery point', async () => {
    await stack.lab.ctl(['fault', 'arm', 'wallet-closed', '--times', '1']);
    await withRman('"$0.real" "$@"; exit 0', async () => {
      const run = await backUp(stack, 'archivelog');
      expect(run).toMatchObject({ state: 'failed', recoveryPointId: null });
      expect(run.reason?.oraErrors).toContain('ORA-28365: wallet is not open');
    });
  });

  it('S5.6 did nothing: no recovery point', async () => {
    const nothing = 'case "$*" in *control-file*) echo "Recovery Manager complete."; exit 0; esac';
    await withRman(`${nothing}\nexec "$0.real" "$@"`, async () => {
      const run = await backUp(stack, 'archivelog');
      expect(run).toMatchObject({ state: 'failed', reason: { code: 'ADY_RECONCILE_FAILED' } });
      expect(run.reason?.detail).toContain('control file');
    });
  });

  it('S5.6 its exit code says otherwise: no recovery point', async () => {
    const afterLogs = 'case "$*" in *logs.rman) "$0.real" "$@"; exit 1; esac';
    await withRman(`${afterLogs}\nexec "$0.real" "$@"`, async () => {
      const run = await backUp(stack, 'archivelog');
      expect(run).toMatchObject({ state: 'failed', reason: { code: 'ADY_RMAN_FAILED' } });
    });
  });
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
