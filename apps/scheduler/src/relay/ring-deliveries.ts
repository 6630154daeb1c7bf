// Rings for notifications whose next attempt has come: the later attempts of those that were not taken, and the first of one whose job Redis lost.
import { findDueDeliveries, ringDelivery, type DueDelivery, type Ledger } from '@adyton/ledger';
import { type DeliveryId } from '@adyton/domain';
import { type QueueInspector } from '@adyton/queue';
import { type Logger } from '@adyton/runtime';
import { type Duty } from '../tick';

/** A delivery is asked about when its last job is older than this, seconds. */
const JOB_SECONDS = 5;

export interface RingParts {
  readonly ledger: Ledger;
  readonly inspector: QueueInspector;
  readonly log: Logger;
}

export function ringDeliveries(parts: RingParts): Duty {
  return { name: 'ring-deliveries', run: () => ringAll(parts) };
}

/** Page by page to the last one: deliveries whose jobs wait in the queue must not hide the ones behind them. */
async function ringAll(parts: RingParts): Promise<void> {
  let after: DeliveryId | undefined;
  do {
    const page = await findDueDeliveries(parts.ledger.session, { jobSeconds: JOB_SECONDS, after });
    for (const due of page) await ring(parts, due);
    after = page.at(-1)?.id;
  } while (after !== undefined);
}

async function ring({ ledger, inspector, log }: RingParts, due: DueDelivery): Promise<void> {
  if ((await inspector.presenceOf('notify', null, due.jobId)) === 'pending') return;
  const jobId = await ringDelivery(ledger.session, due);
  if (jobId !== null) log.debug({ deliveryId: due.id, jobId }, 'notification.rung');
}
