// Every question the agent asks a target database. Views and columns: Oracle Database Reference 19c, dynamic performance views.

export const QUERIES = {
  database: `SELECT dbid, name, db_unique_name, log_mode, open_mode, database_role, platform_name, resetlogs_change#, current_scn
    FROM v$database`,
  instance: 'SELECT instance_name, version_full, status FROM v$instance',
  /** Of the whole cluster. */
  instances: `SELECT instance_name FROM gv$instance WHERE status = 'OPEN' ORDER BY inst_id`,
  /** 0 in a database without containers, 1 in the root, more in a pluggable database. */
  container: `SELECT SYS_CONTEXT('USERENV', 'CON_ID') con_id FROM dual`,
  /** In the root of a container database; the second view needs an open one. */
  pluggableDatabases: `SELECT p.con_uid, p.name, d.status FROM v$pdbs p LEFT JOIN dba_pdbs d ON d.pdb_id = p.con_id ORDER BY p.con_id`,
  spfile: `SELECT value FROM v$parameter WHERE name = 'spfile'`,
  /** Days: the control file may overwrite records of backups that are older. */
  recordKeepDays: `SELECT value FROM v$parameter WHERE name = 'control_file_record_keep_time'`,
  /** Known from NOMOUNT on: the places of the control files, whether they exist or not. */
  controlFiles: `SELECT name, value FROM v$parameter2 WHERE name = 'control_files' ORDER BY ordinal`,
  dataFiles: `SELECT f.file#, f.name, t.name tablespace, f.bytes, f.block_size, f.status, f.enabled, f.creation_change#, f.checkpoint_change#,
      f.unrecoverable_change#, f.plugged_in, f.plugin_change#, p.con_uid, p.open_mode, h.error header_error
    FROM v$datafile f JOIN v$tablespace t ON t.ts# = f.ts# AND t.con_id = f.con_id
    LEFT JOIN v$pdbs p ON p.con_id = f.con_id LEFT JOIN v$datafile_header h ON h.file# = f.file# ORDER BY f.file#`,
  /** What RMAN may take as a parent, oldest first: of this incarnation, of the file as it is now; sets with an available piece, image copies. */
  bases: `SELECT b.file#, b.incremental_level, b.checkpoint_change#, p.handle, p.device_type, p.stamp
    FROM v$backup_datafile b
    JOIN v$backup_piece p ON p.set_stamp = b.set_stamp AND p.set_count = b.set_count
    JOIN v$datafile d ON d.file# = b.file# AND d.creation_change# = b.creation_change#
    WHERE b.incremental_level IN (0, 1) AND p.status = 'A' AND p.piece# = 1
      AND b.resetlogs_change# = (SELECT resetlogs_change# FROM v$database)
    UNION ALL
    SELECT c.file#, c.incremental_level, c.checkpoint_change#, c.name, 'DISK', c.stamp
    FROM v$datafile_copy c
    JOIN v$datafile d ON d.file# = c.file# AND d.creation_change# = c.creation_change#
    WHERE c.incremental_level = 0 AND c.status = 'A' AND c.name IS NOT NULL
      AND c.resetlogs_change# = (SELECT resetlogs_change# FROM v$database)
    ORDER BY 6`,
  /** The PARMS of a configured channel may hold another vendor's secrets: they stay where they are. */
  configuration: `SELECT name, DECODE(name, 'CHANNEL', NULL, value) value FROM v$rman_configuration ORDER BY conf#`,
  archivedLogs: `SELECT thread#, sequence#, resetlogs_change#, first_change#, next_change#, blocks * block_size bytes, name,
      FLOOR((SYSDATE - completion_time) * 24) age_hours
    FROM v$archived_log WHERE status = 'A' AND deleted = 'NO' AND standby_dest = 'NO' AND name IS NOT NULL ORDER BY thread#, sequence#`,
  backupPieces: `SELECT handle, set_stamp, set_count, status, bytes, tag FROM v$backup_piece WHERE handle LIKE :handle_pattern`,
  /** What RMAN may take from tape, and what it would if it were there. */
  listedPieces: `SELECT handle, status FROM v$backup_piece WHERE device_type = 'SBT_TAPE' AND status <> 'D'`,
  backupDataFiles: `SELECT b.file#, b.set_stamp, b.set_count, b.incremental_level, b.incremental_change#, b.checkpoint_change#,
      b.absolute_fuzzy_change#, b.resetlogs_change#, p.handle
    FROM v$backup_datafile b
    JOIN v$backup_piece p ON p.set_stamp = b.set_stamp AND p.set_count = b.set_count
    WHERE b.file# > 0 AND p.status = 'A' ORDER BY b.file#, b.set_stamp, b.set_count, p.piece#`,
  /** By piece: BACKUP with file 1, BACKUP CURRENT CONTROLFILE and autobackups all leave one. */
  backupControlFiles: `SELECT p.handle, b.checkpoint_change#
    FROM v$backup_datafile b
    JOIN v$backup_piece p ON p.set_stamp = b.set_stamp AND p.set_count = b.set_count
    WHERE b.file# = 0 AND p.status = 'A' AND p.piece# = 1 ORDER BY b.checkpoint_change#, b.recid`,
  backupSpfiles: `SELECT p.handle
    FROM v$backup_spfile b
    JOIN v$backup_piece p ON p.set_stamp = b.set_stamp AND p.set_count = b.set_count
    WHERE p.status = 'A' AND p.piece# = 1 ORDER BY b.recid`,
  backupRedoLogs: `SELECT l.thread#, l.sequence#, l.resetlogs_change#, l.first_change#, l.next_change#, p.handle
    FROM v$backup_redolog l
    JOIN v$backup_piece p ON p.set_stamp = l.set_stamp AND p.set_count = l.set_count
    WHERE p.status = 'A' AND p.piece# = 1 ORDER BY l.thread#, l.sequence#`,
  /** Newest first, so that the first row of a file is its last level 1. */
  blocksOfLevel1: `SELECT file#, blocks * block_size bytes, blocks_read * block_size bytes_read, datafile_blocks * block_size file_bytes,
      used_change_tracking FROM v$backup_datafile
    WHERE incremental_level = 1 AND file# > 0 ORDER BY completion_time DESC`,
  /** What backups and validations found, until the blocks are read whole again. */
  corruptBlocks: `SELECT c.file#, c.block#, c.blocks, c.corruption_type, d.name FROM v$database_block_corruption c
    LEFT JOIN v$datafile d ON d.file# = c.file# ORDER BY c.file#, c.block#`,
  recoveryArea: 'SELECT space_limit, space_used, space_reclaimable FROM v$recovery_file_dest',
  /** Of every instance; PARALLEL says whether it belongs to a cluster. */
  releases: 'SELECT instance_name, version_full, thread#, parallel FROM gv$instance ORDER BY inst_id',
  /** The edition stands nowhere else as plainly; older releases have rows for PL/SQL and others too. */
  banner: `SELECT banner FROM v$version WHERE banner LIKE 'Oracle%Database%'`,
  /** Where every instance of a cluster reads and writes. */
  sharedPaths:
    'SELECT name FROM v$controlfile UNION ALL SELECT name FROM v$recovery_file_dest WHERE name IS NOT NULL',
  changeTracking: 'SELECT status FROM v$block_change_tracking',
  /** Channels of whoever runs RMAN now. Rows of v$rman_status outlive the RMAN that made them, and of other instances they show nothing. */
  rmanChannels: `SELECT inst_id, sid, program, client_info FROM gv$session WHERE client_info LIKE '%rman channel=%' ORDER BY inst_id, sid`,
  keystores: 'SELECT con_id, status FROM v$encryption_wallet ORDER BY con_id, wrl_type',
  encryptedTablespaces: `SELECT e.con_id, t.name, RAWTOHEX(e.masterkeyid) key_id FROM v$encrypted_tablespaces e
    JOIN v$tablespace t ON t.ts# = e.ts# AND t.con_id = e.con_id ORDER BY e.con_id, t.name`,
  /** RMAN's own session shows `id=<command id>`, a channel's its name as well. */
  rmanSessions: `SELECT inst_id, sid, serial# FROM gv$session WHERE ',' || client_info || ',' LIKE :command_id_pattern`,
  archiveLogCurrent: 'ALTER SYSTEM ARCHIVE LOG CURRENT',
} as const;
