// What is on record of things that happened, and that nothing refers to: the audit trail, what discoveries found changed, and what the vault was
// asked to do. An audit event stays at least as long as the request, run or recovery point that it is about, however old it is.
import { sql } from 'kysely';
import { instantBefore, rowsAffected, type LedgerSession } from './ledger';

/** Rows of one batch: small ones, hundreds a minute of a large installation. */
const ROWS_MAX = 10_000;

/** @returns how many went */
export async function pruneAuditEvents(session: LedgerSession, olderThanSeconds: number): Promise<number> {
  const before = await instantBefore(session, olderThanSeconds);
  return rowsAffected(
    session,
    sql`DELETE FROM adyton.audit_events WHERE id IN (
      SELECT e.id FROM adyton.audit_events e WHERE e.at < ${before}
      AND NOT EXISTS (SELECT 1 FROM adyton.requests s WHERE s.id = e.subject)
      AND NOT EXISTS (SELECT 1 FROM adyton.runs s WHERE s.id = e.subject)
      AND NOT EXISTS (SELECT 1 FROM adyton.recovery_points s WHERE s.id = e.subject)
      ORDER BY e.at LIMIT ${ROWS_MAX})`,
  );
}

/** @returns how many went */
export async function pruneDiscoveryEvents(
  session: LedgerSession,
  olderThanSeconds: number,
): Promise<number> {
  const before = await instantBefore(session, olderThanSeconds);
  return rowsAffected(
    session,
    sql`DELETE FROM adyton.discovery_events WHERE id IN (
      SELECT id FROM adyton.discovery_events WHERE at < ${before} ORDER BY id LIMIT ${ROWS_MAX})`,
  );
}

/** The newest of a kind says when it was asked for last. @returns how many went */
export async function pruneVaultOperations(
  session: LedgerSession,
  olderThanSeconds: number,
): Promise<number> {
  const before = await instantBefore(session, olderThanSeconds);
  return rowsAffected(
    session,
    sql`DELETE FROM adyton.vault_operations WHERE id IN (
      SELECT o.id FROM adyton.vault_operations o WHERE o.finished_at < ${before}
      AND EXISTS (SELECT 1 FROM adyton.vault_operations n WHERE n.kind = o.kind AND n.id > o.id)
      ORDER BY o.id LIMIT ${ROWS_MAX})`,
  );
}
