// Step 4 of the workflow on the real processes: each situation that a pre-check is there for is brought about, and a dry run names it.
import { callRoute, restRoutes, type KeystoreBackups, type RunPlan, type RunScript } from '@adyton/contracts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { rmanProcesses } from '../support/oracle-host';
import { itLong } from '../support/long-tests';
import { mustRman } from '../support/rman-by-hand';
import {
  agentShown,
  backUp,
  DATABASE_NAME,
  eventually,
  healStore,
  recoveryPoints,
  type RunningStack,
  runStack,
  spoilStore,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(240_000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack({ shape: { mixed: true } });
});
afterAll(() => stack.stop());

type Check = RunPlan['checks'][number];

const planned = () =>
  callRoute(stack.api, restRoutes.planBackup, {
    params: { database: DATABASE_NAME },
    query: { kind: 'full' },
  });
async function checkOf(code: string): Promise<Check | undefined> {
  return (await planned()).plan.checks.find((c) => c.code === code);
}
const sql = (statement: string) => stack.lab.ctl(['sql', statement]);
const arm = (fault: string) => stack.lab.ctl(['fault', 'arm', fault, '--sid', DATABASE_NAME]);
const clear = (fault: string) => stack.lab.ctl(['fault', 'clear', fault, '--sid', DATABASE_NAME]);

interface Situation {
  readonly what: string;
  readonly begin: () => Promise<unknown>;
  readonly end: () => Promise<unknown>;
  readonly code: string;
  readonly verdict: Check['verdict'];
  readonly evidence: string;
}

/** What it knows of the store counts for a minute; a new one knows nothing. */
async function restartWorker(): Promise<void> {
  await stack.services['dedup-worker'].stop();
  await stack.services['dedup-worker'].start();
}

async function restartAgent(settings?: Record<string, string>): Promise<void> {
  await stack.services.agent.stop();
  await stack.services.agent.start(settings);
  await eventually(
    () => agentShown(stack),
    (agent) => agent === 'running',
  );
}

const SITUATIONS: readonly Situation[] = [
  {
    what: 'a store that refuses our credentials',
    begin: () => spoilStore(stack, { wrongCredentials: true }),
    end: () => healStore(stack),
    ...{ code: 'object-store', verdict: 'failed', evidence: 'ADY_STORE_DENIED: ' },
  },
  {
    what: 'a store whose clock is off',
    begin: async () => {
      await restartWorker();
      await spoilStore(stack, { clockSkewSeconds: -400 });
    },
    end: async () => {
      await healStore(stack);
      await restartWorker();
    },
    ...{ code: 'clock-skew', verdict: 'failed', evidence: 's behind this host' },
  },
  {
    what: 'a dedup-worker that does not run',
    begin: () => stack.services['dedup-worker'].stop(),
    end: () => stack.services['dedup-worker'].start(),
    ...{ code: 'dedup-worker', verdict: 'failed', evidence: 'socket ' },
  },
  {
    what: 'a library that the Oracle user cannot load',
    begin: () => restartAgent({ ADYTON_SBT_LIBRARY: stack.tokenFile }), // there and readable, and no library
    end: () => restartAgent(),
    ...{
      code: 'channel',
      verdict: 'failed',
      evidence: '; ORA-27211: Failed to load Media Management Library',
    },
  },
  {
    what: 'a library that does not get through to the dedup-worker',
    begin: () => arm('sbt-init2'),
    end: () => clear('sbt-init2'),
    ...{
      code: 'channel',
      verdict: 'failed',
      evidence: '; ORA-27024: skgfqsbi: sbtinit2 returned error; ORA-19511',
    },
  },
  {
    what: 'a control file that keeps no record',
    begin: () => sql('ALTER SYSTEM SET control_file_record_keep_time = 0'),
    end: () => sql('ALTER SYSTEM SET control_file_record_keep_time = 30'),
    ...{ code: 'record-keep-time', verdict: 'failed', evidence: 'is 0 day(s)' },
  },
  {
    what: 'block change tracking that is disabled',
    begin: () => Promise.resolve(),
    end: () => sql('ALTER DATABASE ENABLE BLOCK CHANGE TRACKING'),
    ...{ code: 'change-tracking', verdict: 'warning', evidence: 'is disabled' },
  },
  {
    what: 'a keystore that is closed',
    begin: () => sql('ADMINISTER KEY MANAGEMENT SET KEYSTORE CLOSE'),
    end: () => sql('ADMINISTER KEY MANAGEMENT SET KEYSTORE OPEN IDENTIFIED BY secret'),
    ...{ code: 'keystore', verdict: 'warning', evidence: 'CLOSED for tablespace(s) SECRET' },
  },
  {
    what: 'a recovery area that is full',
    begin: async () => {
      await sql('ALTER SYSTEM ARCHIVE LOG CURRENT');
      await arm('recovery-area-full');
    },
    end: () => clear('recovery-area-full'),
    ...{ code: 'recovery-area', verdict: 'warning', evidence: '100 % of it cannot be reclaimed' },
  },
];

it.each(SITUATIONS)('S4.6 S4.7 a dry run names $what, and is content afterwards', async (situation) => {
  const { code, verdict, evidence } = situation;
  await situation.begin();
  const check = await checkOf(code);
  await situation.end();
  expect(check).toMatchObject({
    ...{ verdict, hint: expect.stringMatching(/.{20}/) as string },
    evidence: expect.stringContaining(evidence) as string,
  });
  expect(await checkOf(code)).toMatchObject({ verdict: 'ok', hint: '' });
});

it('S4.6 compares what the control file keeps with the policy', async () => {
  const set = ['policy', 'set', DATABASE_NAME, '--full', '0 1 1 * *', '--window-days', '90'];
  expect(await stack.cli(set)).toMatchObject({ code: 0 });
  expect(await checkOf('record-keep-time')).toMatchObject({
    verdict: 'warning',
    evidence: 'control_file_record_keep_time is 30 day(s); full backups are up to 31 day(s) apart',
  });
});

it('S4.6 plans and opens one channel for an edition that works through one at a time', async () => {
  const channelsIn = (scripts: readonly RunScript[]) =>
    scripts.find((s) => s.step === 'data')?.text.match(/ALLOCATE CHANNEL/g)?.length;
  expect(channelsIn((await planned()).scripts)).toBe(2);
  await arm('standard-edition');
  const { plan, scripts } = await planned();
  const run = await backUp(stack, 'full');
  await clear('standard-edition');
  expect(plan.checks.find((c) => c.code === 'standard-edition')).toMatchObject({
    verdict: 'warning',
    evidence: expect.stringMatching(/Standard Edition 2 .* one channel instead of 2/) as string,
  });
  expect(run).toMatchObject(SUCCEEDED);
  expect([scripts, run.scripts].map(channelsIn)).toEqual([1, 1]);
});

it('S4.6 warns while another RMAN has channels on the database', async () => {
  const { oracleHome } = stack.lab;
  const other = spawn(join(oracleHome, 'bin', 'rman'), ['target', '/'], {
    env: { ...process.env, ORACLE_HOME: oracleHome, ORACLE_SID: DATABASE_NAME },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = once(other, 'close');
  other.stdin.write('ALLOCATE CHANNEL FOR MAINTENANCE DEVICE TYPE DISK;\n'); // it stays until the end
  const check = await eventually(
    () => checkOf('rman-jobs'),
    (c) => c?.verdict !== 'ok',
  );
  other.stdin.end();
  await ended;
  expect(check).toMatchObject({
    verdict: 'warning',
    evidence: expect.stringMatching(/rman channel=ORA_MAINT_DISK_1 .*instance 1/) as string,
  });
  expect(await checkOf('rman-jobs')).toMatchObject({ verdict: 'ok' });
});

it('S4.9 S4.6 names the keys in the recovery point, and warns until their backup is on record', async () => {
  const [point] = await recoveryPoints(stack);
  const { contents } = await callRoute(stack.api, restRoutes.getRecoveryPoint, {
    params: { id: point?.id ?? '' },
  });
  const [key] = contents.encryptionKeys ?? [];
  expect(contents.encryptionKeys).toEqual([
    { keyId: expect.stringMatching(/^[0-9A-F]{32}$/) as string, tablespaces: ['SECRET'] },
  ]);
  const why = await stack.cli(['run', 'why', point?.runId ?? '']);
  expect(why.stdout).toContain('check keystore-backup');
  expect(why.stdout).toContain(`no backup of the keystore is on record for ${key?.keyId}`);
  const recorded = await stack.cli([
    ...['-o', 'json', 'database', 'keystore-backed-up', DATABASE_NAME],
    ...['--key', key?.keyId ?? '', '--note', 'safe 4'],
  ]);
  expect(JSON.parse(recorded.stdout) as KeystoreBackups).toMatchObject({
    keys: [{ keyId: key?.keyId, recordedBy: 'api', note: 'safe 4' }],
  });
  expect(
    await stack.sql(
      "SELECT principal, detail FROM adyton.audit_events WHERE action = 'keystore.backup-recorded'",
    ),
  ).toEqual([{ principal: 'api', detail: `${key?.keyId}: safe 4` }]);
  expect(await checkOf('keystore-backup')).toMatchObject({ verdict: 'ok' });
});

it('S4.9 warns again when the master key was rotated', async () => {
  await sql('ADMINISTER KEY MANAGEMENT SET KEY IDENTIFIED BY secret WITH BACKUP');
  const check = await checkOf('keystore-backup');
  expect(check).toMatchObject({ verdict: 'warning' });
  const { keys } = await callRoute(stack.api, restRoutes.listKeystoreBackups, {
    params: { database: DATABASE_NAME },
  });
  expect(check?.evidence).not.toContain(keys[0]?.keyId);
});

itLong(
  'S4.6 ends a run before RMAN backs anything up when no channel opens in its time, and leaves nothing',
  async () => {
    await restartAgent({ ADYTON_INSTANCE_CHECK_SECONDS: '8' });
    stack.services['dedup-worker'].signal('SIGSTOP');
    const run = await backUp(stack, 'full');
    stack.services['dedup-worker'].signal('SIGCONT');
    await restartAgent();
    expect(run).toMatchObject({ state: 'failed', scripts: [], reason: { code: 'ADY_PRECHECK_FAILED' } });
    expect(run.reason?.detail).toContain('channel: rman opened no channel within 6 s');
    expect(await stack.sql('SELECT 1 FROM adyton.run_logs WHERE run_id = $1', [run.id])).toEqual([]);
    await eventually(
      async () => rmanProcesses(stack),
      (pids) => pids.length === 0,
    );
    expect(await backUp(stack, 'full')).toMatchObject(SUCCEEDED);
  },
);

it('S4.6 ends a run before RMAN backs anything up when a log that it needs is gone', async () => {
  await sql('ALTER SYSTEM ARCHIVE LOG CURRENT');
  await arm('archived-log-lost');
  expect(await checkOf('archived-log-files')).toMatchObject({
    verdict: 'failed',
    evidence: expect.stringMatching(/^1 log\(s\) are neither .* thread 1 sequence \d+/) as string,
  });
  const run = await backUp(stack, 'full');
  expect(run).toMatchObject({
    state: 'failed',
    scripts: [],
    reason: { code: 'ADY_PRECHECK_FAILED', detail: expect.stringContaining('archived-log-files') as string },
  });
  expect(await stack.sql('SELECT 1 FROM adyton.run_logs WHERE run_id = $1', [run.id])).toEqual([]);
});

/** A port of its own choice, as at its first start. */
async function moveToItsPort(): Promise<void> {
  const { identity } = await stack.lab.ctl<{ identity: { listenerPort: number } }>(['status']);
  await stack.sql(
    `UPDATE adyton.databases SET connect_descriptor = regexp_replace(connect_descriptor, ':[0-9]+/', $1)`,
    [`:${identity.listenerPort}/`],
  );
}

it('S4.6 refuses a standby by its own code before anything else is asked, and shows its role in a dry run', async () => {
  await mustRman(stack, 'SHUTDOWN IMMEDIATE;\nSTARTUP MOUNT;\n');
  try {
    await moveToItsPort();
    await sql('ALTER DATABASE CONVERT TO PHYSICAL STANDBY');
    const evidence = 'database role is PHYSICAL STANDBY';
    expect(await checkOf('primary-role')).toMatchObject({ verdict: 'failed', evidence });
    expect(await backUp(stack)).toMatchObject({
      ...{ state: 'failed', scripts: [] },
      reason: { code: 'ADY_DATABASE_ROLE', phase: 'identity', detail: evidence },
    });
  } finally {
    await mustRman(stack, 'SHUTDOWN ABORT;\n'); // the stack did not start it and does not end it
  }
});
