// Step 5 of the workflow on the real processes: a level 0 that was interrupted goes on where it stopped. What is taken over is crosschecked first,
// the redo since then belongs to the recovery point, and what is restored is whole.
import { callRoute, restRoutes, type BackupRequest, type RunDetail } from '@adyton/contracts';
import { itLong } from '../support/long-tests';
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
  getRun,
  healStore,
  pointOf,
  QUICK_DURATIONS,
  type RunningStack,
  runStack,
  scheduledRequest,
  slowStore,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(400_000);
/** Seven of the root, three of the seed, four of each pluggable database. */
const FILES = 50;
/** What RMAN wrote when all but the last are done: the control file goes along with file 1. */
const SETS_BEFORE_LAST = FILES;
/** Of the tablespace USERS of the root. */
const USERS_FILE = 7;
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack({ databaseBytes: '32M', shape: { pdbs: 10 }, settings: QUICK_DURATIONS });
  await stack.sql('UPDATE adyton.databases SET channels = 1'); // one file after the other
});
afterEach(async () => {
  await healStore(stack);
  await stack.lab.tryCtl(['fault', 'clear', '--sid', DATABASE_NAME]);
});
afterAll(() => stack.stop());

const sql = (statement: string) => stack.lab.ctl(['sql', statement]);
const arm = (...fault: string[]) => stack.lab.ctl(['fault', 'arm', ...fault, '--sid', DATABASE_NAME]);
const resumed = (run: RunDetail) => run.plan?.checks.find(({ code }) => code === 'resume');
/** Data files that RMAN was told to read. */
function filesRead({ scripts }: RunDetail): number[] {
  const text = scripts.find(({ step }) => step === 'data')?.text ?? '';
  return [...text.matchAll(/\(DATAFILE (\d+) /g)].map(([, file]) => Number(file));
}
async function piecesOf({ id }: RunDetail, mark: string): Promise<string[]> {
  const rows = await stack.sql<{ handle: string }>(
    'SELECT handle FROM adyton.pieces WHERE run_id = $1 AND handle LIKE $2 ORDER BY handle',
    [id, `%\\_${mark}%`],
  );
  return rows.map(({ handle }) => handle);
}
const replay = ({ id }: RunDetail): Promise<BackupRequest> =>
  callRoute(stack.api, restRoutes.replayRun, { params: { id }, body: { reason: 'go on' } });

/** A full backup that is cancelled when so many data files are done. */
async function interrupted(files: number): Promise<RunDetail> {
  await slowStore(stack, 60);
  const under = await backupUnderWay(stack);
  await eventually(
    () => getRun(stack, under.id),
    (r) => r.progress.piecesDone >= files,
  );
  await callRoute(stack.api, restRoutes.cancelRun, { params: { id: under.id } });
  const run = await endedRun(stack, await getRequest(stack, under.requestId));
  expect(run.state).toBe('cancelled');
  await healStore(stack);
  return run;
}

it('S5.7 reads only the last of fifty data files again when the host went down after forty-nine', async () => {
  await arm('instance-hang', '--phase', 'backup-set', '--after', String(SETS_BEFORE_LAST));
  const { id } = await scheduledRequest(stack, 240);
  const claimed = await eventually(
    () => getRequest(stack, id),
    (r) => r.runId !== null,
  );
  const first = await eventually(
    () => getRun(stack, claimed.runId ?? ''),
    (r) => r.progress.piecesDone === SETS_BEFORE_LAST,
  );
  await stack.services.agent.kill();
  await stack.services['dedup-worker'].kill();
  await eventually(
    () => getRun(stack, first.id),
    (r) => r.state === 'failed',
  );
  await stack.lab.ctl(['instance', 'resume', '--sid', DATABASE_NAME]);
  await changeRows(stack, 1);
  await stack.services['dedup-worker'].start();
  await stack.services.agent.start();
  const again = await eventually(
    () => getRequest(stack, id),
    (r) => r.runId !== first.id,
  );
  const second = await endedRun(stack, again);
  expect(second).toMatchObject({ ...SUCCEEDED, attempt: 2, level: 'level0', levelReason: 'base-failed' });
  expect(resumed(second)?.evidence).toBe(`${FILES - 1} data file(s) are taken over from ${first.id}`);
  const [last, ...others] = filesRead(second);
  expect(others).toEqual([]);
  expect(await piecesOf(second, 'F')).toEqual([expect.stringContaining(`_F${last}_`)]);
  const log = await callRoute(stack.api, restRoutes.getRunLog, { params: { id: second.id } });
  expect(log.text.match(/input datafile file number=/g)).toHaveLength(1);
  const { contents } = await pointOf(stack, second);
  expect(contents.dataFiles).toHaveLength(FILES);
  const ofFirst = await piecesOf(first, 'F');
  const taken = contents.closure.filter((handle) => ofFirst.includes(handle));
  expect(taken).toHaveLength(FILES - 1);
  await expectRestorable(stack, 'after-crash');
});

itLong(
  'S5.7 a replay takes over what was finished, with the redo since then, and reads again what changed without redo',
  async () => {
    const first = await interrupted(20);
    await changeRows(stack, 2);
    await sql('ALTER SYSTEM ARCHIVE LOG CURRENT');
    const logs = await backUp(stack, 'archivelog');
    expect(logs).toMatchObject(SUCCEEDED);
    await mustRman(stack, 'DELETE NOPROMPT FORCE ARCHIVELOG ALL;');
    await stack.lab.ctl(['workload', '--sid', DATABASE_NAME, '--transactions', '2', '--nologging']);
    const second = await endedRun(stack, await replay(first));
    expect(second).toMatchObject({ ...SUCCEEDED, level: 'level0', levelReason: 'asked-full' });
    const { evidence = '' } = resumed(second) ?? {};
    const readAgain = [
      ...evidence.matchAll(/data file (\d+) \(\S+\) is read again: (it has changes without redo since)/g),
    ];
    expect(readAgain.length).toBeGreaterThan(0);
    const { contents } = await pointOf(stack, second);
    const done = new Set(await piecesOf(first, 'F'));
    const taken = contents.dataFiles.filter(({ handles }) => handles.every((h) => done.has(h)));
    expect(taken.length).toBeGreaterThan(10);
    expect(evidence).toContain(`${taken.length} data file(s) are taken over from ${first.id}; `);
    expect(filesRead(second)).toHaveLength(FILES - taken.length);
    expect(filesRead(second)).toEqual(expect.arrayContaining(readAgain.map(([, file]) => Number(file))));
    const [logsBetween] = await piecesOf(logs, 'AL');
    expect(contents.archivedLogs.map((l) => l.handle)).toContain(logsBetween);
    expect(contents.closure).toContain(logsBetween);
    await expectRestorable(stack, 'after-replay');
  },
);

itLong('S5.7 reads everything again when RMAN cannot crosscheck what is there', async () => {
  const first = await interrupted(5);
  await arm('no-maintenance-channel');
  const second = await endedRun(stack, await replay(first));
  expect(second).toMatchObject({ ...SUCCEEDED, replayOf: first.id });
  expect(resumed(second)).toMatchObject({ verdict: 'warning' });
  expect(filesRead(second)).toHaveLength(FILES);
});

itLong(
  'S5.7 makes no point of a file that became read-only after it was taken over; the next replay reads it again',
  async () => {
    const first = await interrupted(5);
    await slowStore(stack, 60);
    const { id } = await replay(first);
    const { runId } = await eventually(
      () => getRequest(stack, id),
      (r) => r.runId !== null,
    );
    await eventually(
      () => getRun(stack, runId ?? ''),
      (r) => r.phase === 'transfer' && r.progress.bytesRead > 0,
    );
    await sql('ALTER TABLESPACE USERS READ ONLY');
    await healStore(stack);
    const second = await endedRun(stack, await getRequest(stack, id));
    expect(second).toMatchObject({ state: 'failed', recoveryPointId: null });
    expect(second.reason).toMatchObject({ code: 'ADY_RECONCILE_FAILED' });
    expect(second.reason?.detail).toContain('became READ ONLY since; a replay reads it again');
    const third = await endedRun(stack, await replay(second));
    expect(third).toMatchObject(SUCCEEDED);
    expect(filesRead(third)).toEqual([USERS_FILE]);
    await expectRestorable(stack, 'after-read-only');
    await sql('ALTER TABLESPACE USERS READ WRITE');
  },
);

itLong('S5.7 reads a data file again whose redo since then is gone', async () => {
  const first = await interrupted(5);
  await sql('ALTER SYSTEM ARCHIVE LOG CURRENT');
  await changeRows(stack, 3);
  await sql('ALTER SYSTEM ARCHIVE LOG CURRENT');
  await mustRman(stack, 'DELETE NOPROMPT FORCE ARCHIVELOG ALL;');
  const second = await endedRun(stack, await replay(first));
  expect(second).toMatchObject(SUCCEEDED);
  expect(resumed(second)?.evidence).toMatch(
    /^0 data file.* an archived log of thread 1 since then is neither/,
  );
  expect(filesRead(second)).toHaveLength(FILES);
  await expectRestorable(stack, 'after-hole');
});
