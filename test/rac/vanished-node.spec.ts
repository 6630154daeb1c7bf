// A node of a cluster vanishes in the middle of a backup and nobody is told, as when its cable is pulled: with every time at its default, RMAN is not
// waited for longer than promised.
import { callRoute, restRoutes } from '@adyton/contracts';
import { PRIMARY, runCluster, SECONDARY, type RunningCluster } from '../support/running-cluster';
import { DATABASE_NAME, endedRun, eventually, recoveryPoints } from '../support/running-stack';

/** What is promised, from the moment at which the node is gone to the end of the run, ms. */
const HELD_UP_MS_MAX = 150_000;

jest.setTimeout(480_000);
let cluster: RunningCluster;
beforeAll(async () => {
  cluster = await runCluster('of-the-product');
});
afterAll(() => cluster.stop());

it('S5.4 a node that vanishes without a reset holds a run up for 150 s at most, with the times of the product', async () => {
  const gone = cluster.nodes.find(({ node }) => node.sid === SECONDARY);
  await cluster.arm(SECONDARY, 'transfer', { fault: 'instance-hang' });
  const request = await callRoute(cluster.api, restRoutes.createBackupRequest, {
    body: { database: DATABASE_NAME, kind: 'full' },
  });
  await eventually(
    () => cluster.control.states(),
    (states) => states.get(SECONDARY) === 'HANGING',
  );
  const processes = [gone?.services.agent, gone?.services['dedup-worker']];
  for (const service of processes) service?.signal('SIGSTOP');
  const goneAt = performance.now();
  const run = await endedRun(cluster, request, 2 * HELD_UP_MS_MAX);
  const heldUpMs = performance.now() - goneAt;
  for (const service of processes) service?.signal('SIGCONT');
  process.stderr.write(`ended ${run.state} ${Math.round(heldUpMs)} ms after ${SECONDARY} had vanished\n`);
  expect(run).toMatchObject({
    state: 'degraded',
    reason: { code: 'ADY_INSTANCE_LOST', instance: SECONDARY },
  });
  expect(heldUpMs).toBeLessThan(HELD_UP_MS_MAX);
  expect((await recoveryPoints(cluster)).filter(({ runId }) => runId === run.id)).toHaveLength(1);
  expect((await cluster.control.states()).get(PRIMARY)).toBe('OPEN');
});
