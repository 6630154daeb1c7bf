// The product beside a simulated cluster of three instances: a host each with its own agent, dedup-worker and sockets.
import { callRoute, restRoutes } from '@adyton/contracts';
import { join } from 'node:path';
import {
  backUp,
  compare,
  eventually,
  markNow,
  restore,
  type RunningStack,
  runStack,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(240_000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack({ databaseBytes: '24M', instances: 3 });
});
afterAll(() => stack.stop());

it('enrolls a host for each instance, all of them with a running agent', async () => {
  expect(stack.nodes.map(({ node }) => node.sid)).toEqual(['ORCL1', 'ORCL2', 'ORCL3']);
  const hosts = await eventually(
    () => callRoute(stack.api, restRoutes.listHosts, {}),
    ({ items }) => items.length === 3 && items.every(({ agent }) => agent === 'running'),
  );
  expect(hosts.items.map(({ name }) => name).sort()).toEqual(['node1', 'node2', 'node3']);
});

it('backs up what three threads wrote, and restores to one moment of it', async () => {
  expect(await backUp(stack)).toMatchObject({ ...SUCCEEDED, level: 'level0' });
  for (const { node } of stack.nodes)
    await stack.lab.ctl(['workload', '--sid', node.sid, '--transactions', '30']);
  const untilScn = await markNow(stack);
  await stack.lab.ctl(['workload', '--sid', 'ORCL2', '--transactions', '5']);
  expect(await backUp(stack, 'archivelog')).toMatchObject(SUCCEEDED);
  const directory = join(stack.directory, 'restored');
  expect(await restore(stack, untilScn, directory)).toMatchObject(SUCCEEDED);
  const { dataFiles, identical } = await compare(stack, untilScn, directory);
  expect([dataFiles, identical]).toEqual([7, 7]);
});
