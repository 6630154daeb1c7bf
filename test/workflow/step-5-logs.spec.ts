// Step 5 of the workflow on the real processes: what a backup shares with whoever else works on the database. Its control file is copied by one at a
// time; its archived logs go from disk only after a commit, and then the vault has what was on the disk.
import { callRoute, restRoutes, type RunDetail } from '@adyton/contracts';
import { existsSync } from 'node:fs';
import { inDatabase } from '../support/oracle-host';
import { mustRman } from '../support/rman-by-hand';
import {
  backUp,
  changeRows,
  DATABASE_NAME,
  eventually,
  expectRestorable,
  runStack,
  SUCCEEDED,
  type RunningStack,
} from '../support/running-stack';

jest.setTimeout(300_000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack({ databaseBytes: '24M' });
});
afterAll(() => stack.stop());

const archivedLogs = () => inDatabase(stack, (database) => database.archivedLogs());
const inLog = async ({ id }: RunDetail): Promise<string> =>
  (await callRoute(stack.api, restRoutes.getRunLog, { params: { id } })).text;

/** @returns where it lies */
async function newLog(): Promise<string> {
  await changeRows(stack, 2);
  await stack.lab.ctl(['sql', 'ALTER SYSTEM ARCHIVE LOG CURRENT']);
  return (await archivedLogs()).at(-1)?.name ?? '';
}

async function deleteLogsAfter(deleteLogsAfterHours: number | null): Promise<void> {
  await callRoute(stack.api, restRoutes.changePolicy, {
    params: { database: DATABASE_NAME },
    body: { policy: { deleteLogsAfterHours, retention: { recoveryWindowDays: null, redundancy: 9 } } },
  });
}

describe('while another backup copies the control file', () => {
  it('S5.12 a run waits for it and ends well', async () => {
    await stack.lab.ctl(['fault', 'arm', 'snapshot-busy', '--times', '1']);
    const run = await backUp(stack, 'full');
    expect(run).toMatchObject(SUCCEEDED);
    expect(await inLog(run)).toContain('ORA-00230');
  });

  it('S5.12 a run whose autobackup meets it does not read its data files again', async () => {
    await mustRman(stack, 'CONFIGURE CONTROLFILE AUTOBACKUP ON;');
    await stack.lab.ctl(['fault', 'arm', 'snapshot-busy', '--times', '1']);
    const run = await backUp(stack, 'full');
    await mustRman(stack, 'CONFIGURE CONTROLFILE AUTOBACKUP OFF;');
    expect(run).toMatchObject(SUCCEEDED);
    const log = await inLog(run);
    expect(log).toContain('ORA-00230');
    expect(log.match(/piece handle=\S+_F1_/g)).toHaveLength(1);
  });
});

describe('archived logs on disk', () => {
  it('S5.13 go when they are old enough, and not before', async () => {
    await deleteLogsAfter(1);
    await stack.lab.ctl(['fault', 'arm', 'clock-skew', '--seconds', '-7200']);
    const old = await newLog();
    await stack.lab.ctl(['fault', 'clear', 'clock-skew']);
    const young = await newLog();
    expect(await backUp(stack, 'archivelog')).toMatchObject(SUCCEEDED);
    const left = await eventually(archivedLogs, (logs) => !logs.some(({ name }) => name === old));
    expect(left.map(({ name }) => name)).toContain(young);
  });

  it('S5.13 go after the commit of a run when recovery points hold them, and those that nobody holds stay', async () => {
    const before = await archivedLogs();
    await deleteLogsAfter(0);
    await changeRows(stack, 1);
    const run = await backUp(stack, 'archivelog');
    expect(run).toMatchObject(SUCCEEDED);
    await eventually(archivedLogs, (logs) => logs.length === 0);
    for (const { name } of before) expect(existsSync(name)).toBe(false);
    await eventually(
      () => inLog(run),
      (log) => log.includes('deleted archived log'),
    );
    await deleteLogsAfter(null);
    await stack.lab.ctl(['sql', 'ALTER SYSTEM ARCHIVE LOG CURRENT']);
    expect(await archivedLogs()).toHaveLength(1);
  });

  it('S5.13 that went come back from the vault', async () => {
    await expectRestorable(stack, 'copy');
  });
});
