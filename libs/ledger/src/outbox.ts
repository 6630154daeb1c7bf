// Jobs to put on the queue, written in the transaction that makes them true. A relay sends them; sending twice is harmless because
// the job id is fixed here and the queue knows it.
import { AdytonError, jobCatalog, type JobName, type JobPayload, type QueueFamily } from '@adyton/contracts';
import { type HostId } from '@adyton/domain';
import { sql } from 'kysely';
import { inTransaction, type Ledger, type LedgerSession } from './ledger';
import { now, nowMinus, toJson } from './sql-values';

export interface OutboxEntry {
  readonly id: number;
  readonly family: QueueFamily;
  readonly hostId: HostId | null;
  readonly jobName: JobName;
  readonly payload: unknown;
  readonly jobId: string;
}

export interface JobToSend<N extends JobName> {
  readonly jobName: N;
  /** Null for a queue that no host owns. */
  readonly hostId: HostId | null;
  readonly payload: JobPayload<N>;
  readonly jobId: string;
}

/** LISTEN channel that wakes the relays up. */
export const OUTBOX_CHANNEL = 'adyton_outbox';

export async function addToOutbox<N extends JobName>(tx: LedgerSession, job: JobToSend<N>): Promise<void> {
  await tx
    .insertInto('outbox')
    .values({
      family: jobCatalog[job.jobName].queue,
      host_id: job.hostId,
      job_name: job.jobName,
      payload: toJson(job.payload),
      job_id: job.jobId,
      relayed_at: null,
    })
    .execute();
  await sql`SELECT pg_notify(${OUTBOX_CHANNEL}, '')`.execute(tx);
}

export interface RelayedBatch {
  readonly sent: number;
  /** What `send` threw last; what was not sent stays for the next batch. */
  readonly failure: unknown;
}

/**
 * Takes up to `limit` unsent entries that no other relay holds, sends them in order and marks what was sent.
 * A crash between sending and marking sends again under the same job id.
 */
export function relayOutboxBatch(
  ledger: Ledger,
  limit: number,
  send: (entry: OutboxEntry) => Promise<void>,
): Promise<RelayedBatch> {
  return ledger.transaction(async (tx) => {
    const entries = await takeUnsent(tx, limit);
    const sent: number[] = [];
    let failure: unknown = null;
    for (const entry of entries) {
      try {
        await send(entry);
      } catch (error) {
        failure = error;
        if (error instanceof AdytonError) break; // no queue: the others would fail alike
        continue; // an entry that cannot be sent must not hold the others up
      }
      sent.push(entry.id);
    }
    if (sent.length > 0)
      await tx.updateTable('outbox').set({ relayed_at: now }).where('id', 'in', sent).execute();
    return { sent: sent.length, failure };
  });
}

async function takeUnsent(tx: LedgerSession, limit: number): Promise<OutboxEntry[]> {
  const rows = await tx
    .selectFrom('outbox')
    .selectAll()
    .where('relayed_at', 'is', null)
    .orderBy('id')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
  return rows.map((r) => ({
    id: r.id,
    family: r.family,
    hostId: r.host_id,
    jobName: r.job_name,
    payload: r.payload,
    jobId: r.job_id,
  }));
}

/** Removes entries that were sent long ago. @returns how many. */
export function pruneOutbox(session: LedgerSession, olderThanSeconds: number): Promise<number> {
  return inTransaction(session, async (tx) => {
    const result = await tx
      .deleteFrom('outbox')
      .where('relayed_at', '<', nowMinus(olderThanSeconds))
      .executeTakeFirst();
    return Number(result.numDeletedRows);
  });
}
