// What an SBT session of a run may do: who it is for, which token it must present, and whether the run still lives.
import { type SessionGrant } from '@adyton/contracts';
import { type HostId, type RunId } from '@adyton/domain';
import { sql } from 'kysely';
import { type LedgerSession } from './ledger';
import { refuse, type Refusal } from './refusal';

const hostsOfRun = sql<number>`1 + (SELECT count(DISTINCT i.host_id) FROM adyton.run_instances i
  WHERE i.run_id = runs.id AND i.state = 'eligible')`;

export async function readGrant(
  session: LedgerSession,
  runId: string,
  hostId: HostId,
): Promise<SessionGrant | Refusal> {
  const row = await session
    .selectFrom('runs')
    .innerJoin('databases', 'databases.id', 'runs.database_id')
    .select([
      'runs.id',
      'runs.fence',
      'runs.state',
      'runs.operation',
      'runs.host_id',
      'runs.sbt_token_sha256',
      'runs.cancel_requested_at',
    ])
    .leftJoin('run_instances', (join) =>
      join.onRef('run_instances.run_id', '=', 'runs.id').on('run_instances.host_id', '=', hostId),
    )
    .select(['run_instances.sbt_token_sha256 as instance_token', 'runs.writer_session'])
    .select(hostsOfRun.as('hosts'))
    .leftJoin('policies', 'policies.database_id', 'databases.id')
    .select('policies.document as policy')
    .leftJoin('requests', 'requests.id', 'runs.request_id')
    .leftJoin('restore_plans', 'restore_plans.id', 'requests.restore_plan_id')
    .select('restore_plans.document as restore_plan')
    .select(['databases.id as database_id', 'databases.dbid', 'databases.db_unique_name'])
    .where('runs.id', '=', runId as RunId)
    .executeTakeFirst();
  if (row === undefined) return refuse('ADY_NOT_FOUND', `there is no run ${runId}`);
  const isOwn = row.host_id === hostId;
  const tokenSha256 = isOwn ? row.sbt_token_sha256 : row.instance_token;
  if (tokenSha256 === null) return refuse('ADY_FORBIDDEN', `run ${runId} belongs to another host`);
  if (!isOwn && row.writer_session === null)
    return refuse('ADY_RUN_STATE', `the dedup-worker of the run's own host has not opened its session yet`);
  if (row.dbid === null || row.db_unique_name === null)
    return refuse('ADY_RUN_STATE', `the identity of database ${row.database_id} is not known yet`);
  const bandwidth = row.policy?.bandwidthBytesPerSecond ?? null;
  return {
    // the policy's limit is the whole run's: its hosts share it
    ...(bandwidth === null ? {} : { bandwidthBytesPerSecond: Math.ceil(bandwidth / row.hosts) }),
    ...(isOwn || row.writer_session === null ? {} : { parentSession: row.writer_session }),
    ...(row.restore_plan === null ? {} : { restoreHandles: row.restore_plan.handles }),
    runId: row.id,
    fence: row.fence,
    databaseId: row.database_id,
    dbid: row.dbid,
    dbUniqueName: row.db_unique_name,
    mode: row.operation,
    state: row.state,
    stopping: row.cancel_requested_at !== null,
    tokenSha256,
  };
}
