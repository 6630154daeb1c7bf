// A simulated database host: the agent's own presence, doorbell worker, claim, run table and lease, and the calls of its dedup-worker.
// Only the backup between claim and commit is a script. Each host has connections of its own to Redis, as a real one has.
import { type ApiEndpoint, type DiscoveryReport } from '@adyton/contracts';
import { type HostId } from '@adyton/domain';
import {
  closeRedis,
  connectRedis,
  createProducer,
  openHostQueues,
  startWorker,
  waitForRedis,
} from '@adyton/queue';
import { systemClock, type Logger } from '@adyton/runtime';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type AgentTools } from '../../../apps/agent/src/backup/backup-run';
import { type AgentConfig } from '../../../apps/agent/src/config';
import { connectControlPlane } from '../../../apps/agent/src/control-plane';
import { showPresence } from '../../../apps/agent/src/presence/show-presence';
import { handleRequest } from '../../../apps/agent/src/runs/handle-request';
import { RunTable } from '../../../apps/agent/src/runs/run-table';
import { connectControlPlane as connectDedup } from '../../../apps/dedup-worker/src/control-plane';
import { simulateBackup, simulateCommit } from './simulated-backup';
import { identityOf } from './simulated-database';

export interface SimulatedHost {
  stop(): Promise<void>;
}

export interface HostToSimulate {
  readonly hostId: HostId;
  readonly endpoint: ApiEndpoint;
  readonly redisUrl: string;
  readonly stateDir: string;
  readonly log: Logger;
}

/** As an agent is installed. */
const PRESENCE_TTL_SECONDS = 15;
const REDIS_WAIT_MS = 30_000;
const VERSION = 'bench';

export async function startSimulatedHost(host: HostToSimulate): Promise<SimulatedHost> {
  const { hostId, redisUrl, log } = host;
  const incarnation = randomUUID();
  const redis = connectRedis(redisUrl, { onError: (err) => log.warn({ err }, 'redis.connection-failed') });
  await waitForRedis(redis, REDIS_WAIT_MS);
  const queues = openHostQueues(redis);
  const producer = createProducer(queues);
  const controlPlane = connectControlPlane(host.endpoint);
  const table = new RunTable(log);
  const tools: AgentTools = {
    // all that is read of it on this side of RMAN
    config: {
      ADYTON_STATE_DIR: host.stateDir,
      ADYTON_SBT_SOCKET: join(host.stateDir, 'no-worker.sock'),
    } as AgentConfig,
    ...{ controlPlane, clock: systemClock, log },
    ringDedupWorker: ({ runId, fence }) =>
      producer.enqueue('ingest.run', hostId, { v: 1, runId, fence }, `${runId}.${fence}.ingest`),
  };
  const agent = await startAgentWorker(host, { tools, table, incarnation });
  const dedup = await startDedupWorker(host);
  const sign = { redis, controlPlane, hostId, incarnation, version: VERSION, log };
  const presence = showPresence({ ...sign, ttlSeconds: PRESENCE_TTL_SECONDS });
  return {
    stop: async () => {
      await presence.stop();
      await Promise.all([agent.stop(), dedup.stop()]);
      await table.close();
      await queues.close();
      closeRedis(redis);
    },
  };
}

function startAgentWorker(
  { hostId, endpoint, redisUrl, log }: HostToSimulate,
  parts: { tools: AgentTools; table: RunTable; incarnation: string },
) {
  const dedup = connectDedup(endpoint);
  const bodies = {
    backup: (run: Parameters<typeof simulateBackup>[0]) => simulateBackup(run, dedup),
    external: notPlayed,
    restore: notPlayed,
  };
  return startWorker({
    ...{ redisUrl, family: 'agent' as const, hostId, log },
    handlers: {
      'backup.run': ({ requestId }) => handleRequest({ ...parts, bodies }, requestId),
      'restore.run': notPlayed,
      'run.cancel': ({ runId }) => parts.table.askNow(runId),
      'backup.plan': notPlayed,
      'instance.join': notPlayed,
      'instance.check': notPlayed,
      'run.take-over': notPlayed,
      'pieces.uncatalog': notPlayed,
      'database.discover': async ({ databaseId }) =>
        void (await parts.tools.controlPlane.reportIdentity(databaseId, identityOf(databaseId))),
      'host.discover': async ({ discoveryId }) =>
        void (await parts.tools.controlPlane.reportDiscovery(discoveryId, NOTHING_SEEN)),
    },
  });
}

function startDedupWorker({ hostId, endpoint, redisUrl, log }: HostToSimulate) {
  const dedup = connectDedup(endpoint);
  return startWorker({
    ...{ redisUrl, family: 'dedup' as const, hostId, log },
    handlers: {
      'ingest.run': async ({ runId }) => {
        const { databaseId } = await dedup.grant(runId);
        await dedup.databaseKeys(databaseId);
      },
      'recovery-point.commit': ({ runId }) => simulateCommit(dedup, runId),
    },
  });
}

/** A host that cannot look at its databases: what is registered stays as it is. */
const NOTHING_SEEN: DiscoveryReport = { tools: [], instances: [], cluster: null };

function notPlayed(): Promise<never> {
  return Promise.reject(new Error('no simulated host is asked for this'));
}
