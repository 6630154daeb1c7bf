// What is on record of things that happened, on a real Postgres: how long it stays, and what it stays with.
import { type DatabaseId, type VaultOperationId } from '@adyton/domain';
import { sql } from 'kysely';
import { listAuditEvents, recordAudit } from './audit-events';
import { keptSeconds } from './keep-times';
import { pruneAuditEvents, pruneDiscoveryEvents, pruneVaultOperations } from './prune-events';
import { pruneRequests } from './prune-requests';
import { failRun } from './run-lifecycle';
import { failure } from './testing/alert-reader';
import { nextId, useLedger, runningRun } from './testing/ledger-fixture';
import { retentionSite } from './testing/retention-fixture';
import { createVaultOperation, findVaultOperation, sweepVaultOperations } from './vault-operations';

const fixture = useLedger();

const session = () => fixture.ledger.session;
const AUDIT_SECONDS = keptSeconds('audit_events');
const VAULT_SECONDS = keptSeconds('vault_operations');
const DISCOVERY_SECONDS = keptSeconds('discovery_events');

const actionsOn = async (id: string): Promise<string[]> =>
  (await listAuditEvents(session(), id)).map(({ action }) => action);

async function failedRun(databaseId: DatabaseId) {
  const run = await runningRun(fixture, databaseId);
  await failRun(session(), { ...run, outcome: 'failed', reason: failure });
  return run;
}

describe('an audit event', () => {
  it('goes when its time is over, not a moment before', async () => {
    await recordAudit(session(), [{ principal: 'api', action: 'policy.changed', subjectId: 'dbs_gone' }]);
    await fixture.moveClock(AUDIT_SECONDS - 60);
    await pruneAuditEvents(session(), AUDIT_SECONDS);
    expect(await actionsOn('dbs_gone')).toEqual(['policy.changed']);
    await fixture.moveClock(120);
    await pruneAuditEvents(session(), AUDIT_SECONDS);
    expect(await actionsOn('dbs_gone')).toEqual([]);
  });

  it('stays as long as the request, the run or the recovery point that it is about', async () => {
    const site = await retentionSite(fixture);
    const point = await site.point(['base']);
    await recordAudit(session(), [{ principal: 'api', action: 'recovery-point.held', subjectId: point }]);
    const { runId, requestId } = await failedRun(site.databaseId);
    await failedRun(site.databaseId);
    await fixture.moveClock(2 * AUDIT_SECONDS);
    await pruneAuditEvents(session(), AUDIT_SECONDS);
    expect(await actionsOn(point)).toContain('recovery-point.held');
    expect(await actionsOn(runId)).toEqual(['run.failed']);
    expect(await actionsOn(requestId)).not.toEqual([]);
    await pruneRequests(session(), AUDIT_SECONDS);
    await pruneAuditEvents(session(), AUDIT_SECONDS);
    expect(await actionsOn(runId)).toEqual([]);
    expect(await actionsOn(requestId)).toEqual([]);
    expect(await actionsOn(point)).toContain('recovery-point.held');
  });
});

it('an operation on the vault goes when its time is over, unless it is the newest of its kind', async () => {
  const failedOperation = async (kind: 'collect' | 'rebuild-ledger'): Promise<VaultOperationId> => {
    const id = nextId<VaultOperationId>('vop');
    const options = kind === 'collect' ? { kind, dryRun: false } : { kind };
    await createVaultOperation(session(), { id, options, principal: 'api', claimSeconds: 10 });
    await fixture.moveClock(11);
    await sweepVaultOperations(session());
    return id;
  };
  const older = await failedOperation('collect');
  const newest = await failedOperation('collect');
  const other = await failedOperation('rebuild-ledger');
  const kept = async () =>
    Promise.all(
      [older, newest, other].map(async (id) => (await findVaultOperation(session(), id)) !== undefined),
    );
  await fixture.moveClock(VAULT_SECONDS - 60);
  await pruneVaultOperations(session(), VAULT_SECONDS);
  expect(await kept()).toEqual([true, true, true]);
  await fixture.moveClock(120);
  await pruneVaultOperations(session(), VAULT_SECONDS);
  expect(await kept()).toEqual([false, true, true]);
});

it('what a discovery found changed goes when its time is over', async () => {
  const { hostId } = fixture;
  await sql`INSERT INTO adyton.found_databases
    (id, dbid, db_name, db_unique_name, resetlogs_scn, state, duplicate, place_host_id, place_sid, place_oracle_home)
    VALUES ('fdb_1', '1', 'ORCL', 'ORCL', '1', 'present', false, ${hostId}, 'ORCL', '/u01/home')`.execute(
    session(),
  );
  await sql`INSERT INTO adyton.discovery_events (discovery_id, host_id, kind, found_database_id, db_unique_name, detail)
    VALUES ('dsc_1', ${hostId}, 'found', 'fdb_1', 'ORCL', 'on host db1')`.execute(session());
  const prune = () => pruneDiscoveryEvents(session(), DISCOVERY_SECONDS);
  await fixture.moveClock(DISCOVERY_SECONDS - 60);
  expect(await prune()).toBe(0);
  await fixture.moveClock(120);
  expect(await prune()).toBe(1);
});
