// The product beside a simulated cluster of three instances, each on a host of its own: a backup uses those that pass their checks, each over its
// own host, and goes on without the others.
import { callRoute, restRoutes, type RunPlan, type RunScript } from '@adyton/contracts';
import { rman } from '../support/rman-by-hand';
import {
  agentShown,
  backUp,
  backupUnderWay,
  compare,
  DATABASE_NAME,
  endedRun,
  eventually,
  getRequest,
  healStore,
  markNow,
  pointOf,
  restore,
  slowStore,
  SUCCEEDED,
} from '../support/running-stack';
import { itLong } from '../support/long-tests';
import {
  hostsOf,
  instancesUsed,
  logOf,
  PRIMARY,
  runCluster,
  SECONDARY,
  type RunningCluster,
} from '../support/running-cluster';
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
  return restoredTo(untilScn, name);
};
const restoredTo = async (untilScn: string, name: string) => {
  const directory = join(cluster.directory, name);
  expect(await restore(cluster, untilScn, directory)).toMatchObject(SUCCEEDED);
  return compare(cluster, untilScn, directory);
};

it('enrolls a host for each instance, all of them with a running agent', async () => {
  expect(cluster.nodes.map(({ node: { sid } }) => sid)).toEqual(['ORCL1', 'ORCL2', 'ORCL3']);
  const hosts = await eventually(
    () => callRoute(cluster.api, restRoutes.listHosts, {}),
    ({ items }) => items.length === 3 && items.every(({ agent }) => agent === 'running'),
  );
  expect(hosts.items.map(({ name }) => name).sort()).toEqual(['node1', 'node2', 'node3']);
});

/** Other ones than the one RMAN is connected to, in the script of the data files. */
const instancesNamed = (scripts: readonly RunScript[]) =>
  [...(scripts.find((s) => s.step === 'data')?.text ?? '').matchAll(/INSTANCE_NAME=(\w+)/g)].map((m) => m[1]);
const checksOfOthers = (plan: RunPlan | null) =>
  plan?.checks.flatMap(({ code, instance, verdict }) =>
    instance === undefined ? [] : [{ code, instance, verdict }],
  );
const planned = () =>
  callRoute(cluster.api, restRoutes.planBackup, {
    params: { database: DATABASE_NAME },
    query: { kind: 'auto' },
  });

it('S4.4 S4.7 S4.8 gives every eligible instance channels, in three invocations of RMAN, and the pieces come in on every host', async () => {
  const shown = await planned();
  const run = await backUp(cluster);
  expect(run).toMatchObject({ ...SUCCEEDED, level: 'level0' });
  for (const { scripts } of [shown, run]) expect(instancesNamed(scripts)).toEqual([SECONDARY, 'ORCL3']);
  expect(checksOfOthers(shown.plan)).toEqual(checksOfOthers(run.plan));
  expect(await hostsOf(cluster, run)).toEqual(['node1', 'node2', 'node3']);
  expect(run.scripts.map((s) => s.step)).toEqual(['data', 'logs', 'control-file']);
  const all = ['ORCL1', 'ORCL2', 'ORCL3'];
  expect(await instancesUsed(cluster, run)).toEqual([all, all, [PRIMARY]]);
  const { plan } = run;
  const ofOthers = plan?.checks.filter((c) => c.instance !== undefined) ?? [];
  expect(new Set(ofOthers.map((c) => c.instance))).toEqual(new Set(['ORCL2', 'ORCL3']));
  expect(ofOthers.every((c) => c.verdict === 'ok')).toBe(true);
  expect(await restored('all')).toMatchObject({ dataFiles: 7, identical: 7 });
});

it('backs up what three threads wrote, and restores to one moment of it', async () => {
  for (const sid of [PRIMARY, SECONDARY, 'ORCL3'])
    await cluster.lab.ctl(['workload', '--sid', sid, '--transactions', '30']);
  const untilScn = await markNow(cluster);
  await cluster.lab.ctl(['workload', '--sid', SECONDARY, '--transactions', '5']);
  expect(await backUp(cluster, 'archivelog')).toMatchObject(SUCCEEDED);
  expect(await restoredTo(untilScn, 'three-threads')).toMatchObject({ dataFiles: 7, identical: 7 });
});

it('S4.4 keeps the login of the channels out of scripts and logs', async () => {
  const run = await backUp(cluster);
  const detail = JSON.stringify([run, await logOf(cluster, run)]);
  expect(detail).toContain("CONNECT '@(DESCRIPTION=");
  const { password } = JSON.parse(readFileSync(cluster.lab.credentialsFile, 'utf8')) as { password: string };
  expect(detail).not.toContain(password);
});

it('S4.5 S4.6 S4.7 leaves out an instance without a dedup-worker, and one whose server processes cannot load the library, and says so, in a dry run too', async () => {
  const [second, third] = [node(1).services, node(2).services];
  await second['dedup-worker'].stop();
  await third.agent.stop();
  await third.agent.start({ ADYTON_SBT_LIBRARY: cluster.tokenFile }); // there and readable, and no library
  const shown = await planned();
  const text = await cluster.cli(['backup', DATABASE_NAME, '--dry-run']);
  const run = await backUp(cluster);
  await second['dedup-worker'].start();
  await third.agent.stop();
  await third.agent.start();
  expect(run).toMatchObject(SUCCEEDED);
  const failed = run.plan?.checks.filter((c) => c.verdict === 'ineligible');
  expect(failed).toMatchObject([
    { code: 'dedup-worker', instance: SECONDARY },
    {
      ...{ code: 'channel', instance: 'ORCL3', hint: expect.stringContaining('ORA-27211') as string },
      evidence: expect.stringMatching(
        /^RMAN-03009: .* on c1 channel .*; ORA-27211: Failed to load/,
      ) as string,
    },
  ]);
  expect(await hostsOf(cluster, run)).toEqual(['node1']);
  expect(shown.plan.checks.filter((c) => c.verdict === 'ineligible')).toMatchObject(
    (failed ?? []).map(({ code, instance }) => ({ code, instance })),
  );
  expect(instancesNamed(shown.scripts)).toEqual([]);
  expect(text.stdout).toContain('ORCL2 is left out, ORCL3 is left out');
});

itLong(
  'S4.4 S4.6 waits for an agent that does not answer for its time only, and leaves out an instance of another release',
  async () => {
    await node(1).services.agent.stop();
    await cluster.lab.ctl(['fault', 'arm', 'other-release', '--sid', 'ORCL3', '--release', '21.3.0.0.0']);
    const run = await backUp(cluster);
    await node(1).services.agent.start();
    expect(run).toMatchObject(SUCCEEDED);
    expect(run.plan?.checks.filter((c) => c.verdict === 'ineligible')).toMatchObject([
      { code: 'agent', instance: SECONDARY, evidence: 'the agent on node2 did not answer within 20 s' },
      { code: 'base-release', instance: 'ORCL3', evidence: 'ORCL3 is 21.3.0.0.0, ORCL1 is 19.21.0.0.0' },
    ]);
    expect(run.plan?.checks.find((c) => c.code === 'release-update')).toMatchObject({ verdict: 'warning' });
    await eventually(
      () => agentShown(cluster),
      (agent) => agent === 'running',
    );
  },
);

it('S4.6 ends a backup before RMAN backs anything up whose snapshot control file the other instances cannot see', async () => {
  const checked = async () => (await planned()).plan.checks.find((c) => c.code === 'snapshot-control-file');
  const configure = (name: string) =>
    rman(cluster, `CONFIGURE SNAPSHOT CONTROLFILE NAME ${name};\n`, PRIMARY);
  const shared = await checked();
  expect(shared).toMatchObject({ verdict: 'ok' });
  await configure('CLEAR');
  expect(await checked()).toMatchObject({
    verdict: 'failed',
    evidence: expect.stringContaining('the default') as string,
  });
  expect(await backUp(cluster)).toMatchObject({
    scripts: [],
    reason: {
      code: 'ADY_PRECHECK_FAILED',
      detail: expect.stringContaining('snapshot-control-file') as string,
    },
  });
  await configure(`TO '${shared?.evidence.split(':')[0]}'`);
  expect(await checked()).toMatchObject({ verdict: 'ok' });
});

itLong('S4.5 does not ask an instance again that discovery found down', async () => {
  await cluster.control.instance('crash', SECONDARY);
  const run = await backUp(cluster);
  expect(run).toMatchObject(SUCCEEDED);
  expect(run.plan?.checks.filter((c) => c.verdict === 'ineligible')).toMatchObject([
    { code: 'background-processes', instance: SECONDARY },
    { code: 'login', instance: SECONDARY },
  ]);
  expect(await restored('without-second')).toMatchObject({ dataFiles: 7, identical: 7 });
});

it('S4.2 gives back a file that another instance added while the backup ran, its redo in the thread of that one', async () => {
  const on = (...words: string[]) => cluster.lab.ctl([...words, '--sid', SECONDARY]);
  await slowStore(cluster, 150);
  const under = await backupUnderWay(cluster, 'full');
  const path = join(cluster.lab.base, 'oradata', DATABASE_NAME, 'late01.dbf');
  await on('sql', `CREATE TABLESPACE late DATAFILE '${path}' SIZE 3M`);
  await on('workload', '--transactions', '100', '--rows-per-transaction', '50', '--uniform');
  await healStore(cluster);
  const run = await endedRun(cluster, await getRequest(cluster, under.requestId));
  expect(run).toMatchObject(SUCCEEDED);
  const { contents } = await pointOf(cluster, run);
  expect(contents.recreatedFiles).toMatchObject([{ name: path, tablespace: 'LATE' }]);
  const { dataFiles, identical } = await restored('late');
  expect([dataFiles, identical]).toEqual([contents.dataFiles.length + 1, dataFiles]);
});
