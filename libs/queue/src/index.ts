// Jobs over Redis and BullMQ: connections, typed producing and processing, presence, the outbox relay, and looking into the queue.
export {
  closeRedis,
  connectRedis,
  pingRedis,
  readEvictionPolicy,
  refuseEviction,
  waitForRedis,
  type RedisConnection,
  type RedisEvents,
} from './redis-connection';
export { openHostQueues, type HostQueues } from './host-queues';
export { createProducer, type Producer } from './producer';
export { createInspector, type JobPresence, type QueueInspector } from './inspector';
export { startWorker, type RunningWorker, type WorkerSettings } from './worker';
export {
  keepPresence,
  presenceKey,
  readPresence,
  type KeptPresence,
  type PresenceAnswer,
  type PresenceToKeep,
} from './presence';
export {
  startOutboxRelay,
  type OutboxRelay,
  type OutboxSource,
  type RelayEntry,
  type RelaySettings,
} from './outbox-relay';
