// A host's end of its queue: every job of the family has exactly one handler, payloads are parsed on arrival, and what can never
// succeed is not tried again.
import {
  AdytonError,
  jobCatalog,
  jobNames,
  queueName,
  type JobHandlers,
  type JobName,
  type QueueFamily,
} from '@adyton/contracts';
import { type Logger } from '@adyton/runtime';
import { UnrecoverableError, Worker, type Job } from 'bullmq';
import { closeRedis, connectRedisForWorker, KEY_PREFIX, refuseEviction } from './redis-connection';

export interface WorkerSettings<F extends QueueFamily> {
  readonly redisUrl: string;
  readonly family: F;
  /** Null for the family whose workers share one queue. */
  readonly hostId: string | null;
  readonly handlers: JobHandlers<F>;
  readonly log: Logger;
}

export interface RunningWorker {
  /** Takes no more jobs and waits for those in hand. */
  stop(): Promise<void>;
}

/** Jobs are doorbells that hand over and return: a few at once keep a slow one from delaying others. */
const CONCURRENCY = 20;
/** A job whose worker died is given to another start of it after about this long plus the lock. */
const STALLED_CHECK_MS = 5_000;
/** Deliveries lost to dying workers before a job counts as failed. */
const STALLED_MAX = 3;

/** @throws Error naming every declared job without a handler. AdytonError when Redis may evict jobs. */
export async function startWorker<F extends QueueFamily>(
  settings: WorkerSettings<F>,
): Promise<RunningWorker> {
  const { family, hostId, log } = settings;
  const declared = jobNames.filter((name) => jobCatalog[name].queue === family);
  const handlers = settings.handlers as Readonly<Record<string, Handler | undefined>>;
  const missing = declared.filter((name) => typeof handlers[name] !== 'function');
  if (missing.length > 0) throw new Error(`no handler for ${missing.join(', ')} of queue family ${family}`);
  const redis = connectRedisForWorker(settings.redisUrl, {
    onError: (error) => log.warn({ err: error }, 'redis.connection-failed'),
  });
  try {
    await refuseEviction(redis);
  } catch (error) {
    closeRedis(redis);
    throw error;
  }
  const worker = new Worker(
    queueName(family, hostId),
    (job: Job, _token?: string, signal?: AbortSignal) => processJob(job, { family, handlers, log }, signal),
    {
      connection: redis,
      prefix: KEY_PREFIX,
      name: hostId ?? family,
      concurrency: CONCURRENCY,
      lockDuration: Math.min(...declared.map((name) => jobCatalog[name].lockSeconds)) * 1_000,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: STALLED_MAX,
    },
  );
  worker.on('error', (error) => log.warn({ err: error }, 'queue.worker-error'));
  await worker.waitUntilReady();
  return {
    stop: async () => {
      await worker.close();
      closeRedis(redis);
    },
  };
}

type Handler = (payload: unknown, signal: AbortSignal) => Promise<void>;

interface ProcessorContext {
  readonly family: QueueFamily;
  readonly handlers: Readonly<Record<string, Handler | undefined>>;
  readonly log: Logger;
}

async function processJob(
  job: Job<unknown>,
  context: ProcessorContext,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { log } = context;
  const fields = { jobName: job.name, jobId: job.id };
  try {
    await handlerOf(job, context)(parsePayload(job), signal ?? new AbortController().signal);
    log.debug(fields, 'job.completed');
  } catch (error) {
    log.error({ ...fields, err: error, attempt: job.attemptsMade + 1 }, 'job.failed');
    if (isFinal(error)) throw new UnrecoverableError(error instanceof Error ? error.message : String(error));
    throw error;
  }
}

function handlerOf(job: Job<unknown>, { family, handlers }: ProcessorContext): Handler {
  const handler = Object.hasOwn(jobCatalog, job.name) ? handlers[job.name] : undefined;
  if (handler === undefined)
    throw new UnrecoverableError(`queue family ${family} declares no job named ${job.name}`);
  return handler;
}

function parsePayload(job: Job<unknown>): unknown {
  const parsed = jobCatalog[job.name as JobName].payload.safeParse(job.data);
  if (!parsed.success)
    throw new UnrecoverableError(`payload of ${job.name} is not as declared: ${parsed.error.message}`);
  return parsed.data;
}

/** What fails the same way next time; unexpected errors are tried again. */
function isFinal(error: unknown): boolean {
  if (error instanceof UnrecoverableError) return true;
  return error instanceof AdytonError && error.spec.retry === 'never';
}
