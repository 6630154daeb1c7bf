// Step 1 of the workflow on the real processes with the durations of an installation: three agents of a cluster vanish in three ways at
// once - stopped, killed, cut off the network - and none of them counts as running for longer than its lease.
import { callRoute, restRoutes } from '@adyton/contracts';
import { startCutProxy, type CutProxy } from '../support/cut-proxy';
import {
  backUp,
  DATABASE_NAME,
  eventually,
  type RunningStack,
  runStack,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(400_000);

/** The lease of an agent. */
const NOT_RUNNING_WITHIN_MS = 15_000;
/** What asking takes on a busy machine. */
const ASKING_MS = 1_500;

let stack: RunningStack;
let ways: CutProxy[];
beforeAll(async () => {
  stack = await runStack({ instances: 3 });
  ways = await Promise.all(
    [stack.redisUrl, stack.url].map((url) => startCutProxy(Number(new URL(url).port))),
  );
  const [redis, controlPlane] = ways;
  const { agent } = nodeAt(0).services;
  await agent.stop();
  await agent.start({
    ADYTON_REDIS_URL: `redis://127.0.0.1:${redis?.port ?? 0}`,
    ADYTON_CONTROL_PLANE_URL: `http://127.0.0.1:${controlPlane?.port ?? 0}`,
  });
});
afterAll(async () => {
  stack.nodes[1]?.services.agent.signal('SIGCONT'); // a stopped process does not hear that it is to end
  await stack.stop();
  await Promise.all(ways.map((way) => way.close()));
});

function nodeAt(index: number) {
  const node = stack.nodes[index];
  if (node === undefined) throw new Error(`no node ${index}`);
  return node;
}

async function agents(): Promise<ReadonlyMap<string, string>> {
  const { items } = await callRoute(stack.api, restRoutes.listHosts, {});
  return new Map(items.map((host) => [host.id, host.agent]));
}

const ask = () => callRoute(stack.api, restRoutes.createBackupRequest, { body: { database: DATABASE_NAME } });

it('S1.10 counts an agent that is stopped, killed or cut off as not running within 15 s', async () => {
  await eventually(agents, (all) => [...all.values()].every((agent) => agent === 'running'));
  for (const way of ways) way.cut();
  nodeAt(1).services.agent.signal('SIGSTOP');
  await nodeAt(2).services.agent.kill();
  const beganMs = performance.now();
  const afterMs = new Map<string, number>();
  await eventually(
    async () => {
      for (const [host, agent] of await agents())
        if (agent === 'not-running' && !afterMs.has(host)) afterMs.set(host, performance.now() - beganMs);
      return [...afterMs.keys()];
    },
    (gone) => gone.length === 3,
  );
  for (const ms of afterMs.values()) expect(ms).toBeLessThan(NOT_RUNNING_WITHIN_MS + ASKING_MS);
  await expect(ask()).rejects.toMatchObject({ code: 'ADY_AGENT_NOT_RUNNING' });
});

it('S1.10 counts them as running again once they are back, and the one that was cut off works', async () => {
  for (const way of ways) way.heal();
  nodeAt(1).services.agent.signal('SIGCONT');
  await nodeAt(2).services.agent.start();
  await eventually(agents, (all) => [...all.values()].every((agent) => agent === 'running'));
  expect(await backUp(stack)).toMatchObject(SUCCEEDED);
});
