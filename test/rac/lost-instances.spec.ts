// Instances of a cluster lost in the middle of a backup, in every phase: the primary's loss fails the run, a secondary's is told, and the run
// ends degraded with a recovery point that restores.
import { isLong, itLong } from '../support/long-tests';
import { backUp, eventually, expectRestorable, recoveryPoints, SUCCEEDED } from '../support/running-stack';
import {
  hostsOf,
  instancesUsed,
  lossesAlerted,
  PRIMARY,
  runCluster,
  SECONDARY,
  type RunningCluster,
} from '../support/running-cluster';

jest.setTimeout(240_000);
let cluster: RunningCluster;
beforeAll(async () => {
  cluster = await runCluster();
});
afterEach(() => cluster.heal());
afterAll(() => cluster.stop());

const pointOf = async ({ id }: { id: string }) =>
  (await recoveryPoints(cluster)).filter((point) => point.runId === id);
const lostTo = (instance: string) => ({
  state: 'degraded',
  reason: { code: 'ADY_INSTANCE_LOST', instance },
});

/** A set takes twenty; the first channel begins with the first set. */
const LOGS_FOR_TWO_SETS = 25;

/** A phase of the instance, and what the run does about its loss. */
const PHASES: [string, string, number][] = [
  ['when its channel begins a set', 'backup-set', 0],
  ['when a data file is checkpointed', 'checkpoint', 0],
  ['while blocks flow', 'transfer', 0],
  ['when a finished set is recorded', 'record', 0],
];

/** Two of the phases are the others' rules as well. */
it.each(isLong ? PHASES : PHASES.slice(-2))(
  'S5.3 S5.4 a secondary lost %s is told once, and the run ends degraded',
  async (_name, phase, after) => {
    await cluster.arm(SECONDARY, phase, { after });
    const run = await backUp(cluster, 'full');
    expect(run).toMatchObject(lostTo(SECONDARY));
    expect(run.reason?.detail).toMatch(/^instance ORCL2 on node2 was lost at \S+ in phase transfer: /);
    const alerts = await lossesAlerted(cluster, run);
    expect(alerts).toHaveLength(1);
    expect(await pointOf(run)).toHaveLength(1);
  },
);

itLong(
  'S5.4 a secondary lost when a set of archived logs begins: the logs are taken by the others',
  async () => {
    for (let i = 0; i < LOGS_FOR_TWO_SETS; i += 1)
      await cluster.lab.ctl(['sql', 'ALTER SYSTEM ARCHIVE LOG CURRENT', '--sid', PRIMARY]);
    await cluster.arm(SECONDARY, 'log-backup');
    const run = await backUp(cluster, 'full');
    expect(run).toMatchObject(lostTo(SECONDARY));
    expect(await pointOf(run)).toHaveLength(1);
    expect(await lossesAlerted(cluster, run)).toHaveLength(1);
  },
);

/** RMAN's own and its channel's, when the host of the instance tries whether a channel opens. */
const LOGINS_OF_CHECK = 2;

it('S5.4 a secondary lost while channels are allocated: RMAN starts once more without it', async () => {
  await cluster.arm(SECONDARY, 'connect', { after: LOGINS_OF_CHECK });
  const run = await backUp(cluster, 'full');
  expect(run).toMatchObject(lostTo(SECONDARY));
  expect(await hostsOf(cluster, run)).toEqual(['node1', 'node3']);
});

it('S4.8 S5.4 logs and control file are taken by instances that are there then, and what is restored is identical', async () => {
  await cluster.arm(SECONDARY, 'transfer');
  const run = await backUp(cluster, 'full');
  expect(run).toMatchObject(lostTo(SECONDARY));
  const invocations = await instancesUsed(cluster, run);
  expect(invocations[0]).toEqual([PRIMARY, SECONDARY, 'ORCL3']);
  expect(invocations.slice(-2)).toEqual([[PRIMARY, 'ORCL3'], [PRIMARY]]);
  const wasSent = run.scripts.map(({ step, text }) => [step, text.includes(`INSTANCE_NAME=${SECONDARY}`)]);
  expect(wasSent).toEqual([
    ['data', true],
    ['logs', false],
    ['control-file', false],
  ]);
  await cluster.heal();
  await expectRestorable(cluster, 'restored');
});

itLong('S5.4 two of three lost, one after the other: the last one finishes', async () => {
  await cluster.arm(SECONDARY, 'transfer');
  await cluster.arm('ORCL3', 'record');
  const run = await backUp(cluster, 'full');
  expect(run).toMatchObject({ state: 'degraded', reason: { code: 'ADY_INSTANCE_LOST' } });
  expect(await lossesAlerted(cluster, run)).toHaveLength(2);
});

const PRIMARY_PHASES: [string, string][] = [
  ['blocks flow', 'transfer'],
  ['a set begins', 'backup-set'],
  ['a set is recorded', 'record'],
];
it.each(isLong ? PRIMARY_PHASES : PRIMARY_PHASES.slice(0, 1))(
  'S5.2 the primary lost when %s fails the run, without a recovery point',
  async (_name, phase) => {
    const before = await recoveryPoints(cluster);
    await cluster.arm(PRIMARY, phase);
    const run = await backUp(cluster, 'full');
    expect(run).toMatchObject({ state: 'failed', reason: { code: 'ADY_PRIMARY_LOST', instance: PRIMARY } });
    expect(await recoveryPoints(cluster)).toEqual(before);
  },
);

it('S5.2 what the failed run sent is not sent again', async () => {
  const run = await backUp(cluster, 'full');
  expect(run).toMatchObject(SUCCEEDED);
  expect(run.progress.bytesNew).toBeLessThan(run.progress.bytesRead / 4);
});

it('S5.4 a node that vanishes without a word does not hang the run', async () => {
  const [, gone] = cluster.nodes;
  const processes = [gone?.services.agent, gone?.services['dedup-worker']];
  await cluster.arm(SECONDARY, 'transfer', { fault: 'instance-hang' });
  const running = backUp(cluster, 'full');
  // its agent and dedup-worker go with it
  await eventually(
    () => cluster.control.states(),
    (states) => states.get(SECONDARY) === 'HANGING',
  );
  for (const service of processes) service?.signal('SIGSTOP');
  const run = await running;
  for (const service of processes) service?.signal('SIGCONT');
  expect(run).toMatchObject(lostTo(SECONDARY));
  const tookMs = Date.parse(run.finishedAt ?? '') - Date.parse(run.startedAt);
  expect(tookMs).toBeLessThan(150_000);
  expect(await pointOf(run)).toHaveLength(1);
});
