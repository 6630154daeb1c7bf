// Deliveries as they are read, with their attempts, and how long they are kept.
import { type Delivery } from '@adyton/contracts';
import { attemptsMaxOf, type AlertId, type ChannelId, type DeliveryId } from '@adyton/domain';
import { type Selectable } from 'kysely';
import { type DeliveriesTable, type DeliveryAttemptsTable } from './alert-tables';
import { inTransaction, type LedgerSession } from './ledger';
import { pageOf, type Page, type PageQuestion } from './pages';
import { nowMinus, toInstant, toInstantOrNull } from './sql-values';

type Row = Selectable<DeliveriesTable>;

/** Deliveries shown with one alert: three events for each channel. */
const OF_ALERT_MAX = 200;

/** Newest first. */
export async function listDeliveries(
  session: LedgerSession,
  channelId: ChannelId,
  page: PageQuestion,
): Promise<Page<Delivery>> {
  let query = session
    .selectFrom('deliveries')
    .selectAll()
    .where('channel_id', '=', channelId)
    .orderBy('id', 'desc')
    .limit(page.limit + 1);
  if (page.cursor !== undefined) query = query.where('id', '<', page.cursor as DeliveryId);
  const { items, nextCursor } = pageOf(await query.execute(), page.limit, (row) => row);
  return { items: await withAttempts(session, items), nextCursor };
}

/** Newest first. */
export async function deliveriesOfAlert(session: LedgerSession, alertId: AlertId): Promise<Delivery[]> {
  const rows = await session
    .selectFrom('deliveries')
    .selectAll()
    .where('alert_id', '=', alertId)
    .orderBy('id', 'desc')
    .limit(OF_ALERT_MAX)
    .execute();
  return withAttempts(session, rows);
}

export async function findDelivery(session: LedgerSession, id: string): Promise<Delivery | undefined> {
  const row = await session
    .selectFrom('deliveries')
    .selectAll()
    .where('id', '=', id as DeliveryId)
    .executeTakeFirst();
  return row === undefined ? undefined : (await withAttempts(session, [row]))[0];
}

async function withAttempts(session: LedgerSession, rows: readonly Row[]): Promise<Delivery[]> {
  if (rows.length === 0) return [];
  const attempts = await session
    .selectFrom('delivery_attempts')
    .selectAll()
    .where(
      'delivery_id',
      'in',
      rows.map((r) => r.id),
    )
    .orderBy('attempt')
    .execute();
  const byDelivery = Map.groupBy(attempts, (a) => a.delivery_id);
  return rows.map((row) => toDelivery(row, byDelivery.get(row.id) ?? []));
}

function toDelivery(row: Row, attempts: readonly Selectable<DeliveryAttemptsTable>[]): Delivery {
  return {
    id: row.id,
    channelId: row.channel_id,
    alertId: row.alert_id,
    event: row.event,
    state: row.state,
    reason: row.reason,
    attempts: attempts.map((a) => ({
      attempt: a.attempt,
      at: toInstant(a.at),
      httpStatus: a.http_status,
      code: a.code,
      detail: a.detail,
      durationMs: a.duration_ms,
    })),
    attemptsMax: attemptsMaxOf(row.event),
    nextAttemptAt: row.state === 'pending' ? toInstant(row.next_attempt_at) : null,
    createdAt: toInstant(row.created_at),
    finishedAt: toInstantOrNull(row.finished_at),
  };
}

/** Removes resolved alerts with their deliveries, and ended deliveries, that are older. @returns how many rows were named. */
export function pruneAlerts(
  session: LedgerSession,
  older: { readonly alertSeconds: number; readonly deliverySeconds: number },
): Promise<number> {
  return inTransaction(session, async (tx) => {
    const deliveries = await tx
      .deleteFrom('deliveries')
      .where('finished_at', '<', nowMinus(older.deliverySeconds))
      .executeTakeFirst();
    const alerts = await tx
      .deleteFrom('alerts')
      .where('resolved_at', '<', nowMinus(older.alertSeconds))
      .executeTakeFirst();
    return Number(deliveries.numDeletedRows + alerts.numDeletedRows);
  });
}
