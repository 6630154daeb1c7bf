// Runs over several instances, on a real Postgres: who is asked, who may answer, and what the hosts' figures add up to.
import { type InstanceWord } from '@adyton/contracts';
import { type DatabaseId, type FoundDatabaseId, type HostId } from '@adyton/domain';
import { sql } from 'kysely';
import { readGrant } from './grants';
import { recordIngest } from './pieces';
import {
  askInstances,
  joinRun,
  listOtherInstances,
  listRunInstances,
  recordInstanceWord,
} from './run-instances';
import { failRun, storePlan } from './run-lifecycle';
import { findRun, hasActiveRunOn, isRefusal, type FencedRun } from './runs';
import { newCluster, newHost } from './testing/cluster-fixture';
import { claimedRun, code, plan, useLedger } from './testing/ledger-fixture';

const SILENT_SECONDS = 15;
const TOKEN = 'b'.repeat(64);
const PLACE = { libraryPath: '/opt/libobk.so', socketPath: '/run/sbt.sock', tokenFile: '/var/token' };
const fixture = useLedger();
let second: HostId;
let stranger: HostId;
let databaseId: DatabaseId;
let found: FoundDatabaseId;
let run: FencedRun;
beforeAll(async () => {
  second = await newHost(session(), 'db2');
  stranger = await newHost(session(), 'db3');
});
beforeEach(async () => {
  ({ databaseId, found } = await newCluster(fixture, [second]));
  run = await claimedRun(fixture, databaseId);
});

const session = () => fixture.ledger.session;
const part = (hostId = second) => ({ ...run, hostId, sid: 'ORCL2' });
const listed = async () => {
  const answer = await listRunInstances(session(), run, SILENT_SECONDS);
  if (isRefusal(answer)) throw new Error(answer.detail);
  return answer;
};
const join = () => joinRun(session(), { ...part(), tokenSha256: TOKEN });
const say = (word: InstanceWord, hostId = second) => recordInstanceWord(session(), { ...part(hostId), word });
const eligible: InstanceWord = { state: 'eligible', place: PLACE, checks: [] };
const ingest = (hostId: HostId, bytesRead: number, extras: object = {}) =>
  recordIngest(session(), {
    ...{ ...run, hostId, pieces: [], ...extras },
    totals: { bytesRead, bytesNew: bytesRead / 2, bytesStored: bytesRead / 4 },
  });

it('asks the hosts of the other running instances, each once', async () => {
  expect(await listOtherInstances(session(), { id: databaseId, hostId: fixture.hostId })).toMatchObject([
    { sid: 'ORCL2', hostId: second, connectDescriptor: 'orcl2:1521/orcl' },
  ]);
  expect(await askInstances(session(), run)).toBeNull();
  expect(await askInstances(session(), run)).toBeNull();
  const { rows } = await sql<{ host_id: string }>`
    SELECT host_id FROM adyton.outbox WHERE job_name = 'instance.join' AND payload->>'runId' = ${run.runId}`.execute(
    session(),
  );
  expect(rows).toEqual([{ host_id: second }]);
  expect((await listed()).items).toMatchObject([{ sid: 'ORCL2', hostName: 'db2', state: 'asked' }]);
});

it('asks nobody of a database that runs on hosts which are no cluster', async () => {
  await sql`UPDATE adyton.found_databases SET duplicate = true WHERE id = ${found}`.execute(session());
  await askInstances(session(), run);
  expect((await listed()).items).toEqual([]);
});

it('lets only the host that was asked take part', async () => {
  expect(code(await join())).toBe('ADY_FORBIDDEN');
  await askInstances(session(), run);
  expect(await join()).toMatchObject({ kind: 'joined', oracleHome: '/u02/home', fence: run.fence });
  expect(code(await joinRun(session(), { ...part(stranger), tokenSha256: TOKEN }))).toBe('ADY_FORBIDDEN');
  expect(code(await say(eligible, stranger))).toBe('ADY_FORBIDDEN');
  expect(code(await joinRun(session(), { ...part(), fence: run.fence + 1, tokenSha256: TOKEN }))).toBe(
    'ADY_FENCED',
  );
});

it('hears an instance out: eligible, alive, lost, and never back', async () => {
  await askInstances(session(), run);
  await join();
  expect(await say(eligible)).toEqual({ kind: 'heard', goesOn: true });
  expect((await listed()).items[0]).toMatchObject({ state: 'eligible', place: PLACE });
  expect(await say({ state: 'alive' })).toEqual({ kind: 'heard', goesOn: true });
  await say({ state: 'lost', detail: 'pmon is gone' });
  expect(await say({ state: 'alive' })).toEqual({ kind: 'heard', goesOn: false });
  await say(eligible);
  expect((await listed()).items[0]).toMatchObject({ state: 'lost', detail: 'pmon is gone' });
});

it('calls an agent silent after the time of a presence, by Postgres time', async () => {
  await askInstances(session(), run);
  await join();
  await say(eligible);
  await fixture.moveClock(SILENT_SECONDS - 1);
  expect((await listed()).items[0]).toMatchObject({ silent: false });
  await fixture.moveClock(2);
  expect((await listed()).items[0]).toMatchObject({ silent: true });
  await say({ state: 'alive' });
  expect((await listed()).items[0]).toMatchObject({ silent: false });
});

it('sends an instance home when the run is over', async () => {
  await askInstances(session(), run);
  await join();
  await say(eligible);
  const reason = {
    code: 'ADY_INTERNAL',
    title: '',
    detail: '',
    hint: '',
    phase: null,
    instance: null,
    oraErrors: [],
  };
  await failRun(session(), { ...run, outcome: 'failed', reason });
  expect(await say({ state: 'alive' })).toEqual({ kind: 'heard', goesOn: false });
  expect(code(await join())).toBe('ADY_RUN_STATE');
  expect(await hasActiveRunOn(session(), databaseId, second)).toBe(false);
});

it('grants the other host its own token, below the session of the first, with its share of the line', async () => {
  await sql`INSERT INTO adyton.policies (database_id, document, changed_by)
    VALUES (${databaseId}, ${JSON.stringify({ bandwidthBytesPerSecond: 1_000 })}, 'api')`.execute(session());
  await askInstances(session(), run);
  expect(code(await readGrant(session(), run.runId, second))).toBe('ADY_FORBIDDEN');
  await join();
  expect(code(await readGrant(session(), run.runId, second))).toBe('ADY_RUN_STATE');
  await ingest(fixture.hostId, 0, { writerSession: 'sid-1' });
  await say(eligible);
  expect(await readGrant(session(), run.runId, second)).toMatchObject({
    tokenSha256: TOKEN,
    parentSession: 'sid-1',
    bandwidthBytesPerSecond: 500,
  });
  expect(await readGrant(session(), run.runId, fixture.hostId)).toMatchObject({
    tokenSha256: 'a'.repeat(64),
    bandwidthBytesPerSecond: 500,
  });
  expect(code(await readGrant(session(), run.runId, stranger))).toBe('ADY_FORBIDDEN');
  expect(await hasActiveRunOn(session(), databaseId, second)).toBe(true);
});

it('adds up what the hosts tell, and takes nothing from a host that was not asked', async () => {
  await askInstances(session(), run);
  await storePlan(session(), {
    ...run,
    plan: { ...plan, files: [], archivedLogs: [], checks: [] },
    scripts: [],
  });
  await ingest(fixture.hostId, 400);
  await ingest(second, 200);
  await ingest(second, 240);
  expect(code(await ingest(stranger, 400))).toBe('ADY_FORBIDDEN');
  expect(await findRun(session(), run.runId)).toMatchObject({ progress: { bytesRead: 640, bytesNew: 320 } });
});
