// A database of its own with recovery points of chosen pieces and ages, for the specs of what is on its way out.
import { type RecoveryPointContents } from '@adyton/contracts';
import { type DatabaseId, type BackupPolicy, type RecoveryPointId, type RunId } from '@adyton/domain';
import { commitRecoveryPoint, submitCommit } from '../commit-run';
import { recordIdentity } from '../databases';
import { recordIngest } from '../pieces';
import { storePolicy } from '../policies';
import { carryOutRetention } from '../point-retention';
import { findRecoveryPoint } from '../recovery-points';
import { failRun } from '../run-lifecycle';
import { isRefusal, type FencedRun } from '../runs';
import { failure } from './alert-reader';
import { contents, manifestOf, nextId, runningRun, type LedgerFixture } from './ledger-fixture';

export const DAY_SECONDS = 86_400;
export const GRACE_SECONDS = 24 * 60 * 60;
const DBID = '1234567890';

export interface RetentionSite {
  readonly databaseId: DatabaseId;
  /** A run that closed these pieces; `closure` may name those of earlier ones. */
  point(
    pieces: readonly string[],
    closure?: readonly string[],
    extras?: Partial<RecoveryPointContents>,
  ): Promise<RecoveryPointId>;
  /** A run that closed these pieces and failed. */
  failedRun(pieces: readonly string[]): Promise<RunId>;
  keep(redundancy: number, policy?: Partial<BackupPolicy>): Promise<void>;
  carryOut(): Promise<void>;
  /** Lets time pass until the policy's retention has had its last word. */
  expire(): Promise<void>;
  stateOf(point: RecoveryPointId): Promise<string | undefined>;
  /** By handle, without those that are kept. */
  leavingPieces(): Promise<Record<string, string>>;
}

export async function retentionSite(fixture: LedgerFixture): Promise<RetentionSite> {
  const { session } = fixture.ledger;
  const databaseId = await fixture.newDatabase();
  await recordIdentity(session, databaseId, { dbid: DBID, dbUniqueName: databaseId.slice(0, 30) }, 'host:1');
  const runWith = async (pieces: readonly string[]): Promise<FencedRun & { runId: RunId }> => {
    const run = await runningRun(fixture, databaseId);
    const closed = pieces.map((handle) => ({
      ...{ handle, bytes: 10, bytesNew: 5, bytesStored: 4 },
      closedAt: '2026-01-01T00:05:00.000Z',
    }));
    const totals = { bytesRead: 10, bytesNew: 5, bytesStored: 4 };
    await recordIngest(session, { ...run, totals, pieces: closed });
    return run;
  };
  const carryOut = async (): Promise<void> =>
    void (await carryOutRetention(session, { graceSeconds: GRACE_SECONDS }));
  return {
    databaseId,
    point: async (pieces, closure = pieces, extras = {}) => {
      const run = await runWith(pieces);
      const drafted = contents({ closure: [...closure], archivedLogs: [], ...extras });
      expect(await submitCommit(session, { ...run, contents: drafted })).toBeNull();
      const committed = await commitRecoveryPoint(session, manifestOf(run));
      if (isRefusal(committed)) throw new Error(committed.detail);
      await fixture.moveClock(60);
      return committed.recoveryPointId;
    },
    failedRun: async (pieces) => {
      const run = await runWith(pieces);
      expect(await failRun(session, { ...run, outcome: 'failed', reason: failure })).toBeNull();
      return run.runId;
    },
    keep: (redundancy, policy = {}) =>
      storePolicy(session, {
        databaseId,
        newScheduleId: () => nextId('sch'),
        principal: 'api',
        policy: {
          ...{ enabled: true, timeZone: 'UTC', fullCron: null, incrementalCron: null, logEveryMinutes: null },
          ...{
            databaseRoles: ['primary'],
            logWhenRecoveryAreaPercent: null,
            deleteLogsAfterHours: null,
            expiryWindowMinutes: 60,
            jitterSeconds: 0,
            misfire: 'skip',
          },
          bandwidthBytesPerSecond: null,
          retention: { recoveryWindowDays: null, redundancy },
          ...policy,
        },
      }),
    carryOut,
    expire: async () => {
      await carryOut();
      await fixture.moveClock(GRACE_SECONDS + 1);
      await carryOut();
    },
    stateOf: async (point) => (await findRecoveryPoint(session, point))?.state,
    leavingPieces: async () => {
      const rows = await session
        .selectFrom('pieces')
        .select(['handle', 'release_state'])
        .where('database_id', '=', databaseId)
        .where('release_state', '<>', 'kept')
        .orderBy('handle')
        .execute();
      return Object.fromEntries(rows.map((r) => [r.handle, r.release_state]));
    },
  };
}
