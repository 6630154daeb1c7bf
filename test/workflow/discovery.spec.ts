// Discovery on the real processes: a simulated cluster of two hosts, each with its own agent, whose database is found, merged, moved, lost
// and found again.
import {
  callRoute,
  restRoutes,
  type Discovery,
  type DiscoveryEventRecord,
  type FoundDatabase,
} from '@adyton/contracts';
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  backUp,
  DATABASE_NAME,
  discover,
  endedRun,
  eventually,
  recoveryPoints,
  type RunningStack,
  runStack,
  scheduledRequest,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(240_000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack({ instances: 2 });
});
afterAll(() => stack.stop());

const EVERY_SECONDS = 4 * 3_600;

const found = async (): Promise<FoundDatabase[]> =>
  (await callRoute(stack.api, restRoutes.listFoundDatabases, {})).items;
const events = async (): Promise<DiscoveryEventRecord[]> =>
  (await callRoute(stack.api, restRoutes.listDiscoveryEvents, {})).items.reverse();
const kinds = async (): Promise<string[]> => (await events()).map((e) => e.kind);
const discoveries = async (): Promise<Discovery[]> =>
  (await callRoute(stack.api, restRoutes.listDiscoveries, {})).items;
const registered = () =>
  callRoute(stack.api, restRoutes.getDatabase, { params: { database: DATABASE_NAME } });
const node = (n: 0 | 1) => {
  const wanted = stack.nodes[n];
  if (wanted === undefined) throw new Error(`no node ${n}`);
  return wanted;
};

const discoverOn = (n: 0 | 1): Promise<Discovery> => discover(stack, node(n).host.name);

const statesOf = ([database]: readonly FoundDatabase[]) =>
  Object.fromEntries((database?.instances ?? []).map((i) => [i.sid, i.state]));

/** A file of a node under another name, or back. */
function moveAside(n: 0 | 1, ...path: string[]): { back(): void } {
  const file = join(node(n).node.directory, ...path);
  renameSync(file, `${file}.aside`);
  return { back: () => renameSync(`${file}.aside`, file) };
}

it('looks at every host by itself, and makes one database of the instances of a cluster', async () => {
  await eventually(discoveries, (all) => all.filter((d) => d.state === 'completed').length === 2);
  const all = await found();
  expect(all).toHaveLength(1);
  expect(all[0]).toMatchObject({ dbUniqueName: 'ORCL', state: 'seen', duplicate: false });
  expect(statesOf(all)).toEqual({ ORCL1: 'running', ORCL2: 'running' });
  expect(await kinds()).toEqual(['new']);
  const { report } = await discoverOn(0);
  expect(report?.cluster).toMatchObject({ online: true, nodes: ['node1', 'node2'] });
  expect(report?.instances).toMatchObject([
    { sid: 'ORCL1', running: true, clustered: true, oracleHome: node(0).node.oracleHome },
  ]);
  expect(report?.tools.map((t) => [t.tool, t.outcome])).toEqual(
    expect.arrayContaining(
      ['oratab', 'processes', 'cluster-home', 'olsnodes', 'crsctl', 'srvctl', 'rman'].map((tool) => [
        tool,
        'ok',
      ]),
    ),
  );
  expect((await found())[0]).toMatchObject({ databaseName: DATABASE_NAME });
});

it('looks again after four hours of Postgres time, and not before', async () => {
  const before = (await discoveries()).length;
  await stack.moveClock(EVERY_SECONDS - 120);
  await new Promise((resolve) => setTimeout(resolve, 6_000)); // more than one look of the scheduler
  expect(await discoveries()).toHaveLength(before);
  await stack.moveClock(121);
  const all = await eventually(discoveries, (d) => d.length === before + 2 && d[0]?.state === 'completed');
  expect(all.slice(0, 2).map((d) => d.trigger)).toEqual(['scheduled', 'scheduled']);
});

it('shows an instance that is down as down, and its database as seen', async () => {
  await stack.lab.ctl(['instance', 'crash', '--sid', 'ORCL2']);
  await discoverOn(1);
  expect(statesOf(await found())).toEqual({ ORCL1: 'running', ORCL2: 'down' });
  expect(await kinds()).toEqual(['new']);
  await stack.lab.ctl(['instance', 'start', '--sid', 'ORCL2']);
  await discoverOn(1);
  expect(statesOf(await found())).toEqual({ ORCL1: 'running', ORCL2: 'running' });
  expect(await backUp(stack)).toMatchObject({ ...SUCCEEDED, hostId: node(0).host.id });
});

it('reports output that it does not understand, and takes nothing for gone because of it', async () => {
  const srvctl = join(node(0).node.directory, 'grid_home', 'bin', 'srvctl');
  const script = readFileSync(srvctl, 'utf8');
  writeFileSync(srvctl, '#!/bin/sh\necho "PRXX-0001 : something new"\n');
  await stack.lab.ctl(['instance', 'crash', '--sid', 'ORCL1']);
  const { report } = await discoverOn(0);
  expect(report?.tools.find((t) => t.tool === 'srvctl')).toMatchObject({
    outcome: 'not-understood',
    unknownLines: expect.arrayContaining(['PRXX-0001 : something new']) as unknown,
  });
  expect((await found())[0]).toMatchObject({ state: 'seen', databaseName: DATABASE_NAME });
  expect(await kinds()).toEqual(['new']);
  writeFileSync(srvctl, script);
  chmodSync(srvctl, 0o755);
});

it('follows a database whose instance was taken off its host: scheduled backups run where it is now', async () => {
  const olr = moveAside(0, 'etc', 'oracle', 'olr.loc'); // node1 left the cluster
  const oratab = moveAside(0, 'etc', 'oratab');
  await discoverOn(0);
  expect(await kinds()).toEqual(['new', 'moved']);
  expect(await registered()).toMatchObject({
    hostId: node(1).host.id,
    oracleSid: 'ORCL2',
    oracleHome: node(1).node.oracleHome,
    connectDescriptor: node(1).node.connectDescriptor.replace(/\/ORCL2$/, '/orcl'),
  });
  const run = await endedRun(stack, await scheduledRequest(stack, 60));
  expect(run).toMatchObject({ ...SUCCEEDED, hostId: node(1).host.id });
  const text = await stack.cli(['database', 'show', DATABASE_NAME]);
  expect(text.stdout).toContain('ORCL1');
  expect(text.stdout).toMatch(/ORCL1\s+node1\s+gone/);
  olr.back();
  oratab.back();
  const audit = await stack.sql<{ action: string }>(
    `SELECT action FROM adyton.audit_events WHERE database_id = $1 AND action = 'database.moved'`,
    [stack.database.id],
  );
  expect(audit).toHaveLength(1);
});

it('reports a database that no host sees any more as vanished, and keeps all of it', async () => {
  const points = await recoveryPoints(stack);
  await stack.lab.ctl(['instance', 'crash', '--sid', 'ORCL2']);
  const aside = ([0, 1] as const).flatMap((n) => [
    moveAside(n, 'etc', 'oracle', 'olr.loc'),
    moveAside(n, 'etc', 'oratab'),
  ]);
  await discoverOn(0);
  expect((await found())[0]).toMatchObject({ state: 'seen' }); // the other host was not asked yet
  await discoverOn(1);
  expect((await found())[0]).toMatchObject({ state: 'vanished', databaseName: DATABASE_NAME });
  expect(await kinds()).toEqual(['new', 'moved', 'vanished']);
  expect(await recoveryPoints(stack)).toEqual(points);
  expect((await stack.cli(['database', 'list'])).stdout).toContain('vanished');
  for (const file of aside) file.back();
  await stack.lab.ctl(['instance', 'start', '--sid', 'ORCL2']);
  const text = await stack.cli(['host', 'discover', 'node2']);
  expect(text.stdout).toContain('returned: ORCL');
  expect((await found())[0]).toMatchObject({ state: 'seen' });
});

it('says at once that an agent that does not run cannot look', async () => {
  await node(1).services.agent.stop();
  await expect(
    callRoute(stack.api, restRoutes.discoverHost, { params: { host: 'node2' } }),
  ).rejects.toMatchObject({ code: 'ADY_AGENT_NOT_RUNNING' });
});
