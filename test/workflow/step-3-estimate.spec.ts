// Steps 3 and 4 of the workflow on the real processes: what is known before a byte moves, by a run and by a dry run.
import { callRoute, restRoutes, type RunDetail } from '@adyton/contracts';
import { isTerminal, runTransitions } from '@adyton/domain';
import { setTimeout as sleep } from 'node:timers/promises';
import { inDatabase } from '../support/oracle-host';
import {
  backUp,
  changeRows,
  DATABASE_NAME,
  eventually,
  getRequest,
  getRun,
  healStore,
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
afterAll(() => stack.stop());

const plan = (kind: 'auto' | 'full' | 'archivelog' = 'auto') =>
  callRoute(stack.api, restRoutes.planBackup, { params: { database: DATABASE_NAME }, query: { kind } });

it('S4.7 shows level, checks, estimate and scripts of a backup without running anything', async () => {
  const shown = await plan();
  expect(shown.plan).toMatchObject({ level: 'level0', levelReason: 'first-backup' });
  // how full the disk of this machine is, is not the test's business
  const checks = shown.plan.checks.filter((c) => c.code !== 'state-space');
  expect(checks.filter((c) => c.verdict !== 'ok').map((c) => c.code)).toEqual(['change-tracking']);
  expect(checks.map((c) => c.code)).toEqual([
    ...['instance-open', 'rman', 'sbt-library', 'dedup-worker', 'object-store', 'clock-skew', 'channel'],
    ...['archivelog-mode', 'primary-role'],
    ...['standard-edition', 'change-tracking', 'record-keep-time', 'recovery-area', 'rman-jobs'],
    ...['keystore', 'keystore-backup'],
    ...['archived-logs', 'rman-records', 'data-files', 'nologging', 'rman-configuration'],
    'archived-log-files',
  ]);
  expect(shown.plan.bytesExpected).toBeGreaterThan(0);
  expect(shown.scripts.map((s) => s.step)).toEqual(['data', 'control-file']);
  expect(shown.scripts[0]?.text).toContain('INCREMENTAL LEVEL 0');
  for (const table of ['requests', 'runs', 'recovery_points', 'pieces'])
    expect(await stack.sql(`SELECT 1 FROM adyton.${table}`)).toEqual([]);
  expect(await inDatabase(stack, (database) => database.backupPieces('%'))).toEqual([]);
  const text = await stack.cli(['backup', DATABASE_NAME, '--dry-run']);
  expect(text.code).toBe(0);
  expect(text.stdout).toContain('level0 (first-backup)');
  expect(text.stdout).toContain('✔ archivelog-mode');
});

it('S3.1 S3.4 stores the estimate before a byte moves, and shows progress that only grows up to 100 %', async () => {
  await slowStore(stack, 150);
  const request = await callRoute(stack.api, restRoutes.createBackupRequest, {
    body: { database: DATABASE_NAME, kind: 'full' },
  });
  const { runId } = await eventually(
    () => getRequest(stack, request.id),
    (r) => r.runId !== null,
  );
  const samples: RunDetail[] = [];
  for (;;) {
    const run = await getRun(stack, runId ?? '');
    samples.push(run);
    if (isTerminal(runTransitions, run.state)) break;
    await sleep(50);
  }
  await healStore(stack);
  const percents = samples.map((r) => r.progress.percentDone);
  expect(percents).toEqual([...percents].sort((a, b) => a - b));
  expect(percents.at(-1)).toBe(100);
  expect(percents.some((p) => p > 0 && p < 100)).toBe(true);
  for (const { progress } of samples.filter((r) => r.progress.bytesRead > 0))
    expect(progress.bytesExpected).not.toBeNull();
  const done = samples.at(-1);
  expect(done).toMatchObject(SUCCEEDED);
  for (const file of done?.plan?.files ?? []) {
    expect(file.bytes).toBeGreaterThan(0);
    expect(file).toMatchObject({ method: 'whole-file', bytesExpected: file.bytes });
    expect(file.name).not.toContain('temp');
    expect(file.status).toMatch(/^(SYSTEM|ONLINE)/);
  }
});

it('S3.2 estimates a level 1 from the last one, and records how', async () => {
  await backUp(stack, 'full');
  await changeRows(stack, 3);
  const first = await backUp(stack);
  expect(new Set(first.plan?.files.map((f) => f.method))).toEqual(new Set(['guess']));
  const { plan: shown } = await plan();
  expect(shown.level).toBe('level1');
  expect(new Set(shown.files.map((f) => f.method))).toEqual(new Set(['last-level1']));
  expect(shown.files.every((f) => f.bytesExpected <= f.bytes)).toBe(true);
});

const statementFault = (name: string, match: string) =>
  stack.lab.ctl(['fault', 'arm', name, '--sid', DATABASE_NAME, '--match', match]);
const faultsCleared = () => stack.lab.ctl(['fault', 'clear', '--sid', DATABASE_NAME]);

/** A run that ended before RMAN: no script, no output, no piece, no point of its own. */
async function expectNothingRun(run: RunDetail): Promise<void> {
  expect(run).toMatchObject({ state: 'failed', scripts: [], recoveryPointId: null });
  for (const table of ['run_logs', 'pieces'])
    expect(await stack.sql(`SELECT 1 FROM adyton.${table} WHERE run_id = $1`, [run.id])).toEqual([]);
}

it('S3.3 fails a run whose estimate fails with its own code and what Oracle said, before RMAN', async () => {
  await statementFault('query-fails', 'used_change_tracking');
  const run = await backUp(stack);
  await faultsCleared();
  await expectNothingRun(run);
  expect(run.reason).toMatchObject({
    code: 'ADY_ESTIMATE_FAILED',
    phase: 'estimate',
    oraErrors: ['ORA-00235'],
  });
});

it('S3.3 counts zero data files as a failure, not as a success of 0 bytes', async () => {
  await statementFault('query-empty', 'FROM v$datafile f');
  const run = await backUp(stack);
  await faultsCleared();
  await expectNothingRun(run);
  expect(run.reason).toMatchObject({ code: 'ADY_NO_DATA_FILES', phase: 'estimate' });
  expect(await backUp(stack)).toMatchObject(SUCCEEDED);
});

it('S4.7 says that the agent does not run instead of waiting for it', async () => {
  await stack.services.agent.stop();
  await expect(plan()).rejects.toMatchObject({ code: 'ADY_AGENT_NOT_RUNNING' });
});
