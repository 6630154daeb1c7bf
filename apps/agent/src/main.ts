// The agent of a database host: presence, backup and restore runs, discovery. It prints one JSON line when it is ready.
import { type JobHandlers } from '@adyton/contracts';
import {
  closeRedis,
  connectRedis,
  createProducer,
  openHostQueues,
  startWorker,
  waitForRedis,
} from '@adyton/queue';
import {
  createLogger,
  loadConfig,
  runProcess,
  shutDown,
  systemClock,
  untilAskedToEnd,
} from '@adyton/runtime';
import { ulid } from 'ulid';
import { answerDryRun } from './backup/answer-dry-run';
import { type AgentTools } from './backup/backup-run';
import { runBackup } from './backup/run-backup';
import { runExternal } from './external/run-external';
import { settings } from './config';
import { connectControlPlane } from './control-plane';
import { answerDiscovery } from './discovery/answer-discovery';
import { discoverDatabase } from './discovery/discover-database';
import { watchRecoveryAreas } from './discovery/watch-recovery-areas';
import { answerInstanceCheck } from './instances/answer-instance-check';
import { PartsTaken } from './instances/parts-taken';
import { showPresence } from './presence/show-presence';
import { runRestore } from './restore/run-restore';
import { uncatalogPieces } from './retention/uncatalog-pieces';
import { removeStaleRunFiles } from './rman/token-file';
import { handleRequest, takeOverRun, type RequestParts } from './runs/handle-request';
import { RunTable } from './runs/run-table';

const VERSION = '0.1.0';
const REDIS_WAIT_MS = 10_000;

async function main(): Promise<void> {
  const config = loadConfig(settings, process.env);
  const log = createLogger({ process: 'agent', level: config.ADYTON_LOG_LEVEL });
  const incarnation = ulid();
  const hostId = config.ADYTON_HOST_ID;
  await removeStaleRunFiles(config.ADYTON_STATE_DIR);
  const controlPlane = connectControlPlane({
    baseUrl: config.ADYTON_CONTROL_PLANE_URL,
    token: config.ADYTON_HOST_TOKEN,
  });
  const redis = connectRedis(config.ADYTON_REDIS_URL, {
    onError: (error) => log.warn({ err: error }, 'redis.connection-failed'),
  });
  await waitForRedis(redis, REDIS_WAIT_MS);
  const queues = openHostQueues(redis);
  const producer = createProducer(queues);
  const tools: AgentTools = {
    config,
    controlPlane,
    clock: systemClock,
    log,
    ringDedupWorker: ({ runId, fence }, occasion) =>
      producer.enqueue('ingest.run', hostId, { v: 1, runId, fence }, `${runId}.${fence}.${occasion}`),
  };
  const table = new RunTable(log);
  const parts = new PartsTaken(tools);
  const bodies = { backup: runBackup, external: runExternal, restore: runRestore };
  const request = { tools, bodies, table, incarnation };
  const worker = await startWorker({
    redisUrl: config.ADYTON_REDIS_URL,
    family: 'agent',
    hostId,
    handlers: handlersOf(request, parts),
    log,
  });
  const sign = { redis, controlPlane, hostId, incarnation, version: VERSION, log };
  const presence = showPresence({ ...sign, ttlSeconds: config.ADYTON_PRESENCE_TTL_SECONDS });
  const recoveryAreas = watchRecoveryAreas(tools);
  process.stdout.write(`${JSON.stringify({ event: 'agent.ready', hostId })}\n`);
  await untilAskedToEnd();
  await shutDown(
    [
      { name: 'presence', run: () => presence.stop() },
      { name: 'recovery-areas', run: () => recoveryAreas.stop() },
      { name: 'queue', run: () => worker.stop() },
      { name: 'runs', run: () => table.close() },
      { name: 'instances', run: () => parts.close() },
      { name: 'queues', run: () => queues.close() },
      { name: 'redis', run: async () => closeRedis(redis) },
    ],
    log,
  );
}

/** Doorbells: each names what is to be done, and the ledger says what that is. */
function handlersOf(request: RequestParts, parts: PartsTaken): JobHandlers<'agent'> {
  const { tools, table } = request;
  return {
    'backup.run': ({ requestId }) => handleRequest(request, requestId),
    'restore.run': ({ requestId }) => handleRequest(request, requestId),
    'run.take-over': (run) => takeOverRun(request, run),
    'instance.join': async (part) => parts.start(part),
    'instance.check': (instance) => answerInstanceCheck(tools, instance),
    'run.cancel': ({ runId }) => table.askNow(runId),
    'backup.plan': ({ dryRunId }) => answerDryRun(tools, dryRunId),
    'host.discover': ({ discoveryId }) => answerDiscovery(tools, discoveryId),
    'pieces.uncatalog': ({ databaseId }) => uncatalogPieces(tools, databaseId),
    'database.discover': ({ databaseId }) => discoverDatabase(tools, databaseId),
  };
}

runProcess(main);
