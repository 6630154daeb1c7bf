// An agent reports what it saw: the report goes on record, and what all hosts saw last is judged in the same transaction. One judgement at a
// time, so that two hosts of a cluster that report at once make one database and not two.
import { type DiscoveryReport } from '@adyton/contracts';
import { judgeDiscovery, type DiscoveryId, type FoundDatabaseId, type HostId } from '@adyton/domain';
import { sql } from 'kysely';
import { requestDiscovery } from './discoveries';
import { keepJudged } from './keep-judged';
import { inTransaction, type LedgerSession } from './ledger';
import { readKnownDatabases, readSightings } from './read-sightings';
import { refuse, type Refusal } from './refusal';
import { now, toJson } from './sql-values';

export interface DiscoveryToReport {
  readonly id: string;
  readonly hostId: HostId;
  readonly report: DiscoveryReport;
  newFoundDatabaseId(): FoundDatabaseId;
  newDiscoveryId(): DiscoveryId;
}

/** Tools whose failure hides instances. That crsctl or a listener does not answer says nothing about what is there. */
const WITNESSES: readonly string[] = ['oratab', 'processes', 'cluster-home', 'olsnodes', 'srvctl'];
const SYSTEM = 'system';

/** The first report counts; saying it again changes nothing. */
export function reportDiscovery(session: LedgerSession, input: DiscoveryToReport): Promise<Refusal | null> {
  return inTransaction(session, async (tx) => {
    await sql`LOCK TABLE adyton.found_databases IN SHARE ROW EXCLUSIVE MODE`.execute(tx);
    const discoveryId = await complete(tx, input);
    if (discoveryId === null) return refuseUnlessReported(tx, input);
    const { sightings, descriptors } = await readSightings(tx);
    const judged = judgeDiscovery(sightings, await readKnownDatabases(tx));
    const context = { ...input, discoveryId, descriptors };
    for (const database of judged) await keepJudged(tx, database, context);
    const disputed = judged.filter((d) => d.events.some((e) => e.kind === 'duplicate'));
    const others = disputed.flatMap((d) => d.sightings).filter((s) => s.hostId !== input.hostId);
    // it may have moved: the host that saw it before is asked again at once, not when it is due
    for (const hostId of new Set(others.map((s) => s.hostId)))
      await requestDiscovery(tx, {
        id: input.newDiscoveryId(),
        hostId,
        trigger: 'scheduled',
        principal: SYSTEM,
      });
    return null;
  });
}

async function complete(
  tx: LedgerSession,
  { id, hostId, report }: DiscoveryToReport,
): Promise<DiscoveryId | null> {
  const row = await tx
    .updateTable('discoveries')
    .set({
      state: 'completed',
      report: toJson(report),
      complete: !report.tools.some(
        (t) => WITNESSES.includes(t.tool) && t.outcome !== 'ok' && t.outcome !== 'absent',
      ),
      finished_at: now,
    })
    .where('id', '=', id as DiscoveryId)
    .where('host_id', '=', hostId)
    .where('state', '=', 'requested')
    .returning('id')
    .executeTakeFirst();
  return row?.id ?? null;
}

async function refuseUnlessReported(
  tx: LedgerSession,
  { id, hostId }: DiscoveryToReport,
): Promise<Refusal | null> {
  const row = await tx
    .selectFrom('discoveries')
    .select('state')
    .where('id', '=', id as DiscoveryId)
    .where('host_id', '=', hostId)
    .executeTakeFirst();
  return row?.state === 'completed'
    ? null
    : refuse('ADY_NOT_FOUND', `host ${hostId} has no open discovery ${id}`);
}
