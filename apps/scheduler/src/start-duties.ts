// The scheduler's duties and how often each is done.
import { type AgentPresence, type HostId } from '@adyton/domain';
import { listenForOutbox, relayOutboxBatch, type Ledger, type MoveLimits } from '@adyton/ledger';
import {
  createInspector,
  createProducer,
  openHostQueues,
  startOutboxRelay,
  type RedisConnection,
} from '@adyton/queue';
import { type Logger, type ShutdownStep } from '@adyton/runtime';
import { ulid } from 'ulid';
import { askPresence } from './ask-presence';
import { type SchedulerConfig } from './config';
import { pruneRecords } from './relay/prune-records';
import { requestDiscoveries } from './discovery/request-discoveries';
import { reconcileQueue } from './relay/reconcile-queue';
import { ringDeliveries } from './relay/ring-deliveries';
import { carryOutRetentionDuty } from './retention/carry-out-retention';
import { materialiseSchedules } from './schedules/materialise-schedules';
import { sweepLeases } from './sweeps/sweep-leases';
import { sweepRequests } from './sweeps/sweep-requests';
import { sweepVault } from './sweeps/sweep-vault-operations';
import { watchConditions } from './sweeps/watch-conditions';
import { startTicking, type Duty } from './tick';
import { requestMaintenance } from './vault/request-maintenance';

/** What Redis lost is looked for this often, ms. */
const RECONCILE_MS = 5_000;
/** Whether the vault is due for maintenance is asked this often, ms. */
const MAINTENANCE_MS = 10_000;
/** Silence and overdue backups are measured in minutes, ms. */
const CONDITIONS_MS = 5_000;
/** Whether hosts are due for discovery is asked this often, ms. */
const DISCOVERY_MS = 5_000;
/** What policies keep is measured in days; a person who looks sees it soon, ms. */
const RETENTION_MS = 10_000;
const PRUNE_MS = 60 * 60 * 1_000;

export interface DutyParts {
  readonly config: SchedulerConfig;
  readonly ledger: Ledger;
  readonly redis: RedisConnection;
  readonly log: Logger;
}

/** Starts everything; the steps end it in order. */
export function startDuties({ config, ledger, redis, log }: DutyParts): ShutdownStep[] {
  const queues = openHostQueues(redis);
  const inspector = createInspector(queues);
  const relay = startOutboxRelay({
    source: { relayBatch: (limit, send) => relayOutboxBatch(ledger, limit, send) },
    producer: createProducer(queues),
    log,
  });
  const wakeUps = listenForOutbox({
    url: config.ADYTON_LEDGER_URL,
    onWake: () => relay.wake(),
    onError: (error) => log.warn({ err: error }, 'outbox.listening-lost'),
  });
  const presence = { ledger, redis, presenceTtlSeconds: config.ADYTON_PRESENCE_TTL_SECONDS };
  const presenceOf = (hostId: HostId): Promise<AgentPresence> => askPresence(presence, hostId);
  const newUlid = (): string => ulid();
  const asking = { ledger, log, presenceOf, newUlid };
  const duties: [Duty, number][] = [
    [materialiseSchedules({ ...asking, claimSeconds: config.ADYTON_CLAIM_SECONDS }), config.ADYTON_TICK_MS],
    [sweepRequests({ ledger, inspector, log }), config.ADYTON_TICK_MS],
    [sweepLeases({ ledger, log, moves: moveLimitsOf(config) }), config.ADYTON_TICK_MS],
    [sweepVault({ ledger, log }), config.ADYTON_TICK_MS],
    [
      requestMaintenance({
        ledger,
        log,
        newUlid,
        everyHours: {
          verify: config.ADYTON_VERIFY_EVERY_HOURS,
          collect: config.ADYTON_COLLECT_EVERY_HOURS,
        },
        claimSeconds: config.ADYTON_CLAIM_SECONDS,
      }),
      MAINTENANCE_MS,
    ],
    [
      carryOutRetentionDuty({
        ledger,
        log,
        newUlid,
        graceHours: config.ADYTON_RETENTION_GRACE_HOURS,
        claimSeconds: config.ADYTON_CLAIM_SECONDS,
      }),
      RETENTION_MS,
    ],
    [requestDiscoveries({ ...asking, everyHours: config.ADYTON_DISCOVER_EVERY_HOURS }), DISCOVERY_MS],
    [reconcileQueue({ ledger, inspector, log, presenceOf }), RECONCILE_MS],
    [ringDeliveries({ ledger, inspector, log }), config.ADYTON_TICK_MS],
    [watchConditions({ ledger, log }), CONDITIONS_MS],
    [pruneRecords({ ledger, auditKeptDays: config.ADYTON_AUDIT_KEPT_DAYS }), PRUNE_MS],
  ];
  const ticking = duties.map(([duty, everyMs]) => startTicking(duty, everyMs, log));
  return [
    { name: 'duties', run: async () => void (await Promise.all(ticking.map((t) => t.stop()))) },
    { name: 'wake-ups', run: () => wakeUps.close() },
    { name: 'relay', run: () => relay.stop() },
    { name: 'queues', run: () => queues.close() },
  ];
}

function moveLimitsOf(config: SchedulerConfig): MoveLimits {
  return {
    takeSeconds: config.ADYTON_CLAIM_SECONDS,
    presenceSeconds: config.ADYTON_PRESENCE_TTL_SECONDS,
  };
}
