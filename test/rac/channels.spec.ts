// A backup of a cluster of three instances uses those that pass their checks, each over its own host, and goes on without the others.
import {
  backUp,
  compare,
  eventually,
  agentShown,
  markNow,
  restore,
  SUCCEEDED,
} from '../support/running-stack';
import { itLong } from '../support/long-tests';
import { hostsOf, logOf, runCluster, SECONDARY, type RunningCluster } from '../support/running-cluster';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

jest.setTimeout(240_000);
let cluster: RunningCluster;
beforeAll(async () => {
  cluster = await runCluster();
});
afterEach(() => cluster.heal());
afterAll(() => cluster.stop());

const node = (n: number) => {
  const wanted = cluster.nodes[n];
  if (wanted === undefined) throw new Error(`no node ${n}`);
  return wanted;
};
const restored = async (name: string) => {
  const untilScn = await markNow(cluster);
  expect(await backUp(cluster, 'archivelog')).toMatchObject(SUCCEEDED);
  const directory = join(cluster.directory, name);
  expect(await restore(cluster, untilScn, directory)).toMatchObject(SUCCEEDED);
  return compare(cluster, untilScn, directory);
};

it('S4.4 gives every eligible instance channels, and the pieces come in on every host', async () => {
  const run = await backUp(cluster);
  expect(run).toMatchObject({ ...SUCCEEDED, level: 'level0' });
  expect(await hostsOf(cluster, run)).toEqual(['node1', 'node2', 'node3']);
  const log = await logOf(cluster, run);
  for (const sid of ['ORCL1', 'ORCL2', 'ORCL3']) expect(log).toContain(`instance=${sid} `);
  const { plan } = run;
  const ofOthers = plan?.checks.filter((c) => c.instance !== undefined) ?? [];
  expect(new Set(ofOthers.map((c) => c.instance))).toEqual(new Set(['ORCL2', 'ORCL3']));
  expect(ofOthers.every((c) => c.verdict === 'ok')).toBe(true);
  expect(await restored('all')).toMatchObject({ dataFiles: 7, identical: 7 });
});

it('S4.4 keeps the login of the channels out of scripts and logs', async () => {
  const run = await backUp(cluster);
  const detail = JSON.stringify([run, await logOf(cluster, run)]);
  expect(detail).toContain("CONNECT '@(DESCRIPTION=");
  const { password } = JSON.parse(readFileSync(cluster.lab.credentialsFile, 'utf8')) as { password: string };
  expect(detail).not.toContain(password);
});

it('S4.5 leaves an instance out whose dedup-worker does not run, and says so', async () => {
  await node(1).services['dedup-worker'].stop();
  const run = await backUp(cluster);
  await node(1).services['dedup-worker'].start();
  expect(run).toMatchObject(SUCCEEDED);
  const failed = run.plan?.checks.filter((c) => c.verdict === 'ineligible');
  expect(failed).toMatchObject([{ code: 'dedup-worker', instance: SECONDARY }]);
  expect(await hostsOf(cluster, run)).toEqual(['node1', 'node3']);
});

itLong('S4.4 waits for an agent that does not answer for its time only', async () => {
  await node(1).services.agent.stop();
  const run = await backUp(cluster);
  await node(1).services.agent.start();
  expect(run).toMatchObject(SUCCEEDED);
  expect(run.plan?.checks.filter((c) => c.verdict === 'ineligible')).toMatchObject([
    { code: 'agent', instance: SECONDARY, evidence: 'the agent on node2 did not answer within 10 s' },
  ]);
  await eventually(
    () => agentShown(cluster),
    (agent) => agent === 'running',
  );
});

itLong('S4.5 does not ask an instance again that discovery found down', async () => {
  await cluster.crash(SECONDARY);
  const run = await backUp(cluster);
  expect(run).toMatchObject(SUCCEEDED);
  expect(run.plan?.checks.filter((c) => c.verdict === 'ineligible')).toMatchObject([
    { code: 'background-processes', instance: SECONDARY },
    { code: 'login', instance: SECONDARY },
  ]);
  expect(await restored('without-second')).toMatchObject({ dataFiles: 7, identical: 7 });
});
