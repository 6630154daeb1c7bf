// The agent of the registered host is not running: whose agent is asked for a backup of a cluster, who may claim it, and what is on record then.
import { type AgentPresence, type DatabaseId, type HostId, type RunId } from '@adyton/domain';
import { claimRequest } from './claim-request';
import { findReconcileCandidates, redispatch } from './reconcile';
import { listRunInstances } from './run-instances';
import { findRun, isRefusal } from './runs';
import { hostToAsk } from './stand-ins';
import { sweepUnclaimedRequests } from './sweeps';
import { alertReader } from './testing/alert-reader';
import { newCluster, newHost } from './testing/cluster-fixture';
import { admitted, code, manualRequest, nextId, useLedger } from './testing/ledger-fixture';

const fixture = useLedger();
let second: HostId;
let third: HostId;
let databaseId: DatabaseId;
beforeAll(async () => {
  second = await newHost(session(), 'db2');
  third = await newHost(session(), 'db3');
});
beforeEach(async () => {
  ({ databaseId } = await newCluster(fixture, [second, third]));
});

const session = () => fixture.ledger.session;
const { only } = alertReader(session);
const BACKUP = { operation: 'backup', lane: 'data' } as const;
/** @param running hosts whose agents are */
const asked = (running: readonly HostId[], work: Parameters<typeof hostToAsk>[2] = BACKUP) =>
  hostToAsk(session(), { id: databaseId, hostId: fixture.hostId }, work, (id) =>
    Promise.resolve<AgentPresence>(running.includes(id) ? 'running' : 'not-running'),
  );
const claimBy = (hostId: HostId, requestId: Awaited<ReturnType<typeof admitted>>) =>
  claimRequest(session(), {
    ...{ requestId, hostId, incarnation: 'first', runId: nextId<RunId>('run') },
    ...{ sbtTokenSha256: 'a'.repeat(64), leaseSeconds: 30 },
  });

it('S4.5 S1.2 asks the agent of the registered host while it runs, and that of the next instance while it does not', async () => {
  const everybody = [fixture.hostId, second, third];
  expect(await asked(everybody)).toEqual({ hostId: fixture.hostId, presence: 'running' });
  expect(await asked([second, third])).toEqual({ hostId: second, presence: 'running' });
  expect(await asked([third])).toEqual({ hostId: third, presence: 'running' });
  expect(await asked([])).toEqual({ hostId: fixture.hostId, presence: 'not-running' });
});

it('S4.5 asks nobody else for a restore, for RMAN by hand, or when nobody knows who runs', async () => {
  const registered = { hostId: fixture.hostId, presence: 'not-running' };
  expect(await asked([second], { operation: 'restore', lane: 'restore' })).toEqual(registered);
  expect(await asked([second], { operation: 'backup', lane: 'external' })).toEqual(registered);
  const database = { id: databaseId, hostId: fixture.hostId };
  expect(
    await hostToAsk(session(), database, BACKUP, (id) =>
      Promise.resolve(id === fixture.hostId ? 'unknown' : 'running'),
    ),
  ).toEqual({ hostId: fixture.hostId, presence: 'unknown' });
});

it('S4.5 the run that a stand-in claims is on its instance, and has left the registered one', async () => {
  const id = await admitted(fixture.ledger, manualRequest(databaseId, { hostId: third }));
  expect(code(await claimBy(second, id))).toBe('ADY_FORBIDDEN');
  const claimed = await claimBy(third, id);
  if (isRefusal(claimed)) throw new Error(claimed.detail);
  expect(claimed).toMatchObject({
    database: {
      hostId: third,
      oracleSid: 'ORCL3',
      oracleHome: '/u02/home',
      connectDescriptor: 'orcl3:1521/orcl',
    },
  });
  const reason = {
    code: 'ADY_AGENT_NOT_RUNNING',
    detail: 'the agent on db1 was not running when the backup was asked for',
  };
  const moves = [{ from: { instance: 'ORCL1', hostName: 'db1' }, to: { instance: 'ORCL3' }, reason }];
  const run = await findRun(session(), claimed.runId);
  expect(run).toMatchObject({ hostId: third, fence: claimed.fence, moves });
  expect(run?.moves[0]?.takenAt).not.toBeNull();
  const listed = await listRunInstances(session(), { runId: claimed.runId, hostId: third }, 15);
  expect(isRefusal(listed) ? listed : listed.items).toMatchObject([
    { sid: 'ORCL1', state: 'ineligible', checks: [{ code: 'agent', instance: 'ORCL1' }] },
  ]);
  expect(await only(databaseId, 'backup_moved')).toMatchObject({ state: 'open', reason });
});

it('S4.5 the agent of the registered host may claim what another one was asked for', async () => {
  const id = await admitted(fixture.ledger, manualRequest(databaseId, { hostId: third }));
  const claimed = await claimBy(fixture.hostId, id);
  expect(claimed).toMatchObject({ kind: 'claimed', database: { oracleSid: 'ORCL1' } });
  expect(isRefusal(claimed) ? null : await findRun(session(), claimed.runId)).toMatchObject({ moves: [] });
  expect(code(await claimBy(third, id))).toBe('ADY_NOT_CLAIMABLE');
});

it('S4.5 a host whose instance is gone may not claim what it was asked for', async () => {
  const id = await admitted(fixture.ledger, manualRequest(databaseId, { hostId: third }));
  await session().updateTable('found_instances').set({ state: 'down' }).where('sid', '=', 'ORCL3').execute();
  expect(code(await claimBy(third, id))).toBe('ADY_FORBIDDEN');
});

it('S4.5 a request is looked for on the queue of the host that was asked last', async () => {
  const id = await admitted(fixture.ledger, manualRequest(databaseId));
  await fixture.moveClock(6);
  const candidateOf = async () =>
    (
      await findReconcileCandidates(session(), {
        ...{ requestSeconds: 5, commitSeconds: 30, uncatalogSeconds: 300 },
      })
    ).find((c) => c.kind === 'request' && c.requestId === id);
  const candidate = await candidateOf();
  if (candidate === undefined) throw new Error('no candidate');
  expect(candidate).toMatchObject({ hostId: fixture.hostId, database: { id: databaseId }, work: BACKUP });
  await redispatch(session(), { ...candidate, hostId: second });
  await fixture.moveClock(6);
  expect(await candidateOf()).toMatchObject({ hostId: second, database: { hostId: fixture.hostId } });
  const swept = await sweepUnclaimedRequests(session());
  expect(swept.find((s) => s.requestId === id)).toMatchObject({ hostId: second, jobId: `${id}.2` });
});
