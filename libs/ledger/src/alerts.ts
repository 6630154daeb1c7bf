// Alerts: raised and resolved in the transaction of what causes or ends them, so that none is lost and none stays behind. While one stands,
// the same again only counts: the partial unique index decides.
import { alertCatalog, type Alert, type AlertKind, type Reason } from '@adyton/contracts';
import {
  alertTransitions,
  statesLeadingTo,
  transition,
  type AlertId,
  type AlertSeverity,
  type AlertState,
  type DatabaseId,
  type HostId,
} from '@adyton/domain';
import { sql, type Selectable } from 'kysely';
import { type AlertsTable } from './alert-tables';
import { recordAudit } from './audit-events';
import { inTransaction, type LedgerSession } from './ledger';
import { queueNotifications } from './notifications';
import { pageOf, type Page, type PageQuestion } from './pages';
import { refuse, type Refusal } from './refusal';
import { now, toInstant, toInstantOrNull, toJson } from './sql-values';

export interface AlertToRaise {
  readonly kind: AlertKind;
  /** What it is about, as the catalog says of the kind. */
  readonly subject: string;
  readonly databaseId?: DatabaseId | null;
  readonly hostId?: HostId | null;
  readonly detail: string;
  readonly reason?: Reason | null;
  readonly principal: string;
  /** `counts` for what happens, `is-the-same` for a condition that is looked at again and again. */
  readonly repeat: 'counts' | 'is-the-same';
}

/** As the partial unique index spells it. */
const UNRESOLVED_PREDICATE = sql<boolean>`state IN ('open', 'acknowledged')`;
export const UNRESOLVED_STATES = statesLeadingTo(alertTransitions, 'resolved');
/** What a step needs of the row to be told; the whole alert is read only when a channel wants it. */
const ANNOUNCED = ['id', 'subject', 'severity', 'database_id'] as const;
/** A person reads it, and it goes into every message about the alert. */
const DETAIL_CHARS_MAX = 2_000;

/** @returns whether it opened now; false when it stood already. */
export function raiseAlert(session: LedgerSession, alert: AlertToRaise): Promise<boolean> {
  return inTransaction(session, async (tx) => {
    const seen = {
      detail: alert.detail.slice(0, DETAIL_CHARS_MAX),
      reason: alert.reason === undefined || alert.reason === null ? null : toJson(bounded(alert.reason)),
    };
    const row = await tx
      .insertInto('alerts')
      .values({
        kind: alert.kind,
        subject: alert.subject,
        severity: alertCatalog[alert.kind].severity,
        state: 'open',
        database_id: alert.databaseId ?? null,
        host_id: alert.hostId ?? null,
        ...seen,
      })
      .onConflict((c) => {
        const conflict = c.columns(['kind', 'subject']).where(UNRESOLVED_PREDICATE);
        return alert.repeat === 'is-the-same'
          ? conflict.doNothing()
          : conflict.doUpdateSet((e) => ({
              ...seen,
              count: e('alerts.count', '+', 1),
              last_seen_at: now,
            }));
      })
      .returning([...ANNOUNCED, 'count'])
      .executeTakeFirst();
    if (row?.count !== 1) return false;
    const { principal, reason = null } = alert;
    await announce(tx, row, { event: 'alert.opened', principal, detail: seen.detail, reason });
    return true;
  });
}

function bounded(reason: Reason): Reason {
  return { ...reason, detail: reason.detail.slice(0, DETAIL_CHARS_MAX) };
}

export interface AlertsToResolve {
  readonly kinds: readonly AlertKind[];
  /** One of the two says which. */
  readonly subject?: string;
  readonly databaseId?: DatabaseId;
  readonly resolution: string;
  readonly principal: string;
}

/** The cause is gone: whatever of it stands is resolved. @returns how many. */
export function resolveAlerts(session: LedgerSession, ended: AlertsToResolve): Promise<number> {
  return inTransaction(session, async (tx) => {
    let query = tx
      .selectFrom('alerts')
      .select('id')
      .where('kind', 'in', [...ended.kinds]);
    if (ended.subject !== undefined) query = query.where('subject', '=', ended.subject);
    if (ended.databaseId !== undefined) query = query.where('database_id', '=', ended.databaseId);
    const standing = await query.where(UNRESOLVED_PREDICATE).orderBy('id').forUpdate().execute();
    for (const { id } of standing) await endAlert(tx, id, ended);
    return standing.length;
  });
}

async function endAlert(
  tx: LedgerSession,
  id: AlertId,
  end: { readonly resolution: string; readonly principal: string },
): Promise<void> {
  const row = await tx
    .updateTable('alerts')
    .set({ state: 'resolved', resolved_at: now, resolved_by: end.principal, resolution: end.resolution })
    .where('id', '=', id)
    .returning(ANNOUNCED)
    .executeTakeFirstOrThrow();
  await announce(tx, row, { event: 'alert.resolved', principal: end.principal, detail: end.resolution });
}

interface AlertStep {
  readonly event: 'alert.opened' | 'alert.acknowledged' | 'alert.resolved';
  readonly principal: string;
  readonly detail: string | null;
  readonly reason?: Reason | null;
}

/** Every step of an alert has its audit row and its messages. */
async function announce(
  tx: LedgerSession,
  row: Pick<Selectable<AlertsTable>, (typeof ANNOUNCED)[number]>,
  step: AlertStep,
): Promise<void> {
  const { event, principal, detail, reason = null } = step;
  await recordAudit(tx, [
    { principal, action: event, subjectId: row.id, databaseId: row.database_id, reason, detail },
  ]);
  await queueNotifications(tx, { event, about: row, read: () => readAlert(tx, row.id) });
}

/** Somebody has seen it. Saying so twice changes nothing. */
export function acknowledgeAlert(
  session: LedgerSession,
  seen: { readonly id: string; readonly note: string | null; readonly principal: string },
): Promise<Alert | Refusal> {
  return inTransaction(session, async (tx) => {
    const locked = await lockAlert(tx, seen.id);
    if (locked === undefined) return refuse('ADY_NOT_FOUND', `there is no alert ${seen.id}`);
    if (locked.state === 'acknowledged') return readAlert(tx, locked.id);
    if (transition(alertTransitions, locked.state, 'acknowledged').kind === 'refused')
      return refuse('ADY_ALERT_STATE', `alert ${seen.id} is ${locked.state}`);
    const row = await tx
      .updateTable('alerts')
      .set({
        state: 'acknowledged',
        acknowledged_at: now,
        acknowledged_by: seen.principal,
        note: seen.note,
      })
      .where('id', '=', locked.id)
      .returning(ANNOUNCED)
      .executeTakeFirstOrThrow();
    const { principal, note: detail } = seen;
    await announce(tx, row, { event: 'alert.acknowledged', principal, detail });
    return readAlert(tx, locked.id);
  });
}

/** A person says that it is over. */
export function resolveAlertByHand(
  session: LedgerSession,
  end: { readonly id: string; readonly resolution: string; readonly principal: string },
): Promise<Alert | Refusal> {
  return inTransaction(session, async (tx) => {
    const locked = await lockAlert(tx, end.id);
    if (locked === undefined) return refuse('ADY_NOT_FOUND', `there is no alert ${end.id}`);
    if (transition(alertTransitions, locked.state, 'resolved').kind === 'refused')
      return refuse('ADY_ALERT_STATE', `alert ${end.id} is ${locked.state}`);
    await endAlert(tx, locked.id, end);
    return readAlert(tx, locked.id);
  });
}

function lockAlert(tx: LedgerSession, id: string) {
  return tx
    .selectFrom('alerts')
    .select(['id', 'state'])
    .where('id', '=', id as AlertId)
    .forUpdate()
    .executeTakeFirst();
}

export interface AlertsQuestion extends PageQuestion {
  readonly state?: AlertState | 'unresolved' | undefined;
  readonly severity?: AlertSeverity | undefined;
  readonly databaseId?: DatabaseId | undefined;
}

function selectAlerts(session: LedgerSession) {
  return session
    .selectFrom('alerts')
    .leftJoin('databases', 'databases.id', 'alerts.database_id')
    .selectAll('alerts')
    .select('databases.name as database_name')
    .orderBy('alerts.id', 'desc');
}

/** Newest first. */
export async function listAlerts(session: LedgerSession, asked: AlertsQuestion): Promise<Page<Alert>> {
  let query = selectAlerts(session).limit(asked.limit + 1);
  if (asked.cursor !== undefined) query = query.where('alerts.id', '<', asked.cursor as AlertId);
  if (asked.state === 'unresolved') query = query.where('alerts.state', 'in', [...UNRESOLVED_STATES]);
  else if (asked.state !== undefined) query = query.where('alerts.state', '=', asked.state);
  if (asked.severity !== undefined) query = query.where('alerts.severity', '=', asked.severity);
  if (asked.databaseId !== undefined) query = query.where('alerts.database_id', '=', asked.databaseId);
  return pageOf(await query.execute(), asked.limit, toAlert);
}

export async function findAlert(session: LedgerSession, id: string): Promise<Alert | undefined> {
  const row = await selectAlerts(session)
    .where('alerts.id', '=', id as AlertId)
    .executeTakeFirst();
  return row === undefined ? undefined : toAlert(row);
}

async function readAlert(tx: LedgerSession, id: AlertId): Promise<Alert> {
  const alert = await findAlert(tx, id);
  if (alert === undefined) throw new Error(`invariant: locked alert ${id} can be read`);
  return alert;
}

function toAlert(row: Selectable<AlertsTable> & { database_name: string | null }): Alert {
  const { title, hint } = alertCatalog[row.kind];
  return {
    id: row.id,
    kind: row.kind,
    severity: row.severity,
    title,
    hint,
    detail: row.detail,
    state: row.state,
    subject: row.subject,
    databaseId: row.database_id,
    databaseName: row.database_name,
    hostId: row.host_id,
    reason: row.reason,
    count: row.count,
    firstSeenAt: toInstant(row.first_seen_at),
    lastSeenAt: toInstant(row.last_seen_at),
    acknowledgedAt: toInstantOrNull(row.acknowledged_at),
    acknowledgedBy: row.acknowledged_by,
    note: row.note,
    resolvedAt: toInstantOrNull(row.resolved_at),
    resolvedBy: row.resolved_by,
    resolution: row.resolution,
  };
}
