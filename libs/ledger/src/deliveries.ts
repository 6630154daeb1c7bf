// The attempts of a delivery. When the next one is due stands here before the request goes out: a worker that dies in the middle of one
// leaves nothing to clean up, and two that hold the same job send once.
import { alertCatalog, reasonOf, type ErrorCode, type Reason, type WebhookMessage } from '@adyton/contracts';
import { attemptsMaxOf, secondsToNextAttempt, type ChannelId, type DeliveryId } from '@adyton/domain';
import { type Selectable } from 'kysely';
import { type DeliveriesTable } from './alert-tables';
import { raiseAlert, resolveAlerts } from './alerts';
import { recordAudit } from './audit-events';
import { inTransaction, readNow, type LedgerSession } from './ledger';
import { deliveryJobId, dispatchDelivery, queueDelivery } from './notifications';
import { now, nowMinus, nowPlus, toInstant, toJson } from './sql-values';

const SYSTEM = 'system';

/** Queues a message that only says that the channel works. */
export function queueTest(
  session: LedgerSession,
  test: { readonly channelId: ChannelId; readonly name: string; readonly principal: string },
): Promise<DeliveryId> {
  return inTransaction(session, async (tx) => {
    const message: WebhookMessage = {
      type: 'test',
      timestamp: toInstant(await readNow(tx)),
      data: { channel: test.name },
    };
    const { channelId, principal } = test;
    const id = await queueDelivery(tx, { channelId, alertId: null, event: 'test', body: toJson(message) });
    await recordAudit(tx, [{ principal, action: 'channel.tested', subjectId: channelId, detail: id }]);
    return id;
  });
}

export interface BegunAttempt {
  readonly deliveryId: DeliveryId;
  readonly channelId: ChannelId;
  readonly attempt: number;
  readonly url: string;
  readonly secretSealed: Buffer;
  readonly body: string;
}

/**
 * Takes the next attempt, if it is due and there is one.
 * @param fraction random from 0 to 1, for the pause before the attempt after this one
 */
export function beginAttempt(
  session: LedgerSession,
  id: DeliveryId,
  fraction: number,
): Promise<BegunAttempt | null> {
  return inTransaction(session, async (tx) => {
    const row = await lockDue(tx, id);
    if (row === undefined) return null;
    const channel = await tx
      .selectFrom('notification_channels')
      .select(['url', 'secret_sealed', 'enabled'])
      .where('id', '=', row.channel_id)
      .executeTakeFirstOrThrow();
    if (!channel.enabled) {
      await endDelivery(tx, row, reasonOf('ADY_CHANNEL_DISABLED', 'it was disabled before the delivery'));
      return null;
    }
    if (row.attempts >= attemptsMaxOf(row.event)) {
      await endDelivery(tx, row, await reasonOfLast(tx, id));
      return null;
    }
    const attempt = row.attempts + 1;
    await tx
      .updateTable('deliveries')
      .set({ attempts: attempt, next_attempt_at: nowPlus(secondsToNextAttempt(attempt, fraction)) })
      .where('id', '=', id)
      .execute();
    await tx.insertInto('delivery_attempts').values({ delivery_id: id, attempt }).execute();
    return {
      deliveryId: id,
      channelId: row.channel_id,
      attempt,
      url: channel.url,
      secretSealed: channel.secret_sealed,
      body: row.body,
    };
  });
}

function lockDue(tx: LedgerSession, id: DeliveryId) {
  return tx
    .selectFrom('deliveries')
    .selectAll()
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .where('next_attempt_at', '<=', now)
    .forUpdate()
    .executeTakeFirst();
}

/** An attempt without an outcome is one whose worker ended in the middle. */
async function reasonOfLast(tx: LedgerSession, id: DeliveryId): Promise<Reason> {
  const last = await tx
    .selectFrom('delivery_attempts')
    .select(['code', 'detail'])
    .where('delivery_id', '=', id)
    .orderBy('attempt', 'desc')
    .executeTakeFirst();
  const code = (last?.code ?? 'ADY_DELIVERY_ABANDONED') as ErrorCode; // written by endAttempt
  return reasonOf(code, last?.detail ?? 'the last attempt has no outcome');
}

export interface AttemptOutcome {
  /** What the receiver answered; null when it did not. */
  readonly httpStatus: number | null;
  /** Null when the receiver took it. */
  readonly failure: { readonly code: ErrorCode; readonly detail: string; readonly isFinal: boolean } | null;
  readonly durationMs: number;
}

/** Puts the outcome of an attempt on record, and ends the delivery when there will be no other. */
export function endAttempt(
  session: LedgerSession,
  { deliveryId, attempt }: Pick<BegunAttempt, 'deliveryId' | 'attempt'>,
  outcome: AttemptOutcome,
): Promise<void> {
  return inTransaction(session, async (tx) => {
    const row = await tx
      .selectFrom('deliveries')
      .selectAll()
      .where('id', '=', deliveryId)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined) return; // its channel was removed meanwhile
    const { httpStatus, failure, durationMs } = outcome;
    await tx
      .updateTable('delivery_attempts')
      .set({
        http_status: httpStatus,
        code: failure?.code ?? null,
        detail: failure?.detail ?? null,
        duration_ms: Math.round(durationMs),
      })
      .where('delivery_id', '=', deliveryId)
      .where('attempt', '=', attempt)
      .execute();
    if (row.state !== 'pending') return;
    if (failure === null) await endDelivery(tx, row, null);
    else if (failure.isFinal || attempt >= attemptsMaxOf(row.event))
      await endDelivery(tx, row, reasonOf(failure.code, failure.detail));
  });
}

async function endDelivery(
  tx: LedgerSession,
  row: Selectable<DeliveriesTable>,
  reason: Reason | null,
): Promise<void> {
  const state = reason === null ? 'delivered' : 'failed';
  await tx
    .updateTable('deliveries')
    .set({ state, reason: reason === null ? null : toJson(reason), finished_at: now })
    .where('id', '=', row.id)
    .execute();
  await recordAudit(tx, [{ principal: SYSTEM, action: `delivery.${state}`, subjectId: row.id, reason }]);
  if (reason === null) await noteDelivered(tx, row);
  else if (row.event !== 'test' && reason.code !== 'ADY_CHANNEL_DISABLED') await noteFailed(tx, row, reason);
}

function noteDelivered(tx: LedgerSession, row: Selectable<DeliveriesTable>): Promise<number> {
  return resolveAlerts(tx, {
    kinds: ['notification_failed'],
    subject: row.channel_id,
    resolution: `delivery ${row.id} arrived`,
    principal: SYSTEM,
  });
}

/** The other channels, and who looks at the alerts, learn of it. */
async function noteFailed(
  tx: LedgerSession,
  row: Selectable<DeliveriesTable>,
  reason: Reason,
): Promise<void> {
  await raiseAlert(tx, {
    kind: 'notification_failed',
    subject: row.channel_id,
    detail: `${alertCatalog.notification_failed.title}: ${row.event} of ${row.alert_id ?? row.id}: ${reason.detail}`,
    reason,
    principal: SYSTEM,
    repeat: 'counts',
  });
}

export interface DueDelivery {
  readonly id: DeliveryId;
  /** The last job sent; if the queue does not hold it as pending, it must be sent again. */
  readonly jobId: string;
}

/** Deliveries of one page of the look. */
const DUE_DELIVERIES_MAX = 200;

/**
 * Deliveries whose next attempt has come and whose last job is older than `jobSeconds`: the first attempt of one whose job Redis lost,
 * and the later attempts of all.
 */
export async function findDueDeliveries(
  session: LedgerSession,
  limits: { readonly jobSeconds: number; readonly after?: DeliveryId | undefined },
): Promise<DueDelivery[]> {
  let query = session
    .selectFrom('deliveries')
    .select(['id', 'dispatches'])
    .where('state', '=', 'pending')
    .where('next_attempt_at', '<=', now)
    .where('dispatched_at', '<', nowMinus(limits.jobSeconds))
    .orderBy('id')
    .limit(DUE_DELIVERIES_MAX);
  if (limits.after !== undefined) query = query.where('id', '>', limits.after);
  return (await query.execute()).map((r) => ({ id: r.id, jobId: deliveryJobId(r.id, r.dispatches) }));
}

/** Rings again, unless the delivery moved on meanwhile. @returns the new job id. */
export function ringDelivery(session: LedgerSession, due: DueDelivery): Promise<string | null> {
  return inTransaction(session, async (tx) => {
    const row = await lockDue(tx, due.id);
    if (row === undefined || deliveryJobId(row.id, row.dispatches) !== due.jobId) return null;
    return dispatchDelivery(tx, due.id);
  });
}
