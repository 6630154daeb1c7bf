// Step 2 of the workflow on the real processes: a container database is backed up whole from its root, and what came and went is told, while a
// backup was on its way too.
import { callRoute, restRoutes, type RunDetail } from '@adyton/contracts';
import {
  backUp,
  backupUnderWay,
  DATABASE_NAME,
  endedRun,
  getRequest,
  healStore,
  pointOf,
  recoveryPoints,
  type RunningStack,
  runStack,
  slowStore,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(240_000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack({ shape: { pdbs: 2 } });
});
afterAll(() => stack.stop());

const sql = (statement: string) => stack.lab.ctl(['sql', statement, '--sid', DATABASE_NAME]);
const pluggables = (run: RunDetail) => run.plan?.checks.find((c) => c.code === 'pluggable-databases');

async function namesInPoint(run: RunDetail): Promise<string[]> {
  const { contents } = await pointOf(stack, run);
  return contents.dataFiles.map((f) => f.name);
}

it('S2.11 backs up the root with the seed and closed pluggable databases', async () => {
  await sql('ALTER PLUGGABLE DATABASE pdb2 CLOSE IMMEDIATE');
  const run = await backUp(stack);
  expect(run).toMatchObject({ ...SUCCEEDED, level: 'level0', reason: null });
  expect(pluggables(run)).toMatchObject({
    verdict: 'ok',
    evidence: expect.stringContaining('PDB2') as string,
  });
  const names = await namesInPoint(run);
  const plain = names.filter((name) => !name.includes('pdb'));
  expect(plain.length).toBeGreaterThan(0);
  for (const pdb of ['/pdbseed/', '/pdb1/', '/pdb2/'])
    expect(names.filter((name) => name.includes(pdb)).length).toBeGreaterThan(2);
});

it('S2.11 refuses to back up through a pluggable database, before anything is read of it', async () => {
  const descriptor = stack.lab.connectDescriptor().replace(/\/[^/]*$/, '/PDB1');
  await callRoute(stack.api, restRoutes.registerDatabase, {
    body: {
      ...{
        name: 'PLUGGED',
        hostId: stack.host.id,
        oracleHome: stack.lab.oracleHome,
        oracleSid: DATABASE_NAME,
      },
      ...{ connectDescriptor: descriptor, channels: 1 },
    },
  });
  const request = await callRoute(stack.api, restRoutes.createBackupRequest, {
    body: { database: 'PLUGGED', kind: 'auto' },
  });
  const run = await endedRun(stack, request);
  expect(run).toMatchObject({
    state: 'failed',
    scripts: [],
    reason: { code: 'ADY_PLUGGABLE_DATABASE', phase: 'identity' },
  });
  expect(await stack.sql('SELECT 1 FROM adyton.pieces WHERE run_id = $1', [run.id])).toEqual([]);
});

it('S2.11 reports a new, an unplugged and a dropped pluggable database once', async () => {
  await sql('CREATE PLUGGABLE DATABASE pdb3 ADMIN USER adm IDENTIFIED BY secret');
  await sql('ALTER PLUGGABLE DATABASE pdb3 OPEN');
  await sql("ALTER PLUGGABLE DATABASE pdb2 UNPLUG INTO '/tmp/pdb2.xml'");
  const first = await backUp(stack);
  expect(first).toMatchObject({ ...SUCCEEDED, reason: null });
  expect(pluggables(first)).toMatchObject({
    verdict: 'warning',
    evidence: 'new since the last backup: PDB3; unplugged: PDB2',
  });
  expect((await namesInPoint(first)).some((name) => name.includes('/pdb3/'))).toBe(true);
  const reasons = new Map(first.plan?.files.map((f) => [f.name, f.reason]));
  for (const [name, reason] of reasons) if (name.includes('/pdb3/')) expect(reason).toBe('new-file');

  await sql('DROP PLUGGABLE DATABASE pdb2 INCLUDING DATAFILES');
  const second = await backUp(stack);
  expect(second).toMatchObject(SUCCEEDED);
  expect(pluggables(second)).toMatchObject({
    verdict: 'warning',
    evidence: 'dropped since the last backup: PDB2',
    hint: expect.stringContaining('older recovery points') as string,
  });
  const third = await backUp(stack);
  expect(pluggables(third)).toMatchObject({ verdict: 'ok' });
});

it('S4.2 makes no point of a database that got a pluggable database after the plan, names one of its files, and takes them with the next', async () => {
  const before = await recoveryPoints(stack);
  await slowStore(stack, 150);
  const under = await backupUnderWay(stack);
  await sql('CREATE PLUGGABLE DATABASE pdb4 ADMIN USER adm IDENTIFIED BY secret');
  await healStore(stack);
  const run = await endedRun(stack, await getRequest(stack, under.requestId));
  expect(run).toMatchObject({
    ...{ state: 'failed', recoveryPointId: null },
    reason: {
      ...{ code: 'ADY_RECONCILE_FAILED', phase: 'reconcile' },
      detail: expect.stringMatching(
        /^data file \d+ \(\S+\/pdb4\/\S+\) is in no piece .+ redo alone does not make it: its pluggable database/,
      ) as string,
    },
  });
  expect(run.plan?.files.some((f) => f.name.includes('/pdb4/'))).toBe(false);
  expect(await recoveryPoints(stack)).toEqual(before);
  const next = await backUp(stack);
  expect(next).toMatchObject(SUCCEEDED);
  expect((await namesInPoint(next)).filter((name) => name.includes('/pdb4/')).length).toBeGreaterThan(2);
});
