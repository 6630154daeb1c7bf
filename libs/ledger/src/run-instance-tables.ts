// Tables of runs over several instances, as types for the query builder.
import { type ChannelPlace, type RunPlan } from '@adyton/contracts';
import { type HostId, type RunId, type RunInstanceState } from '@adyton/domain';
import { type ColumnType, type Generated } from 'kysely';

export interface RunInstancesTable {
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

export interface RunIngestTable {
  run_id: RunId;
  host_id: HostId;
  bytes_read: number;
  bytes_new: number;
  bytes_stored: number;
}
