// Initialization parameters: what the lab's instance would have in its SPFILE. `parameters()` of the live state overrides single ones.
import { type ViewSource } from './view';

const FRA_BYTES = 10_737_418_240;
/** Those of a small 19c instance; the others are derived from the instance and its control file. */
const FIXED: Readonly<Record<string, string | null>> = {
  archive_lag_target: '0',
  backup_tape_io_slaves: 'FALSE',
  cluster_database: 'FALSE',
  compatible: '19.0.0',
  control_file_record_keep_time: '7',
  control_management_pack_access: 'NONE',
  db_block_checking: 'FALSE',
  db_block_checksum: 'TYPICAL',
  db_block_size: '8192',
  db_create_file_dest: null,
  db_domain: null,
  db_files: '200',
  db_flashback_retention_target: '1440',
  db_lost_write_protect: 'NONE',
  db_recovery_file_dest_size: String(FRA_BYTES),
  enable_pluggable_database: 'FALSE',
  fast_start_mttr_target: '0',
  large_pool_size: '0',
  local_listener: null,
  log_archive_config: null,
  log_archive_dest_1: 'LOCATION=USE_DB_RECOVERY_FILE_DEST',
  log_archive_dest_2: null,
  log_archive_dest_state_1: 'enable',
  log_archive_dest_state_2: 'enable',
  log_archive_format: '%t_%s_%r.arc',
  log_archive_max_processes: '4',
  nls_language: 'AMERICAN',
  nls_territory: 'AMERICA',
  open_cursors: '300',
  parallel_max_servers: '8',
  pga_aggregate_target: '536870912',
  processes: '300',
  remote_login_passwordfile: 'EXCLUSIVE',
  sessions: '472',
  sga_target: '1610612736',
  standby_file_management: 'MANUAL',
  statistics_level: 'TYPICAL',
  tape_asynch_io: 'TRUE',
  undo_management: 'AUTO',
  undo_tablespace: 'UNDOTBS1',
  wallet_root: null,
};

function hasContainers({ live, controlFile }: ViewSource): boolean {
  return live.identity().status !== 'STARTED' && controlFile().containers !== undefined;
}

/** Name to value; `null` = not set. */
export function allParameters(source: ViewSource): Record<string, string | null> {
  const { live } = source;
  const me = live.identity();
  const controlFiles = live.controlFiles?.() ?? [];
  // What uses it is on record in the control file, which is not there before MOUNT.
  const area = me.status === 'STARTED' ? undefined : live.recoveryArea?.();
  return {
    ...FIXED,
    db_name: me.dbName,
    db_unique_name: me.dbUniqueName,
    db_recovery_file_dest: area?.path ?? null,
    ...(area === undefined ? {} : { db_recovery_file_dest_size: String(area.limitBytes) }),
    instance_name: me.instanceName,
    instance_number: String(me.instanceNumber),
    service_names: me.dbUniqueName,
    spfile: `?/dbs/spfile${me.instanceName}.ora`,
    thread: String(me.thread),
    enable_pluggable_database: hasContainers(source) ? 'TRUE' : 'FALSE',
    cluster_database: (live.otherInstances?.() ?? []).length > 0 ? 'TRUE' : 'FALSE',
    ...live.parameters?.(),
    control_files: controlFiles.join(', '),
  };
}
