// Tables of runs and dry runs over several instances, as types for the query builder.
import { type ChannelPlace, type Reason, type RunPlan } from '@adyton/contracts';
import { type DryRunId, type HostId, type RunId, type RunInstanceState } from '@adyton/domain';
import { type ColumnType, type Generated } from 'kysely';

interface RunInstancesTable {
  run_id: RunId;
  sid: string;
  host_id: HostId;
  oracle_home: string;
  connect_descriptor: string;
  state: RunInstanceState;
  sbt_token_sha256: string | null;
  place: ColumnType<ChannelPlace | null, string | null, string | null>;
  checks: ColumnType<RunPlan['checks'], string | undefined, string>;
  detail: string | null;
  /** When its agent last said anything, by Postgres time. */
  seen_at: Generated<Date>;
}

interface DryRunInstancesTable {
  dry_run_id: DryRunId;
  sid: string;
  host_id: HostId;
  oracle_home: string;
  connect_descriptor: string;
  state: RunInstanceState;
  place: RunInstancesTable['place'];
  checks: RunInstancesTable['checks'];
}

interface RunIngestTable {
  run_id: RunId;
  host_id: HostId;
  bytes_read: number;
  bytes_new: number;
  bytes_stored: number;
}

interface RunMovesTable {
  run_id: RunId;
  /** Of the run since this move. */
  fence: number;
  from_sid: string;
  from_host_id: HostId;
  to_sid: string;
  to_host_id: HostId;
  to_oracle_home: string;
  to_connect_descriptor: string;
  reason: ColumnType<Reason, string, string>;
  moved_at: Generated<Date>;
  taken_at: Generated<Date | null>;
  dispatches: Generated<number>;
  dispatched_at: Generated<Date | null>;
}

/** By their names in the schema. */
export interface InstanceTables {
  run_instances: RunInstancesTable;
  run_ingest: RunIngestTable;
  run_moves: RunMovesTable;
  dry_run_instances: DryRunInstancesTable;
}
