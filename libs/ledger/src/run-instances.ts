// The other instances of a cluster in a run: their hosts are asked, say how they are, and go on saying so until the run is over. Nothing
// here decides about the run; its own agent does, from what it reads here.
import { type Database, type InstancesOfRun, type InstanceWord, type RunInstance } from '@adyton/contracts';
import {
  isTerminal,
  runInstanceTransitions,
  runTransitions,
  transition,
  type HostId,
  type RunId,
  type RunInstanceState,
} from '@adyton/domain';
import { sql } from 'kysely';
import { databaseOfRun } from './database-of-run';
import { inTransaction, type LedgerSession } from './ledger';
import { addToOutbox } from './outbox';
import { refuse, type Refusal } from './refusal';
import { isRefusal, lockFencedRun, lockOwnRun, wrongState, type FencedRun, type RunRow } from './runs';
import { now, toJson } from './sql-values';

export interface OtherInstance {
  readonly sid: string;
  readonly hostId: HostId;
  readonly hostName: string;
  readonly oracleHome: string;
  readonly connectDescriptor: string;
}

/** Running instances of the cluster on other hosts, as the last discovery found them; none of a database without a cluster. */
export async function listOtherInstances(
  session: LedgerSession,
  { id, hostId }: Pick<Database, 'id' | 'hostId'>,
): Promise<OtherInstance[]> {
  const rows = await session
    .selectFrom('found_instances')
    .innerJoin('found_databases', 'found_databases.id', 'found_instances.found_database_id')
    .innerJoin('hosts', 'hosts.id', 'found_instances.host_id')
    .select(['found_instances.sid', 'found_instances.host_id', 'hosts.name'])
    .select(['found_instances.connect_descriptor', 'found_instances.oracle_home'])
    .where('found_databases.database_id', '=', id)
    .where('found_databases.duplicate', '=', false) // hosts that are no cluster share nothing
    .where('found_instances.state', '=', 'running')
    .where('found_instances.host_id', '!=', hostId)
    .orderBy('found_instances.sid')
    .execute();
  return rows.flatMap((row) =>
    row.connect_descriptor === null
      ? []
      : [
          {
            sid: row.sid,
            hostId: row.host_id,
            hostName: row.name,
            oracleHome: row.oracle_home,
            connectDescriptor: row.connect_descriptor,
          },
        ],
  );
}

/** Rings the agents of the other instances, once for each run. */
export function askInstances(session: LedgerSession, run: FencedRun): Promise<Refusal | null> {
  return inTransaction(session, async (tx) => {
    const row = await lockFencedRun(tx, run);
    if (isRefusal(row)) return row;
    if (isTerminal(runTransitions, row.state)) return wrongState(row);
    const database = { id: row.database_id, hostId: row.host_id };
    for (const other of await listOtherInstances(tx, database)) await ask(tx, row, other);
    return null;
  });
}

async function ask(tx: LedgerSession, run: RunRow, other: OtherInstance): Promise<void> {
  const made = await tx
    .insertInto('run_instances')
    .values({
      run_id: run.id,
      sid: other.sid,
      host_id: other.hostId,
      oracle_home: other.oracleHome,
      connect_descriptor: other.connectDescriptor,
      state: 'asked',
      sbt_token_sha256: null,
      place: null,
      detail: null,
    })
    .onConflict((c) => c.columns(['run_id', 'sid']).doNothing())
    .returning('sid')
    .executeTakeFirst();
  if (made === undefined) return;
  await addToOutbox(tx, {
    jobName: 'instance.join',
    hostId: other.hostId,
    payload: { v: 1, runId: run.id, fence: run.fence, sid: other.sid },
    jobId: `${run.id}.${run.fence}.${other.sid}`,
  });
}

/** @param silentSeconds an agent that said nothing for longer is silent */
export function listRunInstances(
  session: LedgerSession,
  run: Pick<FencedRun, 'runId' | 'hostId'>,
  silentSeconds: number,
): Promise<(InstancesOfRun & { kind: 'listed' }) | Refusal> {
  return inTransaction(session, async (tx) => {
    const row = await lockOwnRun(tx, run);
    if (isRefusal(row)) return row;
    const items = await tx
      .selectFrom('run_instances')
      .innerJoin('hosts', 'hosts.id', 'run_instances.host_id')
      .selectAll('run_instances')
      .select('hosts.name as host_name')
      .select(
        sql<boolean>`run_instances.seen_at < adyton.now() - make_interval(secs => ${silentSeconds})`.as(
          'silent',
        ),
      )
      .where('run_id', '=', row.id)
      .orderBy('sid')
      .execute();
    return {
      kind: 'listed',
      writerSession: row.writer_session,
      items: items.map((item): RunInstance => ({
        sid: item.sid,
        hostName: item.host_name,
        connectDescriptor: item.connect_descriptor,
        state: item.state,
        place: item.place,
        checks: item.checks,
        silent: item.silent,
        detail: item.detail,
      })),
    };
  });
}

/** A host of the cluster that acts for its instance in a run of another host. */
export interface FencedInstance extends FencedRun {
  readonly sid: string;
}

export interface Joined {
  readonly kind: 'joined';
  readonly fence: number;
  readonly database: Database;
  readonly oracleHome: string;
  readonly connectDescriptor: string;
}

/** @param tokenSha256 of the SBT sessions on that host; it takes the place of an earlier one */
export function joinRun(
  session: LedgerSession,
  { tokenSha256, ...instance }: FencedInstance & { readonly tokenSha256: string },
): Promise<Joined | Refusal> {
  return inTransaction(session, async (tx) => {
    const found = await lockInstance(tx, instance);
    if (isRefusal(found)) return found;
    const { run } = found;
    if (isTerminal(runTransitions, run.state)) return wrongState(run);
    await update(tx, instance, { sbt_token_sha256: tokenSha256 });
    const database = await databaseOfRun(tx, run);
    const { oracleHome, connectDescriptor } = found;
    return { kind: 'joined', fence: run.fence, database, oracleHome, connectDescriptor };
  });
}

/** Each word is a sign of life too. @returns whether the run still wants the instance */
export function recordInstanceWord(
  session: LedgerSession,
  { word, ...instance }: FencedInstance & { readonly word: InstanceWord },
): Promise<{ kind: 'heard'; goesOn: boolean } | Refusal> {
  return inTransaction(session, async (tx) => {
    const found = await lockInstance(tx, instance);
    if (isRefusal(found)) return found;
    const { run, state } = found;
    const goesOn = !isTerminal(runTransitions, run.state);
    if (!goesOn) return { kind: 'heard', goesOn };
    if (word.state === 'alive') await update(tx, instance, {});
    else if (transition(runInstanceTransitions, state, word.state).kind !== 'refused')
      await update(tx, instance, changeOf(word));
    return { kind: 'heard', goesOn: word.state === 'alive' ? state === 'eligible' : goesOn };
  });
}

function changeOf(word: Exclude<InstanceWord, { state: 'alive' }>): InstanceChange {
  if (word.state === 'lost') return { state: 'lost', detail: word.detail };
  const place = word.state === 'eligible' ? toJson(word.place) : null;
  return { state: word.state, place, checks: toJson(word.checks) };
}

interface InstanceChange {
  readonly state?: RunInstanceState;
  readonly sbt_token_sha256?: string;
  readonly place?: string | null;
  readonly checks?: string;
  readonly detail?: string;
}

async function update(
  tx: LedgerSession,
  { runId, sid }: FencedInstance,
  change: InstanceChange,
): Promise<void> {
  await tx
    .updateTable('run_instances')
    .set({ ...change, seen_at: now })
    .where('run_id', '=', runId as RunId)
    .where('sid', '=', sid)
    .execute();
}

interface LockedInstance {
  readonly run: RunRow;
  readonly state: RunInstanceState;
  readonly oracleHome: string;
  readonly connectDescriptor: string;
}

async function lockInstance(
  tx: LedgerSession,
  { runId, hostId, fence, sid }: FencedInstance,
): Promise<LockedInstance | Refusal> {
  const row = await tx
    .selectFrom('run_instances')
    .select(['state', 'oracle_home', 'connect_descriptor'])
    .where('run_id', '=', runId as RunId)
    .where('host_id', '=', hostId)
    .where('sid', '=', sid)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined)
    return refuse('ADY_FORBIDDEN', `this host was not asked to take part in run ${runId} with ${sid}`);
  const run = await tx
    .selectFrom('runs')
    .selectAll()
    .where('id', '=', runId as RunId)
    .executeTakeFirstOrThrow();
  if (run.fence !== fence) return refuse('ADY_FENCED', `run ${runId} has fence ${run.fence}, not ${fence}`);
  return { run, state: row.state, oracleHome: row.oracle_home, connectDescriptor: row.connect_descriptor };
}

/** A run as the dedup-worker of any of its hosts may report on it. */
export async function lockRunOfHost(
  tx: LedgerSession,
  { runId, hostId, fence }: FencedRun,
): Promise<RunRow | Refusal> {
  const takesPart = await tx
    .selectFrom('run_instances')
    .select('sid')
    .where('run_id', '=', runId as RunId)
    .where('host_id', '=', hostId)
    .limit(1)
    .executeTakeFirst();
  if (takesPart === undefined) return lockFencedRun(tx, { runId, hostId, fence });
  const run = await tx
    .selectFrom('runs')
    .selectAll()
    .where('id', '=', runId as RunId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return run.fence === fence
    ? run
    : refuse('ADY_FENCED', `run ${runId} has fence ${run.fence}, not ${fence}`);
}
