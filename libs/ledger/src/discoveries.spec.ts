// Discovery on a real Postgres: who is asked when, what a report leads to, and what stays.
import { type DiscoveryReport, type SeenInstance } from '@adyton/contracts';
import { type DiscoveryId, type HostId, type Scn } from '@adyton/domain';
import { sql } from 'kysely';
import { listAlerts } from './alerts';
import { listAuditEvents } from './audit-events';
import { claimRequest } from './claim-request';
import { findDatabase, recordIdentity } from './databases';
import {
  findDiscovery,
  findHostsDueForDiscovery,
  pruneDiscoveries,
  requestDiscovery,
  sweepDiscoveries,
} from './discoveries';
import { listDiscoveryEvents, listFoundDatabases } from './found-databases';
import { enrolHost } from './hosts';
import { readNow } from './ledger';
import { findReconcileCandidates, redispatch } from './reconcile';
import { reportDiscovery } from './report-discovery';
import { isRefusal } from './runs';
import { admitted, code, manualRequest, nextId, useLedger } from './testing/ledger-fixture';

const FOUR_HOURS = 4 * 3_600;
const fixture = useLedger();
let other: HostId;
beforeAll(async () => {
  other = nextId<HostId>('hst');
  await enrolHost(session(), { id: other, name: 'db2', tokenSha256: 'hash2', principal: 'api' });
});
/** Hosts that never looked, and a database nobody identified. */
beforeEach(async () => {
  await sql`TRUNCATE adyton.discoveries, adyton.found_databases, adyton.discovery_events, adyton.requests, adyton.alerts CASCADE`.execute(
    session(),
  );
  await sql`UPDATE adyton.databases SET dbid = NULL, db_unique_name = NULL, host_id = ${fixture.hostId},
    oracle_home = '/u01/home', connect_descriptor = 'db1:1521/ORCL'`.execute(session());
});

const session = () => fixture.ledger.session;
const ask = async (hostId: HostId) =>
  (
    await requestDiscovery(session(), {
      id: nextId<DiscoveryId>('dsc'),
      hostId,
      trigger: 'manual',
      principal: 'api',
    })
  ).id;

const instance = (fields: Partial<SeenInstance> = {}): SeenInstance => ({
  sid: 'ORCL',
  oracleHome: '/u01/home',
  running: true,
  clustered: false,
  identity: { dbid: '1234567890', dbName: 'ORCL', dbUniqueName: 'ORCL', resetlogsScn: '1' as Scn },
  connectDescriptor: null,
  ...fields,
});
const RENAMED = {
  identity: { dbid: '1234567890', dbName: 'SHOP', dbUniqueName: 'SHOP', resetlogsScn: '1' as Scn },
};
const reportOf = (instances: SeenInstance[], tools: DiscoveryReport['tools'] = []): DiscoveryReport => ({
  instances,
  tools,
  cluster: null,
});
const report = (id: string, hostId: HostId, seen: DiscoveryReport) =>
  reportDiscovery(session(), {
    id,
    hostId,
    report: seen,
    newFoundDatabaseId: () => nextId('fdb'),
    newDiscoveryId: () => nextId('dsc'),
  });
const look = async (hostId: HostId, instances: SeenInstance[], tools: DiscoveryReport['tools'] = []) => {
  const id = await ask(hostId);
  expect(await report(id, hostId, reportOf(instances, tools))).toBeNull();
  return id;
};
const found = async () => (await listFoundDatabases(session(), { limit: 50 })).items;
const kinds = async () =>
  (await listDiscoveryEvents(session(), { limit: 50 })).items.map((e) => e.kind).reverse();
const identify = () =>
  recordIdentity(session(), fixture.databaseId, { dbid: '1234567890', dbUniqueName: 'ORCL' }, 'api');
const registered = () => findDatabase(session(), fixture.databaseId);

describe('a host', () => {
  it('is due when it never looked, and four hours after it was asked last', async () => {
    const due = () => findHostsDueForDiscovery(session(), FOUR_HOURS);
    expect(await due()).toEqual([fixture.hostId, other]);
    await look(fixture.hostId, []);
    expect(await due()).toEqual([other]);
    await fixture.moveClock(FOUR_HOURS - 60);
    expect(await due()).toEqual([other]);
    await fixture.moveClock(61);
    expect(await due()).toEqual([fixture.hostId, other]);
  });

  it('is asked once at a time: who asks again gets the look that is under way', async () => {
    const first = await ask(fixture.hostId);
    expect(await ask(fixture.hostId)).toBe(first);
    expect(await report(first, fixture.hostId, reportOf([]))).toBeNull();
    expect(await ask(fixture.hostId)).not.toBe(first);
  });

  it('that does not answer is given up, and what it says later is refused', async () => {
    const id = await ask(fixture.hostId);
    await fixture.moveClock(899);
    expect(await sweepDiscoveries(session(), 900)).toEqual([]);
    await fixture.moveClock(2);
    expect(await sweepDiscoveries(session(), 900)).toEqual([id]);
    expect(await findDiscovery(session(), id)).toMatchObject({
      state: 'failed',
      reason: { code: 'ADY_DISCOVERY_LOST' },
    });
    expect(code(await report(id, fixture.hostId, reportOf([instance()])))).toBe('ADY_NOT_FOUND');
    expect(await found()).toEqual([]);
  });

  it('is rung again when the queue lost the job', async () => {
    const id = await ask(fixture.hostId);
    await fixture.moveClock(10);
    const [candidate] = await findReconcileCandidates(session(), {
      requestSeconds: 5,
      commitSeconds: 30,
      uncatalogSeconds: 300,
    });
    expect(candidate).toMatchObject({
      kind: 'discovery',
      discoveryId: id,
      family: 'agent',
      jobId: `${id}.1`,
    });
    if (candidate === undefined) throw new Error('nothing to ring again');
    expect(await redispatch(session(), candidate)).toBe(`${id}.2`);
    expect(await redispatch(session(), candidate)).toBeNull();
  });
});

describe('a report', () => {
  it('counts once, and only from the host that was asked', async () => {
    const id = await ask(fixture.hostId);
    expect(code(await report(id, other, reportOf([instance()])))).toBe('ADY_NOT_FOUND');
    expect(await report(id, fixture.hostId, reportOf([instance()]))).toBeNull();
    expect(await report(id, fixture.hostId, reportOf([]))).toBeNull();
    expect((await found())[0]).toMatchObject({ state: 'seen' });
    expect(await kinds()).toEqual(['new']);
  });

  it('of two hosts of a cluster at once makes one database', async () => {
    const ids = await Promise.all([ask(fixture.hostId), ask(other)]);
    await Promise.all([
      report(ids[0], fixture.hostId, reportOf([instance({ sid: 'ORCL1', clustered: true })])),
      report(ids[1], other, reportOf([instance({ sid: 'ORCL2', clustered: true })])),
    ]);
    const all = await found();
    expect(all.map((d) => d.instances.map((i) => i.sid))).toEqual([['ORCL1', 'ORCL2']]);
    expect(await kinds()).toEqual(['new']);
  });

  it('is bound to the registered database that it is about, and its events are in the audit trail', async () => {
    await identify();
    await look(fixture.hostId, [instance()]);
    expect((await found())[0]).toMatchObject({ databaseId: fixture.databaseId });
    expect((await listAuditEvents(session(), fixture.databaseId)).at(-1)).toMatchObject({
      action: 'database.new',
      principal: `host:${fixture.hostId}`,
    });
  });

  it('says of no database that it was seen but of those it saw', async () => {
    await look(fixture.hostId, [instance()]);
    const [before] = await found();
    await fixture.moveClock(600);
    await look(other, []);
    expect(await found()).toEqual([before]);
  });

  it('with gaps makes nothing vanish', async () => {
    await look(fixture.hostId, [instance()]);
    const failed = { tool: 'oratab', outcome: 'failed', detail: 'EACCES', unknownLines: [] } as const;
    await look(fixture.hostId, [], [{ ...failed, unknownLines: [] }]);
    expect((await found())[0]).toMatchObject({ state: 'seen' });
    await look(fixture.hostId, []);
    expect((await found())[0]).toMatchObject({ state: 'vanished', instances: [{ state: 'gone' }] });
    expect(await kinds()).toEqual(['new', 'vanished']);
  });
});

describe('a registered database', () => {
  beforeEach(identify);

  it('of a cluster does not leave its host because another one was the first to look', async () => {
    await look(other, [instance({ sid: 'ORCL2', clustered: true })]);
    expect(await registered()).toMatchObject({ hostId: fixture.hostId });
    await look(fixture.hostId, [instance({ sid: 'ORCL1', clustered: true })]);
    expect(await registered()).toMatchObject({ hostId: fixture.hostId, oracleSid: 'ORCL1' });
    expect(await kinds()).toEqual(['new', 'moved']); // to the instance it has on this host
  });

  it('that moved is backed up where it is now: its request is rung there, and the old host is refused', async () => {
    await look(fixture.hostId, [instance()]);
    const expiresAt = new Date((await readNow(session())).getTime() + 3_600_000);
    const waiting = await admitted(
      fixture.ledger,
      manualRequest(fixture.databaseId, { trigger: 'scheduled', presence: 'not-running', expiresAt }),
    );
    await look(fixture.hostId, []);
    await look(other, [instance({ oracleHome: '/u02/home', connectDescriptor: 'db2:1521/ORCL' })]);
    expect(await registered()).toMatchObject({
      hostId: other,
      oracleHome: '/u02/home',
      connectDescriptor: 'db2:1521/ORCL',
    });
    expect(await kinds()).toEqual(['new', 'vanished', 'returned', 'moved']);
    await sql`UPDATE adyton.requests SET dispatched_at = adyton.now() - interval '1 minute'`.execute(
      session(),
    );
    const [candidate] = await findReconcileCandidates(session(), {
      requestSeconds: 5,
      commitSeconds: 30,
      uncatalogSeconds: 300,
    });
    const { databaseId } = fixture;
    expect(candidate).toMatchObject({ requestId: waiting, database: { id: databaseId, hostId: other } });
    const claimBy = (hostId: HostId) =>
      claimRequest(session(), {
        ...{ requestId: waiting, hostId, incarnation: 'i', runId: nextId('run') },
        ...{ sbtTokenSha256: 'a'.repeat(64), leaseSeconds: 30 },
      });
    expect(code(await claimBy(fixture.hostId))).toBe('ADY_FORBIDDEN');
    expect(isRefusal(await claimBy(other))).toBe(false);
  });

  it('in another home on its host keeps the way to its listener', async () => {
    await look(fixture.hostId, [instance()]);
    await look(fixture.hostId, [instance({ oracleHome: '/u01/21c', connectDescriptor: 'x:1/y' })]);
    expect(await registered()).toMatchObject({ oracleHome: '/u01/21c', connectDescriptor: 'db1:1521/ORCL' });
    expect(await kinds()).toEqual(['new', 'moved']);
  });

  it('that runs on two hosts stays where it is, and the other host is asked again at once', async () => {
    await look(fixture.hostId, [instance()]);
    await look(other, [instance()]);
    expect(await registered()).toMatchObject({ hostId: fixture.hostId });
    expect(await kinds()).toEqual(['new', 'duplicate']);
    const { rows } = await sql<{ host_id: string }>`
      SELECT host_id FROM adyton.discoveries WHERE state = 'requested'`.execute(session());
    expect(rows.map((r) => r.host_id)).toEqual([fixture.hostId]);
    await look(fixture.hostId, []);
    expect(await registered()).toMatchObject({ hostId: other });
    expect(await kinds()).toEqual(['new', 'duplicate', 'moved']);
  });

  it('under another name is reported as renamed and keeps its registration', async () => {
    await look(fixture.hostId, [instance()]);
    await look(fixture.hostId, [instance(RENAMED)]);
    expect(await kinds()).toEqual(['new', 'renamed']);
    expect(await registered()).toMatchObject({ dbUniqueName: 'ORCL' });
    expect((await found())[0]).toMatchObject({ dbUniqueName: 'SHOP', databaseId: fixture.databaseId });
  });

  it('and its copy under another name are two', async () => {
    await look(fixture.hostId, [instance()]);
    const identity = { dbid: '1234567890', dbName: 'ORCL', dbUniqueName: 'COPY', resetlogsScn: '1' as Scn };
    await look(other, [instance({ identity })]);
    expect((await found()).map((d) => [d.dbUniqueName, d.databaseId])).toEqual([
      ['ORCL', fixture.databaseId],
      ['COPY', null],
    ]);
    expect(await kinds()).toEqual(['new', 'clone']);
  });
});

describe('an alert', () => {
  const standing = async () =>
    (await listAlerts(session(), { limit: 50, state: 'unresolved' })).items.map((a) => [
      a.kind,
      a.databaseId,
      a.detail.replace(/^\S+ \(DBID \d+\) /, ''),
    ]);

  it('says that nobody backs a database up, until it is registered or gone', async () => {
    await look(fixture.hostId, [instance()]);
    await look(fixture.hostId, [instance()]);
    expect(await standing()).toEqual([['database_changed', null, 'is not registered: nobody backs it up']]);
    await identify();
    await look(fixture.hostId, [instance()]);
    expect(await standing()).toEqual([]);
  });

  it.each([
    ['is on none of its hosts any more', () => look(fixture.hostId, [])],
    ['has another name than it is registered under', () => look(fixture.hostId, [instance(RENAMED)])],
    [
      'runs on several hosts that are no cluster; backups stay where they were',
      () => look(other, [instance()]),
    ],
  ])('stands while a registered database %s', async (detail, change) => {
    await identify();
    await look(fixture.hostId, [instance()]);
    expect(await standing()).toEqual([]);
    await change();
    expect(await standing()).toEqual([['database_changed', fixture.databaseId, detail]]);
    await look(other, []);
    await look(fixture.hostId, [instance()]);
    expect(await standing()).toEqual([]);
  });
});

it('keeps the last looks of each host when older ones go', async () => {
  const old = await look(fixture.hostId, [instance()]);
  const complete = await look(fixture.hostId, [instance()]);
  const failed = { tool: 'srvctl', outcome: 'failed', detail: '', unknownLines: [] } as const;
  const newest = await look(fixture.hostId, [], [{ ...failed, unknownLines: [] }]);
  await fixture.moveClock(31 * 86_400);
  expect(await pruneDiscoveries(session(), 30 * 86_400)).toBe(1);
  expect(await findDiscovery(session(), old)).toBeUndefined();
  for (const id of [complete, newest]) expect(await findDiscovery(session(), id)).toBeDefined();
});
