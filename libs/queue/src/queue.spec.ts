// Jobs over a real Redis: typed producing and processing, failing fast without Redis, relays that never send twice, presence.
import { AdytonError, AGENT_PROTOCOL, type JobHandlers } from '@adyton/contracts';
import { type HostId, type RequestId } from '@adyton/domain';
import { createLogger } from '@adyton/runtime';
import { Queue } from 'bullmq';
import { startRedis, type RedisServer } from '../../../test/support/redis';
import { openHostQueues, type HostQueues } from './host-queues';
import { createInspector } from './inspector';
import { startOutboxRelay, type RelayEntry } from './outbox-relay';
import { keepPresence, presenceKey, readPresence } from './presence';
import { createProducer, type Producer } from './producer';
import { closeRedis, connectRedis, waitForRedis, type RedisConnection } from './redis-connection';
import { startWorker, type RunningWorker } from './worker';

const log = createLogger({ process: 'spec', level: 'silent' });
const REQUEST = 'req_01J8Z3V9N2Q4R6T8W0Y2A4C6E8' as RequestId;
const payload = { v: 1, requestId: REQUEST } as const;

let server: RedisServer;
let redis: RedisConnection;
let queues: HostQueues;
let producer: Producer;
let hosts = 0;
const newHost = () => `hst_${(hosts += 1)}` as HostId;

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, { onError: () => undefined });
  await waitForRedis(redis, 5_000);
  queues = openHostQueues(redis);
  producer = createProducer(queues);
}, 60_000);
afterAll(async () => {
  await queues.close();
  closeRedis(redis);
  await server.stop();
});

const workers: RunningWorker[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
});

type AgentHandlers = JobHandlers<'agent'>;
const ignore = async (): Promise<void> => undefined;

/** Of an agent that does nothing. */
const IDLE: AgentHandlers = {
  'backup.run': ignore,
  'restore.run': ignore,
  'run.cancel': ignore,
  'backup.plan': ignore,
  'instance.join': ignore,
  'instance.check': ignore,
  'run.take-over': ignore,
  'host.discover': ignore,
  'database.discover': ignore,
  'pieces.uncatalog': ignore,
};

async function agentWorker(hostId: string, handlers: Partial<AgentHandlers>): Promise<RunningWorker> {
  const all = { ...IDLE, ...handlers };
  const worker = await startWorker({ redisUrl: server.url, family: 'agent', hostId, handlers: all, log });
  workers.push(worker);
  return worker;
}

describe('a job', () => {
  it('reaches the handler of its name on its own host, parsed', async () => {
    const hostId = newHost();
    const got = Promise.withResolvers<unknown>();
    await agentWorker(hostId, {
      'backup.run': async (p, signal) => got.resolve([p, signal.aborted]),
    });
    await producer.enqueue('backup.run', newHost(), payload, `${REQUEST}.1`);
    await producer.enqueue('backup.run', hostId, payload, `${REQUEST}.1`);
    expect(await got.promise).toEqual([payload, false]);
  });

  it('is sent once under one job id', async () => {
    const hostId = newHost();
    await producer.enqueue('backup.run', hostId, payload, `${REQUEST}.1`);
    await producer.enqueue('backup.run', hostId, payload, `${REQUEST}.1`);
    expect(await queues.use('agent', hostId, (queue) => queue.getWaitingCount())).toBe(1);
  });

  it('is refused when payload or job id are wrong', async () => {
    const bad = { v: 1, requestId: 'run_x' as RequestId } as const;
    await expect(producer.enqueue('backup.run', newHost(), bad, 'x.1')).rejects.toThrow(/req_<ULID>/);
    await expect(producer.enqueue('backup.run', newHost(), payload, 'a:1')).rejects.toThrow(RangeError);
  });
});

describe('a worker', () => {
  it('does not start without a handler for every declared job', async () => {
    const handlers = { 'backup.run': ignore, 'restore.run': ignore } as unknown as AgentHandlers;
    const start = startWorker({ redisUrl: server.url, family: 'agent', hostId: newHost(), handlers, log });
    await expect(start).rejects.toThrow(/database\.discover/);
  });

  it('fails a job of an unknown name and one with another payload, without trying again', async () => {
    const hostId = newHost();
    let calls = 0;
    const queue = new Queue(`agent.${hostId}`, { connection: { url: server.url }, prefix: 'adyton' });
    await queue.add('backup.explode', {}, { jobId: 'unknown.1', attempts: 3 });
    await queue.add('backup.run', { v: 2 }, { jobId: 'bad.1', attempts: 3 });
    await agentWorker(hostId, { 'backup.run': async () => void (calls += 1) });
    await untilFinished(hostId, ['unknown.1', 'bad.1']);
    const [unknown, bad] = [await queue.getJob('unknown.1'), await queue.getJob('bad.1')];
    expect(unknown).toMatchObject({
      attemptsMade: 1,
      failedReason: expect.stringMatching(/backup\.explode/),
    });
    expect(bad).toMatchObject({ attemptsMade: 1, failedReason: expect.stringMatching(/backup\.run/) });
    expect(calls).toBe(0);
    await queue.close();
  });

  it('tries again what may succeed later, and not what never will', async () => {
    const hostId = newHost();
    const calls = { later: 0, never: 0 };
    await agentWorker(hostId, {
      'database.discover': async ({ databaseId }) => {
        if (databaseId === DATABASES.later) {
          calls.later += 1;
          if (calls.later < 2) throw new AdytonError('ADY_LEDGER_UNAVAILABLE', 'down');
          return;
        }
        calls.never += 1;
        throw new AdytonError('ADY_NOT_CLAIMABLE', 'gone');
      },
    });
    await producer.enqueue('database.discover', hostId, { v: 1, databaseId: DATABASES.later }, 'later.1');
    await producer.enqueue('database.discover', hostId, { v: 1, databaseId: DATABASES.never }, 'never.1');
    await untilFinished(hostId, ['later.1', 'never.1']);
    expect(calls).toEqual({ later: 2, never: 1 });
  });

  it('refuses a Redis that may evict jobs, and so does a producer', async () => {
    const evicting = await startRedis({ maxmemoryPolicy: 'allkeys-lru' });
    const connection = connectRedis(evicting.url, { onError: () => undefined });
    await waitForRedis(connection, 5_000);
    const other = openHostQueues(connection);
    await expect(
      createProducer(other).enqueue('backup.run', newHost(), payload, 'x.1'),
    ).rejects.toMatchObject({ code: 'ADY_QUEUE_UNAVAILABLE', context: { policy: 'allkeys-lru' } });
    const start = startWorker({
      redisUrl: evicting.url,
      family: 'agent',
      hostId: newHost(),
      handlers: IDLE,
      log,
    });
    await expect(start).rejects.toMatchObject({ code: 'ADY_QUEUE_UNAVAILABLE' });
    closeRedis(connection);
    await evicting.stop();
  });
});

const DATABASES = {
  later: 'dbs_01J8Z3V9N2Q4R6T8W0Y2A4C6E8',
  never: 'dbs_01J8Z3V9N2Q4R6T8W0Y2A4C6E9',
} as Record<'later' | 'never', never>;

async function untilFinished(hostId: string, jobIds: readonly string[]): Promise<void> {
  const inspector = createInspector(queues);
  for (const jobId of jobIds)
    while ((await inspector.presenceOf('agent', hostId, jobId)) !== 'finished')
      await new Promise(setImmediate);
}

it('tells the reconciler which jobs the queue still holds, and takes back those nobody works on', async () => {
  const hostId = newHost();
  const inspector = createInspector(queues);
  expect(await inspector.presenceOf('agent', hostId, 'x.1')).toBe('absent');
  await producer.enqueue('backup.run', hostId, payload, 'x.1');
  expect(await inspector.presenceOf('agent', hostId, 'x.1')).toBe('pending');
  await inspector.removeJob('agent', hostId, 'x.1');
  expect(await inspector.presenceOf('agent', hostId, 'x.1')).toBe('absent');
  await producer.enqueue('backup.run', hostId, payload, 'x.2');
  await redis.flushall();
  expect(await inspector.presenceOf('agent', hostId, 'x.2')).toBe('absent');
});

describe('presence', () => {
  const presence = (hostId: string, ttlSeconds: number) =>
    keepPresence(redis, {
      hostId,
      incarnation: 'i1',
      version: '0.1.0',
      ttlSeconds,
      onError: () => undefined,
    });

  it('is renewed while it is kept and gone when it is stopped', async () => {
    const hostId = newHost();
    const kept = presence(hostId, 0.3);
    const seen = new Set<string>();
    while (seen.size < 4) {
      const value = await redis.get(presenceKey(hostId));
      if (value !== null) seen.add(value); // each renewal counts one up
      await new Promise(setImmediate);
    }
    expect(await readPresence(redis, hostId)).toEqual({
      kind: 'running',
      incarnation: 'i1',
      version: '0.1.0',
    });
    await kept.stop();
    expect((await readPresence(redis, hostId)).kind).not.toBe('running');
  });

  it('says that it does not know while Redis is younger than a renewal period', async () => {
    const young = await startRedis();
    const connection = connectRedis(young.url, { onError: () => undefined });
    await waitForRedis(connection, 5_000);
    expect(await readPresence(connection, 'hst_x')).toEqual({ kind: 'unknown', because: 'just-started' });
    await young.stop();
    expect(await readPresence(connection, 'hst_x')).toEqual({ kind: 'unknown', because: 'unreachable' });
    closeRedis(connection);
  });

  it('S1.10 says not running for an agent that speaks another protocol', async () => {
    const value = { incarnation: 'i', version: '9', protocol: AGENT_PROTOCOL + 1 };
    await redis.set(presenceKey('other-protocol'), JSON.stringify(value));
    expect(await readPresence(redis, 'other-protocol')).toEqual({ kind: 'not-running' });
  });

  it('says not running for an absent lease on a Redis that is old enough', async () => {
    for (;;) {
      const answer = await readPresence(redis, 'hst_absent');
      if (answer.kind === 'not-running') break;
      expect(answer).toEqual({ kind: 'unknown', because: 'just-started' });
      await new Promise((resolve) => setTimeout(resolve, 100)); // the uptime of a real Redis cannot be moved
    }
  }, 15_000);
});

it('answers within about a second without Redis, and works again when it is back', async () => {
  const own = await startRedis();
  const connection = connectRedis(own.url, { onError: () => undefined });
  const other = openHostQueues(connection);
  const mine = createProducer(other);
  await waitForRedis(connection, 5_000);
  await mine.enqueue('backup.run', newHost(), payload, 'x.1');
  await own.stop();
  const begun = performance.now();
  for (let i = 0; i < 3; i += 1)
    await expect(mine.enqueue('backup.run', newHost(), payload, 'x.1')).rejects.toMatchObject({
      code: 'ADY_QUEUE_UNAVAILABLE',
    });
  expect(performance.now() - begun).toBeLessThan(4_000);
  await own.restart();
  await waitForRedis(connection, 10_000);
  await mine.enqueue('backup.run', newHost(), payload, 'x.1');
  await other.close();
  closeRedis(connection);
  await own.stop();
}, 30_000);

it('sends nothing twice when two relays share an outbox, and starts at once when it is woken', async () => {
  const hostId = newHost();
  const waiting: RelayEntry[] = Array.from({ length: 45 }, (_, i) => ({
    jobName: 'backup.run',
    hostId,
    payload,
    jobId: `r.${i}`,
  }));
  const sent: string[] = [];
  const done = Promise.withResolvers<void>();
  const source = {
    relayBatch: async (limit: number, send: (entry: RelayEntry) => Promise<void>) => {
      const batch = waiting.splice(0, limit);
      for (const entry of batch) {
        await send(entry);
        sent.push(entry.jobId);
      }
      if (sent.length === 46) done.resolve();
      return { sent: batch.length, failure: null };
    },
  };
  const relays = [1, 2].map(() => startOutboxRelay({ source, producer, log }));
  while (sent.length < 45) await new Promise(setImmediate);
  waiting.push({ jobName: 'backup.run', hostId, payload, jobId: 'r.last' });
  const begun = performance.now();
  relays[0]?.wake();
  await done.promise;
  expect(performance.now() - begun).toBeLessThan(900); // below the poll
  await Promise.all(relays.map((r) => r.stop()));
  expect(await queues.use('agent', hostId, (queue) => queue.getWaitingCount())).toBe(46);
});
