// Step 5 of the workflow on the real processes: an object store that is slow, hangs or refuses. A close has its time, tries have their number, and
// what the library says of it reaches RMAN's log and the reason of the run.
import { callRoute, restRoutes, type RunDetail } from '@adyton/contracts';
import { readFileSync } from 'node:fs';
import {
  backUp,
  backupUnderWay,
  endedRun,
  eventually,
  getRequest,
  healStore,
  recoveryPoints,
  type RunningStack,
  runStack,
  spoilStore,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(400_000);
const DEADLINE_SECONDS = 10;
/** More than six tries at a request take, some five seconds. */
const STALL_SECONDS = 8;
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack({
    settings: {
      'dedup-worker': {
        ADYTON_CLOSE_DEADLINE_SECONDS: String(DEADLINE_SECONDS),
        ADYTON_UPLOAD_STALL_SECONDS: String(STALL_SECONDS),
      },
    },
  });
  // with a second one RMAN would make the failed set there, and the run would end well
  await stack.sql('UPDATE adyton.databases SET channels = 1');
});
afterEach(() => healStore(stack));
afterAll(() => stack.stop());

/** The run's reason is the library's text, which stands under ORA-19511 in RMAN's log. */
async function expectFailedBy(run: RunDetail, code: string, detail: RegExp): Promise<void> {
  expect(run).toMatchObject({ state: 'failed', recoveryPointId: null, reason: { code } });
  expect(run.reason?.detail).toMatch(detail);
  const stack19511 = run.reason?.oraErrors ?? [];
  const at = stack19511.findIndex((line) => line.startsWith('ORA-19511'));
  expect(stack19511[at + 1]).toContain(code);
  const { text } = await callRoute(stack.api, restRoutes.getRunLog, { params: { id: run.id } });
  expect(text).toContain(`   ${code}: `);
}

const workerLog = (): string => readFileSync(stack.services['dedup-worker'].logFile, 'utf8');

it('S5.9 gives a close up soon when nothing arrives at the store any more', async () => {
  await spoilStore(stack, { latencyMs: 300 });
  const under = await backupUnderWay(stack);
  await spoilStore(stack, { hang: true });
  const hungAt = performance.now();
  await eventually(
    async () => workerLog(),
    (log) => log.includes('ADY_CLOSE_TIMEOUT'),
  );
  expect(performance.now() - hungAt).toBeLessThan((STALL_SECONDS + 4) * 1000);
  await healStore(stack);
  const run = await endedRun(stack, await getRequest(stack, under.requestId));
  await expectFailedBy(run, 'ADY_CLOSE_TIMEOUT', /the store took nothing for 8 s/);
});

it('S5.9 gives a close up at its deadline although uploads advance', async () => {
  await spoilStore(stack, { latencyMs: 3_200 });
  const run = await backUp(stack, 'archivelog');
  await expectFailedBy(run, 'ADY_CLOSE_TIMEOUT', /did not take all of it within 10 s of its close/);
});

it('S5.9 tries again while the store refuses now and then', async () => {
  await spoilStore(stack, { errorRate: 0.3, seed: 5 });
  expect(await backUp(stack, 'full')).toMatchObject(SUCCEEDED);
});

it('S5.9 tries a bounded number of times when it refuses always, and says so', async () => {
  const before = await recoveryPoints(stack);
  await spoilStore(stack, { latencyMs: 300 });
  const under = await backupUnderWay(stack); // refused from the start, it would not get past its pre-checks
  await spoilStore(stack, { errorRate: 1 });
  const run = await endedRun(stack, await getRequest(stack, under.requestId));
  await expectFailedBy(run, 'ADY_STORE_UNAVAILABLE', /./);
  await healStore(stack);
  expect(await recoveryPoints(stack)).toEqual(before);
  expect(await backUp(stack)).toMatchObject(SUCCEEDED);
});
