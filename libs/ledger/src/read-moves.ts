// Moves of runs from one instance of a cluster to the next, as they are read.
import { type RunMove } from '@adyton/contracts';
import { type HostId, type Lane, type RunId } from '@adyton/domain';
import { sql } from 'kysely';
import { type LedgerSession } from './ledger';
import { toInstant, toInstantOrNull } from './sql-values';
import { type Operation } from './tables';

/** Of a row of `runs`: it was moved, and the agent of its new host has not taken it over. */
export const isUntaken = sql<boolean>`EXISTS (SELECT FROM adyton.run_moves m
  WHERE m.run_id = runs.id AND m.fence = runs.fence AND m.taken_at IS NULL)`;

export interface MovableWork {
  readonly operation: Operation;
  readonly lane: Lane;
}

/** RMAN by hand and a restore belong to the host they were asked for. */
export function mayMove({ operation, lane }: MovableWork): boolean {
  return operation === 'backup' && lane !== 'external';
}

/** Oldest first. */
export async function listMoves(session: LedgerSession, runId: RunId): Promise<RunMove[]> {
  const rows = await session
    .selectFrom('run_moves')
    .innerJoin('hosts as left', 'left.id', 'run_moves.from_host_id')
    .innerJoin('hosts as next', 'next.id', 'run_moves.to_host_id')
    .selectAll('run_moves')
    .select(['left.name as from_host', 'next.name as to_host'])
    .where('run_id', '=', runId)
    .orderBy('fence')
    .execute();
  return rows.map((row) => ({
    at: toInstant(row.moved_at),
    from: { instance: row.from_sid, hostName: row.from_host },
    to: { instance: row.to_sid, hostName: row.to_host },
    reason: row.reason,
    takenAt: toInstantOrNull(row.taken_at),
  }));
}

/** @param fromHost only moves away from this host */
export async function hasMoved(session: LedgerSession, runId: RunId, fromHost?: HostId): Promise<boolean> {
  let query = session.selectFrom('run_moves').select('fence').where('run_id', '=', runId).limit(1);
  if (fromHost !== undefined) query = query.where('from_host_id', '=', fromHost);
  return (await query.executeTakeFirst()) !== undefined;
}
