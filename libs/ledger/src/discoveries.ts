// Looks at hosts: asked for by people or because they are due, answered by the agent, given up by time. At most one is open per host.
import { reasonOf, type Discovery } from '@adyton/contracts';
import { type DiscoveryId, type HostId } from '@adyton/domain';
import { sql } from 'kysely';
import { recordAudit } from './audit-events';
import { inTransaction, type LedgerSession } from './ledger';
import { addToOutbox } from './outbox';
import { pageOf, type Page, type PageQuestion } from './pages';
import { now, nowMinus, toInstant, toInstantOrNull, toJson } from './sql-values';

export interface NewDiscovery {
  readonly id: DiscoveryId;
  readonly hostId: HostId;
  readonly trigger: Discovery['trigger'];
  readonly principal: string;
}

/** As the partial unique index spells it. */
const OPEN_INDEX_PREDICATE = sql<boolean>`state = 'requested'`;
const SYSTEM = 'system';

/** Puts the discovery on record and rings for it. @returns the open one of the host, which may be an earlier one. */
export function requestDiscovery(session: LedgerSession, discovery: NewDiscovery): Promise<Discovery> {
  return inTransaction(session, async (tx) => {
    const { id, hostId, trigger, principal } = discovery;
    const made = await tx
      .insertInto('discoveries')
      .values({
        ...{ id, host_id: hostId, trigger, principal, state: 'requested' },
        ...{ reason: null, report: null, dispatched_at: null, finished_at: null },
      })
      .onConflict((c) => c.column('host_id').where(OPEN_INDEX_PREDICATE).doNothing())
      .returning('id')
      .executeTakeFirst();
    if (made !== undefined) {
      await dispatchDiscovery(tx, id, hostId);
      await recordAudit(tx, [{ principal, action: 'discovery.requested', subjectId: id, detail: hostId }]);
    }
    return selectDiscoveries(tx)
      .where('discoveries.host_id', '=', hostId)
      .where('discoveries.state', '=', 'requested')
      .executeTakeFirstOrThrow()
      .then(toDiscovery);
  });
}

/** Rings the host's doorbell: a new job id each time, because the queue remembers old ones. */
export async function dispatchDiscovery(tx: LedgerSession, id: DiscoveryId, hostId: HostId): Promise<string> {
  const row = await tx
    .updateTable('discoveries')
    .set((e) => ({ dispatches: e('dispatches', '+', 1), dispatched_at: now }))
    .where('id', '=', id)
    .returning('dispatches')
    .executeTakeFirstOrThrow();
  const jobId = discoveryJobId(id, row.dispatches);
  await addToOutbox(tx, { jobName: 'host.discover', hostId, payload: { v: 1, discoveryId: id }, jobId });
  return jobId;
}

export function discoveryJobId(id: DiscoveryId, dispatches: number): string {
  return `${id}.${dispatches}`;
}

/** Hosts that nobody asked to look within `everySeconds`. */
export async function findHostsDueForDiscovery(
  session: LedgerSession,
  everySeconds: number,
): Promise<HostId[]> {
  const rows = await session
    .selectFrom('hosts')
    .select('id')
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('discoveries')
            .select('discoveries.id')
            .whereRef('discoveries.host_id', '=', 'hosts.id')
            .where((d) =>
              d.or([
                d('discoveries.created_at', '>', nowMinus(everySeconds)),
                d('discoveries.state', '=', 'requested'),
              ]),
            ),
        ),
      ),
    )
    .orderBy('id')
    .execute();
  return rows.map((r) => r.id);
}

/** Discoveries nobody answered in time fail; their hosts are asked again when they are due. */
export function sweepDiscoveries(session: LedgerSession, answerSeconds: number): Promise<DiscoveryId[]> {
  return inTransaction(session, async (tx) => {
    const due = await tx
      .selectFrom('discoveries')
      .select('id')
      .where('state', '=', 'requested')
      .where('created_at', '<', nowMinus(answerSeconds))
      .forUpdate()
      .skipLocked()
      .execute();
    for (const { id } of due) {
      const reason = reasonOf('ADY_DISCOVERY_LOST', `no report came within ${answerSeconds} s`);
      await tx
        .updateTable('discoveries')
        .set({ state: 'failed', reason: toJson(reason), finished_at: now })
        .where('id', '=', id)
        .execute();
      await recordAudit(tx, [{ principal: SYSTEM, action: 'discovery.failed', subjectId: id, reason }]);
    }
    return due.map((row) => row.id);
  });
}

/** Removes looks of long ago, but never the last ones of a host: they say where its databases are. @returns how many. */
export async function pruneDiscoveries(session: LedgerSession, olderThanSeconds: number): Promise<number> {
  const result = await session
    .deleteFrom('discoveries')
    .where('finished_at', '<', nowMinus(olderThanSeconds))
    .where('id', 'not in', lastReports(session, 'any').select('id'))
    .where('id', 'not in', lastReports(session, 'complete').select('id'))
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** Of each host its newest report, or its newest in which absence means something. */
export function lastReports(session: LedgerSession, which: 'any' | 'complete') {
  const query = session
    .selectFrom('discoveries')
    .distinctOn('host_id')
    .where('state', '=', 'completed')
    .orderBy('host_id')
    .orderBy('finished_at', 'desc')
    .orderBy('id', 'desc');
  return which === 'any' ? query : query.where('complete', '=', true);
}

function selectDiscoveries(session: LedgerSession) {
  return session
    .selectFrom('discoveries')
    .innerJoin('hosts', 'hosts.id', 'discoveries.host_id')
    .selectAll('discoveries')
    .select('hosts.name as host_name')
    .orderBy('discoveries.id', 'desc');
}
type DiscoveryRow = Awaited<ReturnType<ReturnType<typeof selectDiscoveries>['execute']>>[number];

export async function findDiscovery(session: LedgerSession, id: string): Promise<Discovery | undefined> {
  const row = await selectDiscoveries(session)
    .where('discoveries.id', '=', id as DiscoveryId)
    .executeTakeFirst();
  return row === undefined ? undefined : toDiscovery(row);
}

/** Newest first. */
export async function listDiscoveries(session: LedgerSession, page: PageQuestion): Promise<Page<Discovery>> {
  let query = selectDiscoveries(session).limit(page.limit + 1);
  if (page.cursor !== undefined) query = query.where('discoveries.id', '<', page.cursor as DiscoveryId);
  return pageOf(await query.execute(), page.limit, toDiscovery);
}

function toDiscovery(row: DiscoveryRow): Discovery {
  return {
    id: row.id,
    hostId: row.host_id,
    hostName: row.host_name,
    trigger: row.trigger,
    state: row.state,
    reason: row.reason,
    report: row.report,
    createdAt: toInstant(row.created_at),
    finishedAt: toInstantOrNull(row.finished_at),
  };
}
