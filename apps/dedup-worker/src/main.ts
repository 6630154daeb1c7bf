// The dedup-worker of a database host (ingest role): takes backup pieces from libobk.so over a Unix socket, stores them in the vault,
// and serves them back on restore. It prints one JSON line when it is ready.
import { startWorker } from '@adyton/queue';
import {
  createLogger,
  loadConfig,
  runProcess,
  shutDown,
  systemClock,
  untilAskedToEnd,
} from '@adyton/runtime';
import { serveSbt } from '@adyton/sbt';
import { IngestBuffers, RestoreBuffers, threadCompute } from '@adyton/vault';
import { configuredStore } from '@adyton/vault-access';
import { join } from 'node:path';
import { collectEarly } from './collect-early';
import { settings } from './config';
import { connectControlPlane } from './control-plane';
import { authoriseSession } from './ingest/authorise-session';
import { commitRecoveryPoint } from './ingest/commit-recovery-point';
import { DatabaseKeyRing } from './ingest/database-key-ring';
import { DatabaseLines } from './ingest/database-lines';
import { storeProber } from './ingest/probe-store';
import { RunSessions } from './ingest/run-sessions';

/** Copies of index segments: lost, they are fetched again. */
const INDEX_CACHE = 'index-cache';

async function main(): Promise<void> {
  collectEarly();
  const config = loadConfig(settings, process.env);
  const log = createLogger({ process: 'dedup-worker', level: config.ADYTON_LOG_LEVEL });
  const store = await configuredStore(config)();
  log.info({ store: store.name }, 'store.opened');
  const controlPlane = connectControlPlane({
    baseUrl: config.ADYTON_CONTROL_PLANE_URL,
    token: config.ADYTON_HOST_TOKEN,
  });
  const keyRing = new DatabaseKeyRing(controlPlane, config.ADYTON_STATE_DIR);
  const compute = threadCompute({ threads: config.ADYTON_COMPUTE_THREADS });
  const sessions = new RunSessions({
    store,
    lines: new DatabaseLines(store),
    controlPlane,
    keyRing,
    compute,
    buffers: new IngestBuffers(),
    restoreBuffers: new RestoreBuffers(),
    indexCacheDirectory: config.ADYTON_CACHE_DIR ?? join(config.ADYTON_STATE_DIR, INDEX_CACHE),
    closeLimits: {
      deadlineSeconds: config.ADYTON_CLOSE_DEADLINE_SECONDS,
      stallSeconds: config.ADYTON_UPLOAD_STALL_SECONDS,
    },
    clock: systemClock,
    log,
  });
  const answerLimit = { seconds: config.ADYTON_ANSWER_SECONDS, storeName: store.name };
  const sbt = await serveSbt({
    socketPath: config.ADYTON_SBT_SOCKET,
    authorise: (hello) => authoriseSession(sessions, hello, answerLimit),
    fence: (token) => sessions.fence(token),
    probe: storeProber(store, systemClock),
    log: (event, fields) => log.info(fields, event),
  });
  const worker = await startWorker({
    redisUrl: config.ADYTON_REDIS_URL,
    family: 'dedup',
    hostId: config.ADYTON_HOST_ID,
    handlers: {
      'ingest.run': async ({ runId }) => void (await sessions.ensure(runId)),
      'recovery-point.commit': ({ runId }) => commitRecoveryPoint({ sessions, controlPlane, log }, runId),
    },
    log,
  });
  process.stdout.write(
    `${JSON.stringify({ event: 'dedup-worker.ready', socket: config.ADYTON_SBT_SOCKET })}\n`,
  );
  await untilAskedToEnd();
  await shutDown(
    [
      { name: 'queue', run: () => worker.stop() },
      { name: 'sbt', run: () => sbt.close() },
      { name: 'sessions', run: () => sessions.close() },
      { name: 'compute', run: () => compute.close() },
    ],
    log,
  );
}

runProcess(main);
