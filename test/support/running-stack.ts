// One whole product per spec file, in a directory of its own, ended and removed afterwards whatever happened.
import {
  callRoute,
  restRoutes,
  type ApiEndpoint,
  type BackupRequest,
  type CreateSchedule,
  type Discovery,
  type RecoveryPoint,
  type RecoveryPointDetail,
  type RestorePlan,
  type RunDetail,
  type Schedule,
} from '@adyton/contracts';
import { isTerminal, runTransitions } from '@adyton/domain';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { DATABASE_NAME, startStack, type Stack, type StackOptions } from '../../stack/src/start-stack';

export { DATABASE_NAME };

export interface RunningStack extends Stack {
  readonly directory: string;
  readonly api: ApiEndpoint;
  /** Ends every process and leaves what lies in the directory, for another stack to start from. */
  end(): Promise<void>;
  /** One SQL statement against the ledger. */
  sql<T extends object>(text: string, values?: readonly unknown[]): Promise<T[]>;
  /** Ends every session of the ledger, starts it on the same data, and connects again. */
  restartPostgres(): Promise<void>;
  /** Moves the ledger's clock; every decision about expiry and leases follows. */
  moveClock(seconds: number): Promise<void>;
}

/** Ticks at half of their default, the rest at less than that: a busy machine may hold a process up for seconds. */
export const QUICK_DURATIONS: NonNullable<StackOptions['settings']> = {
  'control-plane': { ADYTON_LEASE_SECONDS: '8', ADYTON_PRESENCE_TTL_SECONDS: '4', ADYTON_CLAIM_SECONDS: '4' },
  scheduler: { ADYTON_TICK_MS: '500', ADYTON_PRESENCE_TTL_SECONDS: '4', ADYTON_CLAIM_SECONDS: '4' },
  agent: { ADYTON_PRESENCE_TTL_SECONDS: '4' },
};

/** Small enough to be quick, large enough for several packs. */
const TEST_DATABASE_BYTES = '24M';

export async function runStack(options: Partial<StackOptions> = {}): Promise<RunningStack> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'adyton-test-'));
  const stack = await startStack({
    databaseBytes: TEST_DATABASE_BYTES,
    durable: false,
    ...options,
    directory,
  });
  const connected = async (): Promise<Client> => {
    const client = new Client({ connectionString: stack.ledgerUrl });
    client.on('error', () => undefined); // a test that takes the server away ends this session too
    await client.connect();
    return client;
  };
  let ledger = await connected();
  const sql = async <T extends object>(text: string, values: readonly unknown[] = []): Promise<T[]> =>
    (await ledger.query<T>(text, [...values])).rows;
  const end = async (): Promise<void> => {
    await ledger.end();
    await stack.stop();
  };
  return {
    ...stack,
    directory,
    api: { baseUrl: stack.url, token: readFileSync(stack.tokenFile, 'utf8').trim() },
    sql,
    restartPostgres: async () => {
      await stack.postgres.restart();
      ledger = await connected();
    },
    moveClock: async (seconds) => {
      await sql(`UPDATE adyton.clock_offset SET "offset" = "offset" + make_interval(secs => $1)`, [seconds]);
    },
    end,
    stop: async () => {
      await end();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Each question costs three processes some milliseconds; an answer that took long to come may be seen a little later. */
const POLL_MS = { first: 50, last: 300, growth: 1.1 };

/** Asks again and again until the answer satisfies; @throws with the last answer when it does not within the limit. */
export async function eventually<T>(
  ask: () => Promise<T>,
  satisfied: (answer: T) => boolean,
  limitMs = 60_000,
): Promise<T> {
  let answer = await ask();
  let waitedMs = 0;
  let pauseMs = POLL_MS.first;
  while (!satisfied(answer)) {
    if (waitedMs > limitMs)
      throw new Error(`not within ${limitMs} ms; last answer: ${JSON.stringify(answer)}`);
    await sleep(pauseMs);
    waitedMs += pauseMs;
    pauseMs = Math.min(pauseMs * POLL_MS.growth, POLL_MS.last);
    answer = await ask();
  }
  return answer;
}

/** What a run that went well looks like; of one that did not, a test that fails shows the reason. */
export const SUCCEEDED = { state: 'succeeded', reason: null } as const;

export async function getRequest(stack: RunningStack, id: string): Promise<BackupRequest> {
  return callRoute(stack.api, restRoutes.getBackupRequest, { params: { id } });
}

export async function getRun(stack: RunningStack, id: string): Promise<RunDetail> {
  return callRoute(stack.api, restRoutes.getRun, { params: { id } });
}

export async function endedRun(
  stack: RunningStack,
  request: BackupRequest,
  limitMs = 120_000,
): Promise<RunDetail> {
  const claimed = await eventually(
    () => getRequest(stack, request.id),
    (r) => r.runId !== null,
  );
  return eventually(
    () => getRun(stack, claimed.runId ?? ''),
    ({ state }) => isTerminal(runTransitions, state),
    limitMs,
  );
}

export async function backUp(
  stack: RunningStack,
  kind: 'auto' | 'full' | 'incremental' | 'archivelog' = 'auto',
): Promise<RunDetail> {
  return endedRun(
    stack,
    await callRoute(stack.api, restRoutes.createBackupRequest, { body: { database: DATABASE_NAME, kind } }),
  );
}

/** Adds a schedule, moves the clock to just after its next slot, and gives the request that was made of it. */
export async function slotComes(
  stack: RunningStack,
  schedule: Pick<Schedule, 'nextAt'>,
): Promise<BackupRequest> {
  const [{ wait } = { wait: 0 }] = await stack.sql<{ wait: number }>(
    'SELECT extract(epoch FROM $1::timestamptz - adyton.now())::float AS wait',
    [schedule.nextAt],
  );
  await stack.moveClock(wait + 0.1);
  const { items } = await eventually(
    () => callRoute(stack.api, restRoutes.listBackupRequests, {}),
    (page) => page.items.some((r) => r.scheduledAt === schedule.nextAt),
  );
  const made = items.find((r) => r.scheduledAt === schedule.nextAt);
  if (made === undefined) throw new Error('the schedule made no request');
  return made;
}

export async function addSchedule(
  stack: RunningStack,
  expiryWindowMinutes: number,
  extras: Partial<CreateSchedule> = {},
): Promise<Schedule> {
  return callRoute(stack.api, restRoutes.createSchedule, {
    params: { database: DATABASE_NAME },
    body: { kind: 'auto', cron: '0 * * * *', timeZone: 'UTC', expiryWindowMinutes, ...extras },
  });
}

export async function removeSchedule(stack: RunningStack, { id }: Pick<Schedule, 'id'>): Promise<void> {
  await callRoute(stack.api, restRoutes.deleteSchedule, { params: { id } });
}

/** A request of a schedule that is removed again at once. */
export async function scheduledRequest(
  stack: RunningStack,
  expiryWindowMinutes: number,
): Promise<BackupRequest> {
  const schedule = await addSchedule(stack, expiryWindowMinutes);
  const request = await slotComes(stack, schedule);
  await removeSchedule(stack, schedule);
  return request;
}

/** Has the agent of the host look for databases, and waits until it has. */
export async function discover(stack: RunningStack, host: string): Promise<Discovery> {
  const { id } = await callRoute(stack.api, restRoutes.discoverHost, { params: { host } });
  return eventually(
    () => callRoute(stack.api, restRoutes.getDiscovery, { params: { id } }),
    ({ state }) => state !== 'requested',
  );
}

/** What the hosts' list says of the agent. */
export async function agentShown(stack: RunningStack): Promise<string> {
  const { items } = await callRoute(stack.api, restRoutes.listHosts, {});
  return items[0]?.agent ?? 'none';
}

/** Faults of the lab's S3 server, by their names there, until healStore. */
export async function spoilStore(
  stack: RunningStack,
  faults: Readonly<Record<string, number | boolean>>,
): Promise<void> {
  const answer = await fetch(`${stack.lab.s3ControlUrl()}/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(faults),
  });
  if (!answer.ok) throw new Error(`the lab's S3 server refused the faults: ${await answer.text()}`);
}

/** Slows every request of the lab's S3 server, so that a backup is surely under way when something happens to it. */
export function slowStore(stack: RunningStack, latencyMs: number): Promise<void> {
  return spoilStore(stack, { latencyMs });
}

export async function healStore(stack: RunningStack): Promise<void> {
  await fetch(`${stack.lab.s3ControlUrl()}/faults`, { method: 'DELETE' });
}

/** Asks for a backup and waits until its bytes are on their way. */
export async function backupUnderWay(
  stack: RunningStack,
  kind: 'full' | 'auto' | 'archivelog' = 'full',
): Promise<RunDetail> {
  const request = await callRoute(stack.api, restRoutes.createBackupRequest, {
    body: { database: DATABASE_NAME, kind },
  });
  const { runId } = await eventually(
    () => getRequest(stack, request.id),
    (r) => r.runId !== null,
  );
  return eventually(
    () => getRun(stack, runId ?? ''),
    (r) => r.phase === 'transfer' && r.progress.bytesRead > 0,
  );
}

export async function recoveryPoints(stack: RunningStack): Promise<RecoveryPoint[]> {
  return (await callRoute(stack.api, restRoutes.listRecoveryPoints, {})).items;
}

/** What a run that went well has made. */
export async function pointOf(stack: RunningStack, run: RunDetail): Promise<RecoveryPointDetail> {
  return callRoute(stack.api, restRoutes.getRecoveryPoint, { params: { id: run.recoveryPointId ?? '' } });
}

/** Instance of the restores. */
export const COPY_SID = 'ORCLCOPY';

/** Where the instance of a SID has its control file, on the first host. */
export function controlFileOf({ lab }: Stack, sid: string): string {
  return join(lab.nodes[0]?.directory ?? lab.base, 'oradata', sid, 'control01.ctl');
}

/** The copy of an earlier restore is not wanted any more; as long as its control file is there, its SID is taken. */
export function giveUpCopy(stack: Stack): void {
  rmSync(controlFileOf(stack, COPY_SID), { force: true });
}

export async function planRestore(
  stack: RunningStack,
  untilScn: string | null,
  directory: string,
  oracleSid = COPY_SID,
): Promise<RestorePlan> {
  return callRoute(stack.api, restRoutes.createRestorePlan, {
    body: { database: DATABASE_NAME, untilScn, target: { directory, oracleSid } },
  });
}

export async function runRestorePlan(
  stack: RunningStack,
  { id }: Pick<RestorePlan, 'id'>,
): Promise<BackupRequest> {
  return callRoute(stack.api, restRoutes.executeRestorePlan, {
    params: { id },
    body: { confirm: DATABASE_NAME },
  });
}

export async function restore(
  stack: RunningStack,
  untilScn: string | null,
  directory: string,
): Promise<RunDetail> {
  giveUpCopy(stack);
  const plan = await planRestore(stack, untilScn, directory);
  return endedRun(stack, await runRestorePlan(stack, plan));
}

export async function changeRows(stack: RunningStack, seed: number): Promise<void> {
  await stack.lab.ctl([
    'workload',
    '--sid',
    DATABASE_NAME,
    '--transactions',
    '40',
    '--rows-per-transaction',
    '10',
    '--seed',
    String(seed),
  ]);
}

export async function markNow(stack: RunningStack): Promise<string> {
  return (await stack.lab.ctl<{ untilScn: string }>(['mark', '--sid', DATABASE_NAME])).untilScn;
}

/** SYSTEM, SYSAUX, undo and users: a comparison of fewer has not looked. */
const DATA_FILES_MIN = 4;

export async function compare(
  stack: RunningStack,
  untilScn: string,
  directory: string,
): Promise<{ dataFiles: number; identical: number }> {
  const result = await stack.lab.tryCtl(['compare', '--until-scn', untilScn, '--dir', directory]);
  return JSON.parse(result.stdout) as { dataFiles: number; identical: number };
}

/** Every data file in the directory is, byte by byte, what the database held at that SCN. */
export async function expectIdentical(
  stack: RunningStack,
  untilScn: string,
  directory: string,
): Promise<void> {
  const { dataFiles, identical } = await compare(stack, untilScn, directory);
  expect(dataFiles).toBeGreaterThanOrEqual(DATA_FILES_MIN);
  expect(identical).toBe(dataFiles);
}

/** What the database holds now comes back byte by byte, into a directory of that name below the stack's. */
export async function expectRestorable(stack: RunningStack, name: string): Promise<void> {
  const untilScn = await markNow(stack);
  expect(await backUp(stack, 'archivelog')).toMatchObject(SUCCEEDED);
  const directory = join(stack.directory, name);
  expect(await restore(stack, untilScn, directory)).toMatchObject(SUCCEEDED);
  await expectIdentical(stack, untilScn, directory);
}
