// Operations on the vault and the way back of recovery points that only the bucket knows, on a real Postgres.
import { reasonOf, type ManifestContents, type VaultOperation } from '@adyton/contracts';
import {
  type DatabaseId,
  type RecoveryPointId,
  type RequestId,
  type RunId,
  type VaultOperationId,
} from '@adyton/domain';
import { adoptRecoveryPoint, type Adoption } from './adopt-recovery-point';
import { listAuditEvents } from './audit-events';
import { commitRecoveryPoint } from './commit-run';
import { findDatabase } from './databases';
import { knownHandles, recordIngest } from './pieces';
import { findRecoveryPoint, listManifestKeys, readLastLogs, readRecoveryPointFacts } from './recovery-points';
import { type Refusal } from './refusal';
import { findRun, isRefusal } from './runs';
import {
  claimedRun,
  code,
  committingRun,
  contents,
  manifestOf,
  nextId,
  useLedger,
} from './testing/ledger-fixture';
import {
  claimVaultOperation,
  createDueVaultOperation,
  createVaultOperation,
  endVaultOperation,
  findVaultOperation,
  listVaultOperations,
  recordVaultProgress,
  sweepVaultOperations,
} from './vault-operations';
import { recordVerifiedPoints } from './vault-verified';

const fixture = useLedger();

const session = () => fixture.ledger.session;
const PROGRESS = { objectsDone: 3, objectsExpected: 10, bytesRead: 4096 };

function asked(answer: VaultOperation | Refusal): VaultOperation {
  if (isRefusal(answer)) throw new Error(answer.detail);
  return answer;
}

function ask(kind: 'collect' | 'rebuild-ledger'): Promise<VaultOperation | Refusal> {
  const options = kind === 'collect' ? { kind, dryRun: false } : { kind };
  return createVaultOperation(session(), {
    id: nextId<VaultOperationId>('vop'),
    options,
    principal: 'api',
    claimSeconds: 10,
  });
}

describe('an operation on the vault', () => {
  it('is claimed once, shows how far it is, and ends once with its report', async () => {
    const { id } = asked(await ask('collect'));
    const claims = await Promise.all(
      [1, 2, 3].map(() => claimVaultOperation(session(), { id, leaseSeconds: 30 })),
    );
    expect(claims.filter((c) => !isRefusal(c))).toHaveLength(1);
    expect(await recordVaultProgress(session(), { id, progress: PROGRESS, leaseSeconds: 30 })).toBe(true);
    const report = {
      kind: 'rebuild-index',
      databases: 1,
      packs: 2,
      chunks: 3,
      damagedPacks: [],
    } as const;
    const end = { id, reason: null, report: { ...report, damagedPacks: [] }, principal: 'maintenance' };
    expect(await endVaultOperation(session(), end)).toBe(true);
    expect(await endVaultOperation(session(), { ...end, reason: reasonOf('ADY_INTERNAL', 'x') })).toBe(false);
    expect(await findVaultOperation(session(), id)).toMatchObject({
      state: 'succeeded',
      progress: PROGRESS,
      report,
    });
    expect((await listAuditEvents(session(), id)).map((e) => e.action)).toEqual([
      'vault-operation.requested',
      'vault-operation.succeeded',
    ]);
  });

  it('is refused while another of its kind is open, and named', async () => {
    const first = asked(await ask('rebuild-ledger'));
    const second = await ask('rebuild-ledger');
    expect(second).toMatchObject({ kind: 'refused', code: 'ADY_VAULT_BUSY' });
    expect((second as Refusal).detail).toContain(first.id);
    const reason = reasonOf('ADY_INTERNAL', 'x');
    await endVaultOperation(session(), { id: first.id, reason, report: null, principal: 'maintenance' });
    const third = asked(await ask('rebuild-ledger'));
    await endVaultOperation(session(), { id: third.id, reason, report: null, principal: 'maintenance' });
  });

  it('fails with its reason when no worker takes it in time', async () => {
    const { id } = asked(await ask('collect'));
    await fixture.moveClock(9);
    expect(await sweepVaultOperations(session())).toEqual([]);
    await fixture.moveClock(2);
    expect(await sweepVaultOperations(session())).toEqual([id]);
    expect(await findVaultOperation(session(), id)).toMatchObject({
      state: 'failed',
      reason: { code: 'ADY_MAINTENANCE_NOT_RUNNING' },
    });
    expect(code(await claimVaultOperation(session(), { id, leaseSeconds: 30 }))).toBe('ADY_NOT_CLAIMABLE');
  });

  it('is asked for by the clock once there is a recovery point that old and nobody asked meanwhile', async () => {
    const everySeconds = 3_600;
    const due = () =>
      createDueVaultOperation(session(), {
        id: nextId<VaultOperationId>('vop'),
        options: { kind: 'verify', level: 1 },
        principal: 'system',
        claimSeconds: 10,
        everySeconds,
      });
    expect(await due()).toBe(false);
    const run = await committingRun(fixture, await fixture.newDatabase());
    await commitRecoveryPoint(session(), manifestOf(run));
    await fixture.moveClock(everySeconds - 10);
    expect(await due()).toBe(false);
    await fixture.moveClock(10);
    expect(await due()).toBe(true);
    expect(await due()).toBe(false);
    await fixture.moveClock(11);
    expect(await sweepVaultOperations(session())).toHaveLength(1);
  });

  it('fails with its reason when its worker stops reporting, and tells that worker to stop', async () => {
    const { id } = asked(await ask('collect'));
    await claimVaultOperation(session(), { id, leaseSeconds: 30 });
    await fixture.moveClock(31);
    expect(await sweepVaultOperations(session())).toEqual([id]);
    expect(await recordVaultProgress(session(), { id, progress: PROGRESS, leaseSeconds: 30 })).toBe(false);
    const [newest] = (await listVaultOperations(session(), { limit: 1 })).items;
    expect(newest).toMatchObject({ id, state: 'failed', reason: { code: 'ADY_MAINTENANCE_LOST' } });
  });
});

describe('a recovery point that only the bucket knows', () => {
  const registration = {
    name: 'LOST',
    hostName: 'db1',
    oracleHome: '/u01/home',
    oracleSid: 'LOST',
    connectDescriptor: 'db1:1521/LOST',
    channels: 2,
  };
  const totals = { bytesRead: 100, bytesNew: 50, bytesStored: 20 };
  const lost: ManifestContents = { ...contents(), dbid: '4242', dbUniqueName: 'LOST', registration, totals };
  const pieces = [
    { handle: 'k/cf', bytes: 10 },
    { handle: 'k/log7', bytes: 90 },
  ];
  const adopt = (
    overrides: { runId?: RunId; fence?: number; contents?: ManifestContents } = {},
  ): Promise<Adoption> => {
    const runId = overrides.runId ?? nextId<RunId>('run');
    const fence = overrides.fence ?? 7_000;
    return adoptRecoveryPoint(session(), {
      manifestKey: `manifest/abc/${runId}-${fence}`,
      manifestSha256: 'c'.repeat(64),
      runId,
      fence,
      contents: overrides.contents ?? lost,
      pieces,
      principal: 'maintenance',
      ids: {
        recoveryPointId: nextId<RecoveryPointId>('rpt'),
        databaseId: nextId<DatabaseId>('dbs'),
        requestId: nextId<RequestId>('req'),
      },
    });
  };

  it('comes back with its database, run, logs and pieces, once', async () => {
    const runId = nextId<RunId>('run');
    expect(await adopt({ runId })).toEqual({ kind: 'added', registered: true });
    expect(await adopt({ runId })).toEqual({ kind: 'known' });
    const database = await findDatabase(session(), 'LOST');
    expect(database).toMatchObject({ dbid: '4242', hostId: fixture.hostId, oracleSid: 'LOST' });
    const id = database?.id as DatabaseId;
    const run = await findRun(session(), runId);
    expect(run).toMatchObject({ state: 'succeeded', fence: 7_000, databaseName: 'LOST' });
    expect(await findRecoveryPoint(session(), run?.recoveryPointId ?? '')).toMatchObject({
      totals,
      databaseId: id,
    });
    expect(await knownHandles(session(), id, ['k/cf', 'k/none'])).toEqual(['k/cf']);
    expect(await readLastLogs(session(), id)).toEqual([{ resetlogsScn: '1', thread: 1, sequence: 7 }]);
  });

  it('is still one by hand when a person wrote its script', async () => {
    const runId = nextId<RunId>('run');
    await adopt({ runId, fence: 7_500, contents: { ...lost, origin: 'external', level: 'full' } });
    expect(await findRun(session(), runId)).toMatchObject({ origin: 'external', lane: 'external' });
  });

  it('keeps later fences above its own, so that no handle is ever used twice', async () => {
    await adopt({ fence: 90_000 });
    const { fence } = await claimedRun(fixture, await fixture.newDatabase());
    expect(fence).toBeGreaterThan(90_000);
  });

  it('is left out, with what to do, when its host is not enrolled', async () => {
    const elsewhere = { ...lost, dbid: '4343', dbUniqueName: 'ELSE' };
    const answer = await adopt({
      contents: { ...elsewhere, registration: { ...registration, name: 'ELSE', hostName: 'db9' } },
    });
    expect(answer).toMatchObject({ kind: 'left-out' });
    expect((answer as { detail: string }).detail).toContain('adyton host enroll db9');
  });

  it('is left out when another database has its name', async () => {
    const answer = await adopt({ contents: { ...lost, dbid: '999', dbUniqueName: 'OTHER' } });
    expect(answer).toMatchObject({ kind: 'left-out' });
  });

  it('is left out when its run is on record as failed', async () => {
    const run = await claimedRun(fixture, await fixture.newDatabase());
    await fixture.ledger.session
      .updateTable('runs')
      .set({ state: 'failed' })
      .where('id', '=', run.runId)
      .execute();
    expect(await adopt({ runId: run.runId, fence: run.fence })).toMatchObject({ kind: 'left-out' });
  });
});

describe('a recovery point that verification found corrupt', () => {
  it('is not offered any more, its lost pieces are no base, and both come back when they are found whole', async () => {
    const databaseId = await fixture.newDatabase();
    const run = await committingRun(fixture, databaseId);
    const piece = {
      handle: 'k/lost',
      bytes: 1,
      bytesNew: 1,
      bytesStored: 1,
      closedAt: '2026-01-01T00:00:00.000Z',
    };
    await recordIngest(session(), {
      ...run,
      totals: { bytesRead: 1, bytesNew: 1, bytesStored: 1 },
      pieces: [piece],
    });
    const manifest = manifestOf(run);
    await commitRecoveryPoint(session(), manifest);
    const found = {
      corruptManifests: [manifest.manifestKey],
      lostHandles: ['k/lost'],
      principal: 'maintenance',
    };
    await recordVerifiedPoints(session(), { ...found, othersAreWhole: false });
    const pointId = manifest.recoveryPointId;
    expect(await findRecoveryPoint(session(), pointId)).toMatchObject({ state: 'corrupt' });
    expect(await readRecoveryPointFacts(session(), databaseId)).toEqual([]);
    expect(await knownHandles(session(), databaseId, ['k/lost'])).toEqual([]);
    expect(await listManifestKeys(session(), databaseId)).toEqual([manifest.manifestKey]);
    const nothing = { corruptManifests: [], lostHandles: [], principal: 'maintenance' };
    await recordVerifiedPoints(session(), { ...nothing, othersAreWhole: false });
    expect(await findRecoveryPoint(session(), pointId)).toMatchObject({ state: 'corrupt' });
    await recordVerifiedPoints(session(), { ...nothing, othersAreWhole: true });
    expect(await findRecoveryPoint(session(), pointId)).toMatchObject({ state: 'available' });
    expect(await knownHandles(session(), databaseId, ['k/lost'])).toEqual(['k/lost']);
    expect((await listAuditEvents(session(), pointId)).map((e) => e.action)).toEqual([
      'recovery-point.found-corrupt',
      'recovery-point.found-available',
    ]);
  });
});
