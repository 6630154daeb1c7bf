// Who did what, and why something ended. Written in the transaction of the deed: a terminal state without its row cannot exist.
import { type Reason } from '@adyton/contracts';
import { type DatabaseId } from '@adyton/domain';
import { type LedgerSession } from './ledger';
import { toInstant, toJson } from './sql-values';

export interface AuditEvent {
  /** `api`, `host:<id>`, `maintenance` or `system`. */
  readonly principal: string;
  /** noun.verb-past: `request.expired`. */
  readonly action: string;
  readonly subjectId: string;
  readonly databaseId?: DatabaseId | null;
  readonly reason?: Reason | null;
  readonly detail?: string | null;
}

export async function recordAudit(session: LedgerSession, events: readonly AuditEvent[]): Promise<void> {
  if (events.length === 0) return;
  await session
    .insertInto('audit_events')
    .values(
      events.map((e) => ({
        principal: e.principal,
        action: e.action,
        subject: e.subjectId,
        database_id: e.databaseId ?? null,
        reason: e.reason === undefined || e.reason === null ? null : toJson(e.reason),
        detail: e.detail ?? null,
      })),
    )
    .execute();
}

/** Oldest first. */
export async function listAuditEvents(
  session: LedgerSession,
  subjectId: string,
): Promise<(AuditEvent & { at: string })[]> {
  const rows = await session
    .selectFrom('audit_events')
    .selectAll()
    .where('subject', '=', subjectId)
    .orderBy('id')
    .execute();
  return rows.map((r) => ({
    at: toInstant(r.at),
    principal: r.principal,
    action: r.action,
    subjectId: r.subject,
    databaseId: r.database_id,
    reason: r.reason,
    detail: r.detail,
  }));
}
