// The other instances of a cluster in a dry run, on a real Postgres: who is asked, who may answer, and that nothing takes part in anything.
import { type InstanceVerdict } from '@adyton/contracts';
import { type DatabaseId, type DryRunId, type HostId } from '@adyton/domain';
import { sql } from 'kysely';
import { answerDryRunInstance, findDryRunInstance, listDryRunInstances } from './dry-run-instances';
import { askDryRun } from './dry-runs';
import { newCluster, newHost } from './testing/cluster-fixture';
import { code, nextId, useLedger } from './testing/ledger-fixture';

const PLACE = { libraryPath: '/opt/libobk.so', socketPath: '/run/sbt.sock', tokenFile: '/var/token' };
const eligible: InstanceVerdict = { state: 'eligible', place: PLACE, checks: [] };
const fixture = useLedger();
let second: HostId;
let stranger: HostId;
let databaseId: DatabaseId;
let id: DryRunId;
beforeAll(async () => {
  second = await newHost(session(), 'db2');
  stranger = await newHost(session(), 'db3');
});
beforeEach(async () => {
  ({ databaseId } = await newCluster(fixture, [second]));
  id = nextId<DryRunId>('dry');
});

const session = () => fixture.ledger.session;
const ask = (kind: 'auto' | 'archivelog' = 'auto') =>
  askDryRun(session(), { id, databaseId, hostId: fixture.hostId, kind });
const instance = (hostId = second) => ({ dryRunId: id, sid: 'ORCL2', hostId });

it('S4.7 asks the host of each other instance that a backup would ask, and lists what it says', async () => {
  await ask();
  const { rows } = await sql<{ host_id: string }>`
    SELECT host_id FROM adyton.outbox WHERE job_name = 'instance.check' AND payload->>'dryRunId' = ${id}`.execute(
    session(),
  );
  expect(rows).toEqual([{ host_id: second }]);
  expect(await listDryRunInstances(session(), id)).toMatchObject([
    { sid: 'ORCL2', hostName: 'db2', connectDescriptor: 'orcl2:1521/orcl', state: 'asked', place: null },
  ]);
  expect(await findDryRunInstance(session(), instance())).toMatchObject({
    databaseId,
    oracleHome: '/u02/home',
  });
  await answerDryRunInstance(session(), { ...instance(), verdict: eligible });
  expect(await listDryRunInstances(session(), id)).toMatchObject([{ state: 'eligible', place: PLACE }]);
});

it('asks nobody for a backup of archived logs, which works on its own instance', async () => {
  await ask('archivelog');
  expect(await listDryRunInstances(session(), id)).toEqual([]);
});

it('hears only the host that was asked, once', async () => {
  await ask();
  expect(code(await findDryRunInstance(session(), instance(stranger)))).toBe('ADY_FORBIDDEN');
  await answerDryRunInstance(session(), { ...instance(stranger), verdict: eligible });
  expect(await listDryRunInstances(session(), id)).toMatchObject([{ state: 'asked' }]);
  await answerDryRunInstance(session(), { ...instance(), verdict: { state: 'ineligible', checks: [] } });
  await answerDryRunInstance(session(), { ...instance(), verdict: eligible });
  expect(await listDryRunInstances(session(), id)).toMatchObject([{ state: 'ineligible', place: null }]);
});

it('goes with its dry run', async () => {
  await ask();
  await fixture.moveClock(25 * 60 * 60);
  id = nextId<DryRunId>('dry');
  await ask('archivelog');
  const { rows } = await sql`SELECT 1 FROM adyton.dry_run_instances`.execute(session());
  expect(rows).toEqual([]);
});
