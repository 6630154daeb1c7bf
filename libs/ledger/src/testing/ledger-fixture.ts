// A migrated ledger on a private Postgres with one host and one database, and short words for what the specs do again and again.
import { type RecoveryPointContents } from '@adyton/contracts';
import {
  type DatabaseId,
  type HostId,
  type RecoveryPointId,
  type RequestId,
  type RunId,
  type Scn,
} from '@adyton/domain';
import { sql } from 'kysely';
import { startTestPostgres } from '../../../../test/support/postgres';
import { claimRequest, type ClaimedRequest } from '../claim-request';
import { createRequest, type NewRequest, type RequestCreation } from '../create-request';
import { registerDatabase } from '../databases';
import { enrolHost } from '../hosts';
import { openLedger, type Ledger } from '../ledger';
import { migrateLedger } from '../migrate-ledger';
import { type Refusal } from '../refusal';
import { isRefusal, type FencedRun } from '../runs';
import { storePlan } from '../run-lifecycle';
import { submitCommit } from '../commit-run';

const ULID_CHARS = 26;
let counter = 0;
/** Ids that sort in the order they were made, as real ones do. */
export function nextId<T extends string>(prefix: string): T {
  counter += 1;
  return `${prefix}_${String(counter).padStart(ULID_CHARS, '0')}` as T;
}

export interface LedgerFixture {
  readonly url: string;
  readonly ledger: Ledger;
  readonly hostId: HostId;
  readonly databaseId: DatabaseId;
  moveClock(seconds: number): Promise<void>;
  /** Another database on the same host. */
  newDatabase(): Promise<DatabaseId>;
  close(): Promise<void>;
}

/** A ledger for the tests of a file, there before the first of them and closed after the last. */
export function useLedger(): LedgerFixture {
  const fixture = {} as LedgerFixture;
  beforeAll(async () => {
    Object.assign(fixture, await openLedgerFixture());
  });
  afterAll(() => fixture.close());
  return fixture;
}

async function openLedgerFixture(): Promise<LedgerFixture> {
  const postgres = await startTestPostgres();
  const ledger = openLedger({ url: postgres.url, connectionsMax: 20 });
  await migrateLedger(ledger);
  const hostId = nextId<HostId>('hst');
  await enrolHost(ledger.session, { id: hostId, name: 'db1', tokenSha256: 'hash', principal: 'api' });
  const newDatabase = async (): Promise<DatabaseId> => {
    const id = nextId<DatabaseId>('dbs');
    const registered = await registerDatabase(ledger.session, {
      id,
      name: `DB${counter}`,
      hostId,
      oracleHome: '/u01/home',
      oracleSid: 'ORCL',
      connectDescriptor: 'db1:1521/ORCL',
      channels: 2,
      principal: 'api',
    });
    expect(isRefusal(registered)).toBe(false);
    return id;
  };
  return {
    url: postgres.url,
    ledger,
    hostId,
    databaseId: await newDatabase(),
    newDatabase,
    moveClock: async (seconds) => {
      await sql`UPDATE adyton.clock_offset SET "offset" = "offset" + make_interval(secs => ${seconds})`.execute(
        ledger.session,
      );
    },
    close: async () => {
      await ledger.close();
      await postgres.stop();
    },
  };
}

export function manualRequest(databaseId: DatabaseId, extras: Partial<NewRequest> = {}): NewRequest {
  return {
    id: nextId<RequestId>('req'),
    databaseId,
    operation: 'backup',
    trigger: 'manual',
    kind: 'auto',
    lane: 'data',
    principal: 'api',
    presence: 'running',
    claimSeconds: 10,
    ...extras,
  };
}

export async function admitted(ledger: Ledger, request: NewRequest): Promise<RequestId> {
  const creation = await createRequest(ledger.session, request);
  expect(creation.kind).toBe('admitted');
  return request.id;
}

export function code(answer: RequestCreation | ClaimedRequest | Refusal | object | null): string | null {
  return answer !== null && isRefusal(answer) ? answer.code : null;
}

export function claim(
  fixture: Pick<LedgerFixture, 'ledger' | 'hostId'>,
  requestId: RequestId,
): Promise<ClaimedRequest | Refusal> {
  return claimRequest(fixture.ledger.session, {
    requestId,
    hostId: fixture.hostId,
    incarnation: 'first',
    runId: nextId<RunId>('run'),
    sbtTokenSha256: 'a'.repeat(64),
    leaseSeconds: 30,
  });
}

/** A run in planning, and the key to change it. */
export async function claimedRun(
  fixture: LedgerFixture,
  databaseId: DatabaseId,
  extras: Partial<NewRequest> = {},
): Promise<FencedRun & { runId: RunId; requestId: RequestId }> {
  const requestId = await admitted(fixture.ledger, manualRequest(databaseId, extras));
  const claimed = await claim(fixture, requestId);
  if (isRefusal(claimed)) throw new Error(claimed.detail);
  return { runId: claimed.runId, hostId: fixture.hostId, fence: claimed.fence, requestId };
}

export const plan = {
  level: 'level0',
  levelReason: 'first-backup',
  files: [],
  archivedLogs: [],
  bytesExpected: 1000,
  checks: [],
} as const;

export async function runningRun(fixture: LedgerFixture, databaseId: DatabaseId) {
  const run = await claimedRun(fixture, databaseId);
  const scripts = [{ step: 'data' as const, text: 'BACKUP DATABASE;' }];
  const stored = await storePlan(fixture.ledger.session, {
    ...run,
    plan: { ...plan, files: [], archivedLogs: [], checks: [] },
    scripts,
  });
  expect(stored).toBeNull();
  return run;
}

export function contents(extras: Partial<RecoveryPointContents> = {}): RecoveryPointContents {
  const scn = (text: string) => text as Scn;
  return {
    dbid: '1234567890',
    dbName: 'ORCL',
    dbUniqueName: 'ORCL',
    version: '19.0.0',
    platform: 'Linux x86 64-bit',
    resetlogsScn: scn('1'),
    level: 'level0',
    tag: 'ADY_L0_TEST',
    startedAt: '2026-01-01T00:00:00.000Z',
    completedAt: '2026-01-01T00:10:00.000Z',
    // larger than a JavaScript number can hold exactly
    consistentScn: scn('18446744073709551610'),
    redoFromScn: scn('18446744073709551600'),
    dataFiles: [],
    leftOut: [],
    archivedLogs: [
      {
        thread: 1,
        sequence: 7,
        resetlogsScn: scn('1'),
        firstScn: scn('18446744073709551600'),
        nextScn: scn('18446744073709551612'),
        handle: 'k/log7',
      },
    ],
    controlFileHandle: 'k/cf',
    spfileHandle: null,
    closure: ['k/cf', 'k/log7'],
    ...extras,
  };
}

export async function committingRun(fixture: LedgerFixture, databaseId: DatabaseId) {
  const run = await runningRun(fixture, databaseId);
  expect(await submitCommit(fixture.ledger.session, { ...run, contents: contents() })).toBeNull();
  return run;
}

export function manifestOf(run: FencedRun) {
  return {
    ...run,
    recoveryPointId: nextId<RecoveryPointId>('rpt'),
    manifestKey: `manifest/${run.runId}-${run.fence}`,
    manifestSha256: 'b'.repeat(64),
    totals: { bytesRead: 10, bytesNew: 5, bytesStored: 4 },
  };
}
