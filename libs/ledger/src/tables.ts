// The ledger's tables as types, for the query builder. SCNs are text, byte counts and fences safe integers, times timestamptz.
import {
  type ByteTotals,
  type Discovery,
  type DiscoveryReport,
  type FoundDatabase,
  type JobName,
  type QueueFamily,
  type Reason,
  type RecoveryPointContents,
  type RunPlan,
  type RunScript,
  type VaultOperationKind,
  type VaultOperationOptions,
  type VaultOperationProgress,
  type VaultOperationReport,
} from '@adyton/contracts';
import {
  type AskedKind,
  type BackupLevel,
  type BackupPolicy,
  type DatabaseId,
  type DiscoveryEventKind,
  type DiscoveryId,
  type DryRunId,
  type FoundDatabaseId,
  type HostId,
  type Lane,
  type MisfireRule,
  type RecoveryPointId,
  type RequestId,
  type RequestState,
  type RequestTrigger,
  type RestorePlanId,
  type RunId,
  type RunPhase,
  type RunState,
  type ScheduleId,
  type Scn,
  type VaultOperationId,
  type VaultOperationState,
} from '@adyton/domain';
import { type ColumnType, type Generated } from 'kysely';
import {
  type AlertsTable,
  type ChannelsTable,
  type DeliveriesTable,
  type DeliveryAttemptsTable,
} from './alert-tables';
import { type KeystoreBackupsTable } from './keystore-tables';
import { type InstanceTables } from './run-instance-tables';
import {
  type PieceReleaseColumns,
  type PointRetentionColumns,
  type ReleaseSitesTable,
} from './retention-tables';

/** A jsonb column: read as the value, written as JSON text (`toJson`). */
type Json<T> = ColumnType<T, string, string>;
export type Operation = 'backup' | 'restore';

interface HostsTable {
  id: HostId;
  name: string;
  token_sha256: string;
  agent_version: string | null;
  agent_incarnation: string | null;
  last_seen_at: Date | null;
  created_at: Generated<Date>;
}

export interface DatabasesTable {
  id: DatabaseId;
  name: string;
  host_id: HostId;
  oracle_home: string;
  oracle_sid: string;
  connect_descriptor: string;
  channels: number;
  dbid: string | null;
  db_unique_name: string | null;
  created_at: Generated<Date>;
}

export interface SchedulesTable {
  id: ScheduleId;
  database_id: DatabaseId;
  kind: AskedKind;
  cron: string;
  time_zone: string;
  expiry_window_minutes: number;
  enabled: Generated<boolean>;
  next_at: Date | null;
  last_slot_at: Date | null;
  jitter_seconds: Generated<number>;
  misfire: Generated<MisfireRule>;
  /** Made by the database's policy and replaced with it. */
  of_policy: Generated<boolean>;
  created_at: Generated<Date>;
}

export interface DryRunsTable {
  id: DryRunId;
  database_id: DatabaseId;
  kind: AskedKind;
  plan: Json<RunPlan> | null;
  scripts: Json<RunScript[]> | null;
  reason: Json<Reason> | null;
  created_at: Generated<Date>;
  answered_at: Date | null;
}

interface PoliciesTable {
  database_id: DatabaseId;
  document: Json<BackupPolicy>;
  changed_at: Generated<Date>;
  changed_by: string;
}

export interface RequestsTable {
  id: RequestId;
  database_id: DatabaseId;
  operation: Operation;
  trigger: RequestTrigger;
  kind: AskedKind;
  lane: Lane;
  state: RequestState;
  reason: Json<Reason> | null;
  principal: string;
  schedule_id: ScheduleId | null;
  scheduled_at: Date | null;
  expires_at: Date | null;
  claim_by: Date | null;
  replay_of: RunId | null;
  restore_plan_id: RestorePlanId | null;
  /** Only of runs by hand. */
  idle_minutes: Generated<number | null>;
  dispatches: Generated<number>;
  dispatched_at: Date | null;
  /** Whose agent was rung last. */
  asked_host_id: Generated<HostId | null>;
  created_at: Generated<Date>;
  finished_at: Date | null;
}

export interface RunsTable {
  id: RunId;
  request_id: RequestId;
  database_id: DatabaseId;
  host_id: HostId;
  operation: Operation;
  lane: Lane;
  attempt: number;
  fence: Generated<number>;
  state: RunState;
  phase: RunPhase;
  level: BackupLevel | null;
  level_reason: string | null;
  reason: Json<Reason> | null;
  agent_incarnation: string;
  /** Null while the run is moved and not taken over yet. */
  sbt_token_sha256: string | null;
  /** Of the dedup-worker on the run's own host; those of other hosts belong to it. */
  writer_session: Generated<string | null>;
  lease_until: Date;
  cancel_requested_at: Date | null;
  /** Of a run by hand: it ends when no channel was open for so long. */
  idle_minutes: Generated<number | null>;
  /** SBT sessions, as the dedup-worker last told. */
  channels_open: Generated<number>;
  channels_seen_at: Generated<Date | null>;
  close_requested_at: Generated<Date | null>;
  /** The dedup-worker takes no more pieces. */
  sealed_at: Generated<Date | null>;
  bytes_expected: number | null;
  bytes_read: Generated<number>;
  bytes_new: Generated<number>;
  bytes_stored: Generated<number>;
  /** Grows only. */
  percent_done: Generated<number>;
  pieces_done: Generated<number>;
  plan: Json<RunPlan> | null;
  scripts: Json<RunScript[]> | null;
  contents: Json<RecoveryPointContents> | null;
  dispatches: Generated<number>;
  dispatched_at: Date | null;
  started_at: Generated<Date>;
  finished_at: Date | null;
  /** Of a failed run: what it left is let go, for ever. */
  partial_expired_at: Generated<Date | null>;
}

interface RunLogsTable {
  run_id: RunId;
  text: string;
  /** When its time was over: the text is empty since. */
  pruned_at: Generated<Date | null>;
}

interface PiecesTable extends PieceReleaseColumns {
  database_id: DatabaseId;
  handle: string;
  run_id: RunId;
  bytes: number;
  bytes_new: number;
  bytes_stored: number;
  /** By the clock of the host that closed it: for people, nothing is decided by it. */
  closed_at: Date;
  /** When verification found that the vault cannot give it back. */
  lost_at: Generated<Date | null>;
}

interface RecoveryPointsTable extends PointRetentionColumns {
  id: RecoveryPointId;
  database_id: DatabaseId;
  run_id: RunId;
  level: BackupLevel;
  tag: string;
  resetlogs_scn: Scn;
  consistent_scn: Scn;
  redo_from_scn: Scn;
  manifest_key: string;
  manifest_sha256: string;
  totals: Json<ByteTotals>;
  contents: Json<RecoveryPointContents>;
  started_at: Date; // these two by the ledger's clock, unless the point was found in the bucket
  completed_at: Date;
  created_at: Generated<Date>;
}

interface ArchivedLogsTable {
  recovery_point_id: RecoveryPointId;
  database_id: DatabaseId;
  resetlogs_scn: Scn;
  thread: number;
  sequence: number;
  first_scn: Scn;
  next_scn: Scn;
  handle: string;
}

export interface RestorePlanDocument {
  readonly controlFileHandle: string;
  readonly handles: string[];
  readonly dataFiles: { file: number; name: string; bytes: number }[];
  /** Absent in plans of older releases. */
  readonly missingFiles?: { file: number; name: string; detail: string }[];
  /** Absent in plans of older releases. */
  readonly recreatedFiles?: { file: number; name: string; creationScn: Scn }[];
  readonly archivedLogs: { thread: number; sequence: number }[];
  readonly bytesToRead: number;
  readonly script: string;
}

interface RestorePlansTable {
  id: RestorePlanId;
  database_id: DatabaseId;
  base_point_id: RecoveryPointId;
  until_scn: Scn;
  directory: string;
  oracle_sid: string;
  document: Json<RestorePlanDocument>;
  created_at: Generated<Date>;
}

interface OutboxTable {
  id: Generated<number>;
  family: QueueFamily;
  /** Null for a queue that no host owns. */
  host_id: HostId | null;
  job_name: JobName;
  payload: Json<unknown>;
  job_id: string;
  created_at: Generated<Date>;
  relayed_at: Date | null;
}

interface AuditEventsTable {
  id: Generated<number>;
  at: Generated<Date>;
  principal: string;
  action: string;
  subject: string;
  database_id: DatabaseId | null;
  reason: Json<Reason> | null;
  detail: string | null;
}

interface IdempotencyKeysTable {
  principal: string;
  key: string;
  request_sha256: string;
  answer: Json<unknown> | null;
  created_at: Generated<Date>;
}

export interface VaultOperationsTable {
  id: VaultOperationId;
  kind: VaultOperationKind;
  options: Json<VaultOperationOptions>;
  state: VaultOperationState;
  reason: Json<Reason> | null;
  progress: Json<VaultOperationProgress>;
  report: Json<VaultOperationReport> | null;
  principal: string;
  claim_by: Date;
  lease_until: Date | null;
  created_at: Generated<Date>;
  started_at: Date | null;
  finished_at: Date | null;
}

interface VaultVerifiedTable {
  only_row: Generated<boolean>;
  state: Json<unknown>;
}

interface DiscoveriesTable {
  id: DiscoveryId;
  host_id: HostId;
  trigger: Discovery['trigger'];
  principal: string;
  state: Discovery['state'];
  reason: Json<Reason> | null;
  report: Json<DiscoveryReport> | null;
  /** Every tool that says what is there could be asked and understood: only then does absence mean anything. */
  complete: Generated<boolean>;
  dispatches: Generated<number>;
  dispatched_at: Date | null;
  created_at: Generated<Date>;
  finished_at: Date | null;
}

interface FoundDatabasesTable {
  id: FoundDatabaseId;
  dbid: string;
  db_name: string;
  db_unique_name: string;
  resetlogs_scn: Scn;
  state: FoundDatabase['state'];
  duplicate: boolean;
  place_host_id: HostId;
  place_sid: string;
  place_oracle_home: string;
  database_id: DatabaseId | null;
  first_seen_at: Generated<Date>;
  last_seen_at: Generated<Date>;
}

interface FoundInstancesTable {
  found_database_id: FoundDatabaseId;
  host_id: HostId;
  sid: string;
  oracle_home: string;
  state: FoundDatabase['instances'][number]['state'];
  connect_descriptor: string | null;
  last_seen_at: Generated<Date>;
}

interface DiscoveryEventsTable {
  id: Generated<number>;
  at: Generated<Date>;
  discovery_id: DiscoveryId;
  host_id: HostId;
  kind: DiscoveryEventKind;
  found_database_id: FoundDatabaseId;
  database_id: DatabaseId | null;
  db_unique_name: string;
  detail: string;
}

export interface LedgerTables extends InstanceTables {
  hosts: HostsTable;
  databases: DatabasesTable;
  schedules: SchedulesTable;
  policies: PoliciesTable;
  keystore_backups: KeystoreBackupsTable;
  dry_runs: DryRunsTable;
  requests: RequestsTable;
  runs: RunsTable;
  run_logs: RunLogsTable;
  pieces: PiecesTable;
  recovery_points: RecoveryPointsTable;
  release_sites: ReleaseSitesTable;
  archived_logs: ArchivedLogsTable;
  restore_plans: RestorePlansTable;
  outbox: OutboxTable;
  audit_events: AuditEventsTable;
  idempotency_keys: IdempotencyKeysTable;
  vault_operations: VaultOperationsTable;
  vault_verified: VaultVerifiedTable;
  alerts: AlertsTable;
  notification_channels: ChannelsTable;
  deliveries: DeliveriesTable;
  delivery_attempts: DeliveryAttemptsTable;
  discoveries: DiscoveriesTable;
  found_databases: FoundDatabasesTable;
  found_instances: FoundInstancesTable;
  discovery_events: DiscoveryEventsTable;
}
