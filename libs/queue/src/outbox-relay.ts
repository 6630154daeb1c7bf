// Moves jobs from the ledger's outbox to the queues. Several relays may run; the source hands each entry to one of them at a time,
// and job ids make a repeated send harmless.
import { type JobName, type JobPayload } from '@adyton/contracts';
import { pause, type Logger } from '@adyton/runtime';
import { type Producer } from './producer';

export interface RelayEntry {
  readonly jobName: JobName;
  /** Null for the queue that the maintenance tier shares. */
  readonly hostId: string | null;
  readonly payload: unknown;
  readonly jobId: string;
}

/** The ledger's side: takes up to `limit` entries, sends each, marks what was sent. */
export interface OutboxSource {
  relayBatch(
    limit: number,
    send: (entry: RelayEntry) => Promise<void>,
  ): Promise<{ readonly sent: number; readonly failure: unknown }>;
}

export interface RelaySettings {
  readonly source: OutboxSource;
  readonly producer: Producer;
  readonly log: Logger;
}

export interface OutboxRelay {
  /** Something was written: look at once instead of at the next poll. */
  wake(): void;
  /** Finishes the batch in hand and ends. */
  stop(): Promise<void>;
}

/** One transaction's worth: short, because its rows are locked while they are sent. */
const BATCH_ENTRIES = 20;
/** Without a wake-up an entry waits this long at most. */
const POLL_MS = 1_000;

export function startOutboxRelay(settings: RelaySettings): OutboxRelay {
  const stopping = new AbortController();
  let bell = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      bell = new AbortController();
      const more = await relayOnce(settings);
      if (!more) await pause(POLL_MS, AbortSignal.any([bell.signal, stopping.signal]));
    }
  };
  const ended = loop();
  return {
    wake: () => bell.abort(),
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

/** @returns whether a full batch was sent, so that there may be more. */
async function relayOnce({ source, producer, log }: RelaySettings): Promise<boolean> {
  try {
    const { sent, failure } = await source.relayBatch(BATCH_ENTRIES, (entry) => sendEntry(producer, entry));
    if (sent > 0) log.debug({ sent }, 'outbox.relayed');
    if (failure !== null) log.warn({ err: failure }, 'outbox.relay-failed');
    return sent === BATCH_ENTRIES && failure === null;
  } catch (error) {
    log.warn({ err: error }, 'outbox.relay-failed');
    return false;
  }
}

function sendEntry(producer: Producer, entry: RelayEntry): Promise<void> {
  // the producer parses the payload against the catalog, so what is wrong here fails there
  return producer.enqueue(entry.jobName, entry.hostId, entry.payload as JobPayload<JobName>, entry.jobId);
}
