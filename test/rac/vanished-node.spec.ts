// A node of a cluster vanishes in the middle of a backup and nobody is told, as when its cable is pulled: with every time at its default, RMAN is not
// waited for longer than promised.
import { callRoute, restRoutes } from '@adyton/contracts';
import { PRIMARY, runCluster, SECONDARY, type RunningCluster } from '../support/running-cluster';
import { DATABASE_NAME, endedRun, eventually, getRequest, recoveryPoints } from '../support/running-stack';

/** What is promised, from the moment at which the node is gone until its work is begun anew on the others, ms. */
const HELD_UP_MS_MAX = 150_000;

jest.setTimeout(480_000);
let cluster: RunningCluster;
beforeAll(async () => {
  cluster = await runCluster('of-the-product');
});
afterAll(() => cluster.stop());

/** How often RMAN was started for a run. */
async function rmanStarts(id: string): Promise<number> {
  const { text } = await callRoute(cluster.api, restRoutes.getRunLog, { params: { id } });
  return text.split('Recovery Manager: Release').length - 1;
}

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
  const id = (await getRequest(cluster, request.id)).runId ?? '';
  const startsBefore = await rmanStarts(id);
  const processes = [gone?.services.agent, gone?.services['dedup-worker']];
  for (const service of processes) service?.signal('SIGSTOP');
  const goneAt = performance.now();
  await eventually(
    () => rmanStarts(id),
    (starts) => starts > startsBefore,
    2 * HELD_UP_MS_MAX,
  );
  const heldUpMs = performance.now() - goneAt;
  const run = await endedRun(cluster, request);
  for (const service of processes) service?.signal('SIGCONT');
  const wholeMs = performance.now() - goneAt;
  process.stderr.write(
    `went on ${Math.round(heldUpMs)} ms after ${SECONDARY} had vanished, ended after ${Math.round(wholeMs)} ms\n`,
  );
  expect(run).toMatchObject({
    state: 'degraded',
    reason: { code: 'ADY_INSTANCE_LOST', instance: SECONDARY },
  });
  expect(heldUpMs).toBeLessThan(HELD_UP_MS_MAX);
  expect((await recoveryPoints(cluster)).filter(({ runId }) => runId === run.id)).toHaveLength(1);
  expect((await cluster.control.states()).get(PRIMARY)).toBe('OPEN');
});
