// The instance a backup was started on is not eligible: before any data flows the run moves to the next instance of the cluster, and says so.
import { callRoute, restRoutes, type BackupRequest, type RunDetail } from '@adyton/contracts';
import { join } from 'node:path';
import { itLong } from '../support/long-tests';
import { flushRedis } from '../support/redis';
import {
  backUp,
  DATABASE_NAME,
  endedRun,
  eventually,
  expectIdentical,
  getRequest,
  getRun,
  markNow,
  recoveryPoints,
  restore,
  scheduledRequest,
  SUCCEEDED,
} from '../support/running-stack';
import {
  hostsOf,
  logOf,
  PRIMARY,
  runCluster,
  SECONDARY,
  type RunningCluster,
} from '../support/running-cluster';

jest.setTimeout(240_000);
let cluster: RunningCluster;
beforeAll(async () => {
  // a lost job is missed before the claim is over, and an agent that stands still counts as running until a run was moved to it
  cluster = await runCluster({ claimSeconds: 15, presenceSeconds: 15 });
});
afterEach(() => cluster.heal());
afterAll(() => cluster.stop());

const node = (n: number) => {
  const wanted = cluster.nodes[n];
  if (wanted === undefined) throw new Error(`no node ${n}`);
  return wanted;
};
const alertsOfMoves = async () =>
  (await callRoute(cluster.api, restRoutes.listAlerts, { query: { state: 'unresolved' } })).items.filter(
    (a) => a.kind === 'backup_moved',
  );
const requested = () =>
  callRoute(cluster.api, restRoutes.createBackupRequest, { body: { database: DATABASE_NAME, kind: 'auto' } });
const FROM_FIRST = { from: { instance: PRIMARY, hostName: 'node1' } };
const ineligible = ({ plan }: RunDetail) => plan?.checks.filter((c) => c.verdict === 'ineligible');

describe('S4.5 the dedup-worker of the first host does not run', () => {
  let run: RunDetail;
  let untilScn: string;
  beforeAll(async () => {
    await node(0).services['dedup-worker'].stop();
    run = await backUp(cluster);
    untilScn = await markNow(cluster);
  });

  it('S4.5 the backup is done by the next instance, with the channels of those that are eligible', async () => {
    expect(run).toMatchObject({
      ...{ ...SUCCEEDED, level: 'level0', hostId: node(1).host.id, attempt: 1 },
      moves: [
        {
          ...FROM_FIRST,
          to: { instance: SECONDARY, hostName: 'node2' },
          takenAt: expect.any(String) as string,
        },
      ],
    });
    expect(await hostsOf(cluster, run)).toEqual(['node2', 'node3']);
    const log = await logOf(cluster, run);
    expect(log).toContain('instance=ORCL2 ');
    expect(log).not.toContain('instance=ORCL1 ');
  });

  it('S4.5 the run names the instance that was left and the check that failed, and an alert does', async () => {
    expect(ineligible(run)).toMatchObject([
      { code: 'dedup-worker', instance: PRIMARY, evidence: expect.stringContaining('socket ') as string },
    ]);
    const [alert, ...others] = await alertsOfMoves();
    expect(others).toEqual([]);
    expect(alert?.detail).toMatch(/left ORCL1 on node1 for ORCL2 on node2: dedup-worker: socket /);
    const why = await cluster.cli(['run', 'why', run.id]);
    expect(why.stdout).toMatch(
      /moved\s+from ORCL1 on node1 to ORCL2 on node2 .*taken over.*dedup-worker: socket /,
    );
    expect(why.stdout).toContain('run.taken-over');
    const shown = await cluster.cli(['run', 'show', run.id]);
    expect(shown.stdout).toMatch(/moved\s+from ORCL1 on node1 to ORCL2 on node2: dedup-worker: socket /);
  });

  itLong('S4.5 archived logs move too', async () => {
    const logs = await backUp(cluster, 'archivelog');
    expect(logs).toMatchObject({ ...SUCCEEDED, hostId: node(1).host.id, moves: [FROM_FIRST] });
  });

  it('S4.5 what was backed up from there is restored on the first host, and the next backup is its own again', async () => {
    await node(0).services['dedup-worker'].start();
    const directory = join(cluster.directory, 'moved');
    expect(await restore(cluster, untilScn, directory)).toMatchObject(SUCCEEDED);
    await expectIdentical(cluster, untilScn, directory);
    expect(await backUp(cluster)).toMatchObject({
      ...SUCCEEDED,
      level: 'level1',
      hostId: node(0).host.id,
      moves: [],
    });
    expect(await alertsOfMoves()).toEqual([]);
  });
});

itLong('S4.5 an instance that is down leaves its run to the next one', async () => {
  await cluster.control.instance('crash', PRIMARY);
  const run = await backUp(cluster);
  expect(run).toMatchObject({ ...SUCCEEDED, hostId: node(1).host.id, moves: [FROM_FIRST] });
  expect(ineligible(run)).toMatchObject([{ code: 'login', instance: PRIMARY }]);
});

itLong('S4.5 two of three are not eligible: the third does it', async () => {
  for (const n of [0, 1]) await node(n).services['dedup-worker'].stop();
  const run = await backUp(cluster);
  for (const n of [0, 1]) await node(n).services['dedup-worker'].start();
  expect(run).toMatchObject({
    ...{ ...SUCCEEDED, hostId: node(2).host.id },
    moves: [FROM_FIRST, { from: { instance: SECONDARY }, to: { instance: 'ORCL3' } }],
  });
  expect(ineligible(run)?.map((c) => c.instance)).toEqual([PRIMARY, SECONDARY]);
});

it('S4.4 S4.5 a backup that no instance is eligible for fails with the reasons of all', async () => {
  const before = await recoveryPoints(cluster);
  for (const { services } of cluster.nodes) await services['dedup-worker'].stop();
  const run = await backUp(cluster);
  for (const { services } of cluster.nodes) await services['dedup-worker'].start();
  expect(run).toMatchObject({ state: 'failed', scripts: [], reason: { code: 'ADY_PRECHECK_FAILED' } });
  expect(run.reason?.detail).toMatch(
    /^no instance is eligible: ORCL1 on node1: dedup-worker: .*; ORCL2 on node2: dedup-worker: .*; ORCL3 on node3: dedup-worker: /,
  );
  expect(await recoveryPoints(cluster)).toEqual(before);
});

describe('S4.5 the agent of the first host does not run', () => {
  const agents = () => cluster.nodes.map(({ services }) => services.agent);
  beforeEach(() => node(0).services.agent.stop());
  afterEach(async () => {
    for (const agent of agents()) if (!agent.isRunning) await agent.start();
  });
  const atSecond = {
    moves: [{ ...FROM_FIRST, to: { instance: SECONDARY }, reason: { code: 'ADY_AGENT_NOT_RUNNING' } }],
  };

  it('S4.5 S1.2 a backup by hand starts at the next instance', async () => {
    const run = await backUp(cluster);
    expect(run).toMatchObject({ ...SUCCEEDED, ...atSecond, hostId: node(1).host.id });
    expect(ineligible(run)).toMatchObject([{ code: 'agent', instance: PRIMARY }]);
  });

  itLong('S4.5 S1.3 a scheduled backup does not wait for it', async () => {
    const request = await scheduledRequest(cluster, 60);
    expect(await endedRun(cluster, request)).toMatchObject({ ...SUCCEEDED, ...atSecond });
  });

  it('S4.5 S1.2 a backup by hand fails at once when no agent of the cluster runs', async () => {
    for (const agent of agents().slice(1)) await agent.stop();
    await expect(requested()).rejects.toMatchObject({ code: 'ADY_AGENT_NOT_RUNNING' });
  });
});

/** The first host's dedup-worker is down, and the second host's agent stands still: a run waits to be taken over. */
async function whileNobodyTakesOver(act: (request: BackupRequest) => Promise<RunDetail>): Promise<RunDetail> {
  await node(0).services['dedup-worker'].stop();
  node(1).services.agent.signal('SIGSTOP');
  try {
    const request = await requested();
    const { runId } = await eventually(
      () => getRequest(cluster, request.id),
      (r) => r.runId !== null,
    );
    const moved = await eventually(
      () => getRun(cluster, runId ?? ''),
      ({ moves }) => moves.length > 0,
    );
    expect(moved).toMatchObject({ state: 'planning', hostId: node(1).host.id, moves: [{ takenAt: null }] });
    return await act(request);
  } finally {
    node(1).services.agent.signal('SIGCONT');
    await node(0).services['dedup-worker'].start();
    await eventually(agentsShown, (agents) => agents.every((agent) => agent === 'running'));
  }
}
const agentsShown = async () =>
  (await callRoute(cluster.api, restRoutes.listHosts, {})).items.map(({ agent }) => agent);

itLong('S4.5 Redis loses the job of a moved run: it is rung for again', async () => {
  const run = await whileNobodyTakesOver(async (request) => {
    await flushRedis(cluster);
    node(1).services.agent.signal('SIGCONT');
    return endedRun(cluster, request);
  });
  expect(run).toMatchObject({ ...SUCCEEDED, hostId: node(1).host.id });
  expect(run.moves).toHaveLength(1);
});

itLong('S4.5 a moved run that no agent takes over moves on', async () => {
  const run = await whileNobodyTakesOver((request) => endedRun(cluster, request));
  expect(run).toMatchObject({ ...SUCCEEDED, hostId: node(2).host.id });
  expect(ineligible(run)).toMatchObject([
    { code: 'dedup-worker', instance: PRIMARY },
    {
      ...{ code: 'agent', instance: SECONDARY },
      evidence: expect.stringContaining('did not take the run over') as string,
    },
  ]);
});

itLong('S4.5 an instance that hangs costs its time, and not the run', async () => {
  await cluster.control.instance('hang', PRIMARY);
  const run = await backUp(cluster);
  expect(run).toMatchObject({ ...SUCCEEDED, hostId: node(1).host.id, moves: [FROM_FIRST] });
});
