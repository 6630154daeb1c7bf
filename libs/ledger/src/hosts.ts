// Database hosts and the hashes of their tokens. `last_seen_at` backs the presence lease up when the queue's store cannot be asked.
import { type Host } from '@adyton/contracts';
import { type HostId } from '@adyton/domain';
import { sql } from 'kysely';
import { recordAudit } from './audit-events';
import { noteAgentSeen } from './host-alerts';
import { inTransaction, type LedgerSession } from './ledger';
import { pageOf, type Page, type PageQuestion } from './pages';
import { refuse, type Refusal } from './refusal';
import { now, toInstant, toInstantOrNull } from './sql-values';

/** A host as the ledger knows it; whether its agent runs is asked elsewhere. */
export type HostRecord = Omit<Host, 'agent'>;

export interface NewHost {
  readonly id: HostId;
  readonly name: string;
  readonly tokenSha256: string;
  readonly principal: string;
}

const COLUMNS = ['id', 'name', 'last_seen_at', 'agent_version', 'created_at'] as const;

export function enrolHost(session: LedgerSession, host: NewHost): Promise<HostRecord | Refusal> {
  return inTransaction(session, async (tx) => {
    const row = await tx
      .insertInto('hosts')
      .values({
        id: host.id,
        name: host.name,
        token_sha256: host.tokenSha256,
        agent_version: null,
        agent_incarnation: null,
        last_seen_at: null,
      })
      .onConflict((c) => c.column('name').doNothing())
      .returning(COLUMNS)
      .executeTakeFirst();
    if (row === undefined) return refuse('ADY_ALREADY_EXISTS', `a host named ${host.name} is enrolled`);
    await recordAudit(tx, [{ principal: host.principal, action: 'host.enrolled', subjectId: host.id }]);
    return toHost(row);
  });
}

export async function listHosts(session: LedgerSession, page: PageQuestion): Promise<Page<HostRecord>> {
  let query = session
    .selectFrom('hosts')
    .select(COLUMNS)
    .orderBy('id')
    .limit(page.limit + 1);
  if (page.cursor !== undefined) query = query.where('id', '>', page.cursor as HostId);
  return pageOf(await query.execute(), page.limit, toHost);
}

export async function findHost(session: LedgerSession, id: HostId): Promise<HostRecord | undefined> {
  const row = await session.selectFrom('hosts').select(COLUMNS).where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : toHost(row);
}

export async function findHostByNameOrId(
  session: LedgerSession,
  nameOrId: string,
): Promise<HostRecord | undefined> {
  const row = await session
    .selectFrom('hosts')
    .select(COLUMNS)
    .where((e) => e.or([e('name', '=', nameOrId), e('id', '=', nameOrId as HostId)]))
    .executeTakeFirst();
  return row === undefined ? undefined : toHost(row);
}

export async function findHostByToken(
  session: LedgerSession,
  tokenSha256: string,
): Promise<HostId | undefined> {
  const row = await session
    .selectFrom('hosts')
    .select('id')
    .where('token_sha256', '=', tokenSha256)
    .executeTakeFirst();
  return row?.id;
}

export async function hostExists(session: LedgerSession, id: HostId): Promise<boolean> {
  const row = await session.selectFrom('hosts').select('id').where('id', '=', id).executeTakeFirst();
  return row !== undefined;
}

/** @returns Postgres time of the visit. */
export function recordPresence(
  session: LedgerSession,
  host: { id: HostId; incarnation: string; version: string },
): Promise<Date> {
  return inTransaction(session, async (tx) => {
    const row = await tx
      .updateTable('hosts')
      .set({ last_seen_at: now, agent_incarnation: host.incarnation, agent_version: host.version })
      .where('id', '=', host.id)
      .returning('last_seen_at')
      .executeTakeFirstOrThrow();
    if (row.last_seen_at === null) throw new Error('invariant: a recorded presence has a time');
    await noteAgentSeen(tx, host.id);
    return row.last_seen_at;
  });
}

/** True when the host reported itself within the last `withinSeconds`, by Postgres time. */
export async function wasSeenWithin(
  session: LedgerSession,
  id: HostId,
  withinSeconds: number,
): Promise<boolean> {
  const row = await session
    .selectFrom('hosts')
    .select(sql<boolean>`last_seen_at > adyton.now() - make_interval(secs => ${withinSeconds})`.as('fresh'))
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.fresh === true;
}

function toHost(row: {
  id: HostId;
  name: string;
  last_seen_at: Date | null;
  agent_version: string | null;
  created_at: Date;
}): HostRecord {
  return {
    id: row.id,
    name: row.name,
    lastSeenAt: toInstantOrNull(row.last_seen_at),
    agentVersion: row.agent_version,
    createdAt: toInstant(row.created_at),
  };
}
