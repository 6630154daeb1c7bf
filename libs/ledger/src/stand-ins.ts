// The agent of the registered host is not running: a backup of a cluster may then be asked of the agent of another instance's host. Its run begins
// there, and has left the registered instance from the start.
import { reasonOf, type Database } from '@adyton/contracts';
import { type AgentPresence, type HostId, type RunId } from '@adyton/domain';
import { type Selectable } from 'kysely';
import { findHost } from './hosts';
import { type LedgerSession } from './ledger';
import { agentCheck, noteIneligible, recordMove } from './move-run';
import { mayMove, type MovableWork } from './read-moves';
import { listOtherInstances, type OtherInstance } from './run-instances';
import { now } from './sql-values';
import { type RequestsTable } from './tables';

export interface AskedHost {
  readonly hostId: HostId;
  readonly presence: AgentPresence;
}

/** The registered host, unless its agent is not running and that of a host which may stand in is. */
export async function hostToAsk(
  session: LedgerSession,
  database: Pick<Database, 'id' | 'hostId'>,
  work: MovableWork,
  presenceOf: (hostId: HostId) => Promise<AgentPresence>,
): Promise<AskedHost> {
  const presence = await presenceOf(database.hostId);
  if (presence === 'not-running' && mayMove(work))
    for (const { hostId } of await listOtherInstances(session, database))
      if ((await presenceOf(hostId)) === 'running') return { hostId, presence: 'running' };
  return { hostId: database.hostId, presence };
}

/** @returns undefined when this host was not asked, or has no instance of the database any more */
export async function findStandIn(
  tx: LedgerSession,
  {
    request,
    database,
    hostId,
  }: {
    readonly request: Selectable<RequestsTable>;
    readonly database: Database;
    readonly hostId: HostId;
  },
): Promise<OtherInstance | undefined> {
  if (request.asked_host_id !== hostId || !mayMove(request)) return undefined;
  return (await listOtherInstances(tx, database)).find((other) => other.hostId === hostId);
}

/** The run that a stand-in claimed is on its instance. */
export async function standIn(
  tx: LedgerSession,
  run: { readonly id: RunId; readonly fence: number },
  { database, by }: { readonly database: Database; readonly by: OtherInstance },
): Promise<void> {
  const { id: databaseId, hostId, oracleSid: sid, oracleHome, connectDescriptor } = database;
  const host = await findHost(tx, hostId);
  if (host === undefined) throw new Error('invariant: a database has its host');
  const registered = { sid, hostId, hostName: host.name, oracleHome, connectDescriptor };
  const evidence = `the agent on ${host.name} was not running when the backup was asked for`;
  await noteIneligible(tx, run.id, { ...registered, checks: [agentCheck(sid, evidence)] });
  const moved = { runId: run.id, databaseId, fence: run.fence, takenAt: now };
  await recordMove(tx, moved, {
    from: registered,
    to: by,
    reason: reasonOf('ADY_AGENT_NOT_RUNNING', evidence, { instance: sid }),
    principal: `host:${by.hostId}`,
  });
}
