// A control-plane as main wires it, on a private Postgres, Redis and directory store, with words for what the specs do again and again.
import {
  agentRoutes,
  callRoute,
  restRoutes,
  type ApiEndpoint,
  type ClaimedRun,
  type Database,
  type EnrolledHost,
  type RecoveryPointContents,
} from '@adyton/contracts';
import { migrateLedger } from '@adyton/ledger';
import { createLogger, loadConfig } from '@adyton/runtime';
import { presenceKey } from '@adyton/queue';
import { configuredStore, createKeyFile, prepareVault } from '@adyton/vault-access';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startTestPostgres } from '../../../../test/support/postgres';
import { startRedis, type RedisServer } from '../../../../test/support/redis';
import { settings } from '../config';
import { startNotifyWorker } from '../notifications/start-notify-worker';
import { startServer } from '../start-server';
import { openParts, type OpenedParts } from '../wiring/open-parts';
import { startRelay } from '../wiring/start-relay';

export const API_TOKEN = 'spec-token-of-the-api';

export interface TestServer {
  readonly url: string;
  readonly api: ApiEndpoint;
  readonly parts: OpenedParts;
  readonly redis: RedisServer;
  sql<T extends object>(text: string, values?: readonly unknown[]): Promise<T[]>;
  moveClock(seconds: number): Promise<void>;
  /** As a client that is not ours would: path, method, headers and body as given. */
  send(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export async function startTestServer(): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'adyton-control-plane-'));
  const [postgres, redis] = await Promise.all([startTestPostgres(), startRedis()]);
  const keyFile = join(directory, 'vault.key');
  await createKeyFile(keyFile, randomBytes(32));
  const config = loadConfig(settings, {
    ADYTON_LOG_LEVEL: 'silent',
    ADYTON_HTTP_PORT: '0',
    ADYTON_LEDGER_URL: postgres.url,
    ADYTON_REDIS_URL: redis.url,
    ADYTON_STORE_KIND: 'filesystem',
    ADYTON_STORE_DIRECTORY: join(directory, 'store'),
    ADYTON_VAULT_KEY_FILE: keyFile,
    ADYTON_API_TOKEN: API_TOKEN,
    ADYTON_NOTIFY_ALLOWED_NETWORKS: '127.0.0.0/8',
  });
  const parts = await openParts(config, createLogger({ process: 'spec', level: 'silent' }));
  await migrateLedger(parts.ledger);
  await prepareVault(config, configuredStore(config), new Date(0));
  const relay = startRelay(parts);
  const notifyWorker = startNotifyWorker(parts);
  const server = await startServer(parts);
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  const sql = async <T extends object>(text: string, values: readonly unknown[] = []): Promise<T[]> =>
    (await client.query<T>(text, [...values])).rows;
  return {
    url: server.url,
    api: { baseUrl: server.url, token: API_TOKEN },
    parts,
    redis,
    sql,
    moveClock: async (seconds) => {
      await sql('UPDATE adyton.clock_offset SET "offset" = "offset" + make_interval(secs => $1)', [seconds]);
    },
    send: (path, init = {}) =>
      fetch(new URL(path, server.url), {
        ...init,
        headers: { authorization: `Bearer ${API_TOKEN}`, ...(init.headers as Record<string, string>) },
      }),
    close: async () => {
      await server.close();
      await notifyWorker.stop();
      await relay.stop();
      for (const step of parts.closing) await step.run();
      await client.end();
      await Promise.all([postgres.stop(), redis.stop()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

let names = 0;
/** A host and a database of its own, so that tests do not get into each other's way. */
export async function newSite(
  server: TestServer,
): Promise<{ host: EnrolledHost; hostApi: ApiEndpoint; database: Database }> {
  names += 1;
  const host = await callRoute(server.api, restRoutes.enrollHost, { body: { name: `host${names}` } });
  const database = await callRoute(server.api, restRoutes.registerDatabase, {
    body: {
      name: `DB${names}`,
      hostId: host.id,
      oracleHome: '/u01/home',
      oracleSid: 'ORCL',
      connectDescriptor: 'db1:1521/ORCL',
    },
  });
  return { host, hostApi: { baseUrl: server.url, token: host.token }, database };
}

/** What a running agent keeps in Redis. */
export async function markRunning(server: TestServer, host: EnrolledHost): Promise<void> {
  await server.parts.redis.set(presenceKey(host.id), JSON.stringify({ incarnation: 'i1' }), 'PX', 600_000);
}

export async function claimedBackup(
  server: TestServer,
): Promise<{ run: ClaimedRun; hostApi: ApiEndpoint; host: EnrolledHost; database: Database }> {
  const site = await newSite(server);
  await markRunning(server, site.host);
  const request = await callRoute(server.api, restRoutes.createBackupRequest, {
    body: { database: site.database.name },
  });
  const run = await callRoute(site.hostApi, agentRoutes.claimRequest, {
    params: { id: request.id },
    body: { incarnation: 'i1' },
  });
  return { ...site, run };
}

const scn = (text: string) => text as RecoveryPointContents['resetlogsScn'];
const runPlan = {
  level: 'level0' as const,
  levelReason: 'first-backup',
  files: [],
  archivedLogs: [],
  bytesExpected: 1_000,
  checks: [],
};
const pointContents: RecoveryPointContents = {
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
  consistentScn: scn('1000'),
  redoFromScn: scn('990'),
  dataFiles: [
    {
      file: 1,
      name: '/u02/system01.dbf',
      tablespace: 'SYSTEM',
      bytes: 8_192,
      blockBytes: 8_192,
      level: 0,
      checkpointScn: scn('990'),
      absoluteFuzzyScn: scn('0'),
      incrementalScn: scn('0'),
      handles: ['k/df1'],
      baseHandles: [],
    },
  ],
  leftOut: [],
  archivedLogs: [
    {
      thread: 1,
      sequence: 7,
      resetlogsScn: scn('1'),
      firstScn: scn('980'),
      nextScn: scn('1010'),
      handle: 'k/log7',
    },
  ],
  controlFileHandle: 'k/cf',
  spfileHandle: null,
  closure: ['k/df1', 'k/cf', 'k/log7'],
};

/** Takes a claimed backup all the way to its recovery point. */
export async function completeBackup(hostApi: ApiEndpoint, run: ClaimedRun): Promise<string> {
  const { fence } = run;
  const params = { id: run.runId };
  await callRoute(hostApi, agentRoutes.storePlan, {
    params,
    body: { fence, plan: runPlan, scripts: [{ step: 'data', text: 'BACKUP DATABASE;' }] },
  });
  const pieces = pointContents.closure.map((handle) => ({
    handle,
    bytes: 100,
    bytesNew: 50,
    bytesStored: 40,
    closedAt: '2026-01-01T00:05:00.000Z',
  }));
  const totals = { bytesRead: 300, bytesNew: 150, bytesStored: 120 };
  await callRoute(hostApi, agentRoutes.reportIngest, { params, body: { fence, totals, pieces } });
  await callRoute(hostApi, agentRoutes.submitCommit, { params, body: { fence, contents: pointContents } });
  const committed = await callRoute(hostApi, agentRoutes.reportCommitted, {
    params,
    body: { fence, manifestKey: `manifest/${run.runId}`, manifestSha256: 'c'.repeat(64), totals },
  });
  return committed.recoveryPointId;
}
