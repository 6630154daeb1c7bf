// What the sightings of all hosts together say of each database.
import { type FoundDatabaseId, type HostId } from './ids';
import { judgeDiscovery, type KnownDatabase, type SeenIdentity, type Sighting } from './judge-discovery';
import { type Scn } from './scn';

const who = (dbUniqueName: string, fields: Partial<SeenIdentity> = {}): SeenIdentity => ({
  dbid: '4711',
  dbName: 'SALES',
  dbUniqueName,
  resetlogsScn: '1' as Scn,
  ...fields,
});
const at = (host: string, sid = 'SALES', fields: Partial<Sighting> = {}): Sighting => ({
  hostId: host as HostId,
  sid,
  oracleHome: '/u01/19c',
  running: true,
  clustered: false,
  identity: who('SALES'),
  ...fields,
});
const down = { running: false, identity: null };
const known = (
  sightings: readonly Sighting[] = [at('h1')],
  fields: Partial<KnownDatabase> = {},
): KnownDatabase => {
  const [first] = sightings;
  if (first === undefined) throw new Error('a database known from nowhere');
  const { hostId, sid, oracleHome } = first;
  return {
    id: 'fdb_1' as FoundDatabaseId,
    identity: first.identity ?? who('SALES'),
    state: 'seen',
    duplicate: false,
    place: { hostId, sid, oracleHome },
    placeLooked: true,
    instances: sightings,
    ...fields,
  };
};
const events = (sightings: readonly Sighting[], ...before: KnownDatabase[]) =>
  judgeDiscovery(sightings, before).flatMap((d) => d.events.map((e) => e.kind));
const only = (sightings: readonly Sighting[], ...before: KnownDatabase[]) => {
  const judged = judgeDiscovery(sightings, before);
  expect(judged).toHaveLength(1);
  if (judged[0] === undefined) throw new Error('nothing was judged');
  return judged[0];
};

it('reports what was never seen as new, and what is as it was not at all', () => {
  expect(events([at('h1')])).toEqual(['new']);
  expect(events([at('h1')], known())).toEqual([]);
});

it('makes one database of the instances of several hosts of a cluster, whichever of them looked first', () => {
  const rac = ['1', '2', '3'].map((n) => at(`h${n}`, `SALES${n}`, { clustered: true }));
  for (const order of [rac, [...rac].reverse()]) {
    const database = only(order);
    expect(database.sightings).toHaveLength(3);
    expect(database).toMatchObject({ duplicate: false, place: { hostId: 'h1', sid: 'SALES1' } });
    expect(database.events.map((e) => e.kind)).toEqual(['new']);
  }
  expect(events(rac, known(rac.slice(0, 1)))).toEqual([]);
});

it('leaves a cluster where it is while its instance there is only down', () => {
  const rac = [at('h1', 'SALES1', { clustered: true, ...down }), at('h2', 'SALES2', { clustered: true })];
  expect(only(rac, known(rac))).toMatchObject({ place: { hostId: 'h1' }, events: [] });
  expect(events(rac.slice(1), known(rac))).toEqual(['moved']);
});

it('does not take a host that has not looked yet for one that does not see its database', () => {
  const rac = ['1', '2'].map((n) => at(`h${n}`, `SALES${n}`, { clustered: true }));
  const registered = known(rac, { placeLooked: false });
  expect(only(rac.slice(1), registered)).toMatchObject({ place: { hostId: 'h1' }, events: [] });
  expect(only([], registered)).toMatchObject({ state: 'seen', place: { hostId: 'h1' }, events: [] });
});

it('reports another host or another home as moved, also when the old oratab still names it', () => {
  const moved = only([at('h1', 'SALES', down), at('h2')], known());
  expect(moved).toMatchObject({ id: 'fdb_1', place: { hostId: 'h2' }, duplicate: false });
  expect(moved.events.map((e) => e.kind)).toEqual(['moved']);
  expect(events([at('h1', 'SALES', { oracleHome: '/u01/21c' })], known())).toEqual(['moved']);
});

it('does not let a database that runs on two hosts move: it says so, once, until one is left', () => {
  const both = [at('h1'), at('h2')];
  const judged = only(both, known());
  expect(judged).toMatchObject({ duplicate: true, place: { hostId: 'h1' } });
  expect(judged.events.map((e) => e.kind)).toEqual(['duplicate']);
  const flagged = known(both, { duplicate: true });
  expect(events(both, flagged)).toEqual([]);
  expect(events([at('h2')], flagged)).toEqual(['moved']);
  expect(events([at('h1')], flagged)).toEqual([]);
});

it('reports another name with DBID and incarnation kept as renamed', () => {
  const renamed = only([at('h1', 'SHOP', { identity: who('SHOP', { dbName: 'SHOP' }) })], known());
  expect(renamed).toMatchObject({ id: 'fdb_1', identity: { dbUniqueName: 'SHOP' } });
  expect(renamed.events.map((e) => e.kind)).toEqual(['renamed', 'moved']);
  expect(events([at('h1', 'SALES', { identity: who('SALES', { dbName: 'SHOP' }) })], known())).toEqual([
    'renamed',
  ]);
});

it('never merges a database of the same DBID under another name: it is a clone, and both stay', () => {
  const clone = at('h2', 'COPY', { identity: who('COPY') });
  const judged = judgeDiscovery([at('h1'), clone], [known()]);
  expect(judged.map((d) => d.identity.dbUniqueName)).toEqual(['SALES', 'COPY']);
  expect(judged[1]).toMatchObject({ id: null });
  expect(judged[1]?.events.map((e) => e.kind)).toEqual(['clone']);
});

it('does not take a copy for the original under another name: other host or other incarnation', () => {
  expect(events([at('h2', 'COPY', { identity: who('COPY') })], known())).toEqual(['vanished', 'clone']);
  const opened = who('COPY', { resetlogsScn: '900' as Scn });
  expect(events([at('h1', 'COPY', { identity: opened })], known())).toEqual(['vanished', 'clone']);
  // the original is down on the same host
  const beside = [at('h1', 'SALES', down), at('h1', 'COPY', { identity: who('COPY') })];
  expect(events(beside, known())).toEqual(['clone']);
});

it('reports what no host sees any more as vanished, once, and as returned when it is back', () => {
  const gone = only([], known());
  expect(gone).toMatchObject({ id: 'fdb_1', state: 'vanished', sightings: [] });
  expect(gone.events.map((e) => e.kind)).toEqual(['vanished']);
  const vanished = known([at('h1')], { state: 'vanished' });
  expect(events([], vanished)).toEqual([]);
  expect(events([at('h1')], vanished)).toEqual(['returned']);
});

it('does not take one that is down, or cannot say who it is, for vanished', () => {
  for (const sighting of [at('h1', 'SALES', down), at('h1', 'SALES', { identity: null })])
    expect(only([sighting], known())).toMatchObject({ state: 'seen', events: [] });
});

it('goes on with the new incarnation after RESETLOGS', () => {
  const identity = who('SALES', { resetlogsScn: '77' as Scn });
  expect(only([at('h1', 'SALES', { identity })], known())).toMatchObject({
    identity: { resetlogsScn: '77' },
    events: [],
  });
});
