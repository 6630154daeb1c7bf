// The other instances of a cluster in a dry run: their hosts are asked when it is, and each says once how its instance is. Nothing takes part.
import { type Database, type InstanceVerdict, type RunInstance } from '@adyton/contracts';
import { type DryRunId, type HostId } from '@adyton/domain';
import { type LedgerSession } from './ledger';
import { addToOutbox } from './outbox';
import { refuse, type Refusal } from './refusal';
import { listOtherInstances } from './run-instances';
import { toJson } from './sql-values';

/** Rings the agents of the instances that a backup would ask. */
export async function askDryRunInstances(
  tx: LedgerSession,
  id: DryRunId,
  database: Pick<Database, 'id' | 'hostId'>,
): Promise<void> {
  for (const { sid, hostId, oracleHome, connectDescriptor } of await listOtherInstances(tx, database)) {
    await tx
      .insertInto('dry_run_instances')
      .values({
        ...{ dry_run_id: id, sid, host_id: hostId },
        ...{ oracle_home: oracleHome, connect_descriptor: connectDescriptor },
        ...{ state: 'asked', place: null },
      })
      .execute();
    await addToOutbox(tx, {
      jobName: 'instance.check',
      hostId,
      payload: { v: 1, dryRunId: id, sid },
      jobId: `${id}.${sid}`,
    });
  }
}

export async function listDryRunInstances(session: LedgerSession, id: DryRunId): Promise<RunInstance[]> {
  const rows = await session
    .selectFrom('dry_run_instances')
    .innerJoin('hosts', 'hosts.id', 'dry_run_instances.host_id')
    .select(['sid', 'hosts.name', 'connect_descriptor', 'state', 'place', 'checks'])
    .where('dry_run_id', '=', id)
    .orderBy('sid')
    .execute();
  return rows.map(({ sid, name, connect_descriptor, state, place, checks }) => ({
    ...{ sid, hostName: name, connectDescriptor: connect_descriptor },
    ...{ state, place, checks, silent: false, detail: null },
  }));
}

/** An instance of a dry run, by the host that was asked about it. */
export interface AskedInstance {
  readonly dryRunId: string;
  readonly sid: string;
  readonly hostId: HostId;
}

interface FoundInstance {
  readonly kind: 'found';
  readonly databaseId: Database['id'];
  readonly oracleHome: string;
  readonly connectDescriptor: string;
}

export async function findDryRunInstance(
  session: LedgerSession,
  { dryRunId, sid, hostId }: AskedInstance,
): Promise<FoundInstance | Refusal> {
  const row = await session
    .selectFrom('dry_run_instances')
    .innerJoin('dry_runs', 'dry_runs.id', 'dry_run_instances.dry_run_id')
    .select(['dry_runs.database_id', 'oracle_home', 'connect_descriptor'])
    .where('dry_run_id', '=', dryRunId as DryRunId)
    .where('sid', '=', sid)
    .where('dry_run_instances.host_id', '=', hostId)
    .executeTakeFirst();
  if (row === undefined)
    return refuse('ADY_FORBIDDEN', `this host was not asked about ${sid} for dry run ${dryRunId}`);
  const { database_id: databaseId, oracle_home: oracleHome, connect_descriptor: connectDescriptor } = row;
  return { kind: 'found', databaseId, oracleHome, connectDescriptor };
}

/** The first answer counts. */
export async function answerDryRunInstance(
  session: LedgerSession,
  { dryRunId, sid, hostId, verdict }: AskedInstance & { readonly verdict: InstanceVerdict },
): Promise<void> {
  const place = verdict.state === 'eligible' ? toJson(verdict.place) : null;
  await session
    .updateTable('dry_run_instances')
    .set({ state: verdict.state, place, checks: toJson(verdict.checks) })
    .where('dry_run_id', '=', dryRunId as DryRunId)
    .where('sid', '=', sid)
    .where('host_id', '=', hostId)
    .where('state', '=', 'asked')
    .execute();
}
