// The questions a backup product asks a database, each in two wordings: other case, aliases, order of tables and conditions. Both must
// run, and both must answer the same rows.

export interface ProductQuery {
  name: string;
  sql: string;
  reworded: string;
  binds?: (number | string)[];
}

export const PRODUCT_QUERIES: readonly ProductQuery[] = [
  {
    name: 'database',
    sql: `SELECT dbid, name, db_unique_name, log_mode, open_mode, database_role, cdb, force_logging, flashback_on, controlfile_type, current_scn,
       resetlogs_change#, resetlogs_time, platform_name, supplemental_log_data_min FROM v$database`,
    reworded: `select d.DBID as id, d.NAME, d.DB_UNIQUE_NAME uniq, d.LOG_MODE, d.OPEN_MODE, d.DATABASE_ROLE, d.CDB, d.FORCE_LOGGING, d.FLASHBACK_ON,
       d.CONTROLFILE_TYPE, d.CURRENT_SCN "scn", d.RESETLOGS_CHANGE#, d.RESETLOGS_TIME, d.PLATFORM_NAME, d.SUPPLEMENTAL_LOG_DATA_MIN from sys.v_$database d`,
  },
  {
    name: 'instances',
    sql: `SELECT inst_id, instance_number, instance_name, host_name, version, version_full /*18c+*/, status, database_status, parallel, thread#,
       archiver, logins, instance_role, startup_time FROM gv$instance`,
    reworded: `select 1, instance_number, instance_name, host_name, version, version_full, status, database_status, parallel, thread#, archiver, logins,
       instance_role, startup_time from v$instance -- this instance only`,
  },
  {
    name: 'active instances',
    sql: 'SELECT inst_number, inst_name FROM v$active_instances',
    reworded: 'select inst_number, inst_name from gv$active_instances where inst_id = 1 order by 1',
  },
  {
    name: 'threads',
    sql: 'SELECT thread#, status, enabled, instance, sequence# FROM v$thread',
    reworded:
      'Select T.Thread#, T.Status, T.Enabled, T.Instance, T.Sequence# From V$Thread T Where T.Thread# Is Not Null',
  },
  {
    name: 'version',
    sql: 'SELECT banner_full FROM v$version',
    reworded: 'select v.banner_full as b from v$version v',
  },
  {
    name: 'parameters',
    sql: `SELECT name, value FROM v$parameter WHERE name IN ('spfile','compatible','db_block_size','cluster_database','db_recovery_file_dest',
       'db_recovery_file_dest_size','log_archive_dest_1','log_archive_format','backup_tape_io_slaves','large_pool_size','instance_number',
       'service_names','local_listener','enable_pluggable_database','control_file_record_keep_time','db_block_checksum')`,
    reworded: `select p.name, p.value from v$parameter p where p.name = 'spfile' or lower(p.name) in ('compatible','db_block_size','cluster_database',
       'db_recovery_file_dest','db_recovery_file_dest_size','log_archive_dest_1','log_archive_format','backup_tape_io_slaves','large_pool_size',
       'instance_number','service_names','local_listener','enable_pluggable_database','control_file_record_keep_time','db_block_checksum') order by 1`,
  },
  {
    name: 'pluggable databases',
    sql: 'SELECT con_id, name, open_mode, restricted, guid, total_size FROM v$pdbs',
    reworded: 'select con_id, name, open_mode, restricted, guid, total_size from v$pdbs order by con_id',
  },
  {
    name: 'RMAN configuration',
    sql: 'SELECT name, value FROM v$rman_configuration',
    reworded: 'select c.name, c.value from v$rman_configuration c where c.conf# > 0',
  },
  {
    name: 'recovery area',
    sql: 'SELECT name, space_limit, space_used, space_reclaimable, number_of_files FROM v$recovery_file_dest',
    reworded:
      'select name, space_limit, (space_used), space_reclaimable, number_of_files from v$recovery_file_dest where space_limit >= 0',
  },
  {
    name: 'recovery area by type',
    sql: 'SELECT file_type, percent_space_used, percent_space_reclaimable, number_of_files FROM v$recovery_area_usage',
    reworded:
      'select file_type, percent_space_used, percent_space_reclaimable, number_of_files from v$recovery_area_usage order by percent_space_used desc',
  },
  {
    name: 'archive destinations',
    sql: `SELECT dest_id, dest_name, status, target, destination, error FROM v$archive_dest WHERE status<>'INACTIVE'`,
    reworded: `select dest_id, dest_name, status, target, destination, error from v$archive_dest where not status = 'INACTIVE'`,
  },
  {
    name: 'block change tracking',
    sql: 'SELECT status, filename, bytes FROM v$block_change_tracking',
    reworded: 'select b.status, b.filename, b.bytes from v$block_change_tracking b',
  },
  {
    name: 'data files',
    sql: `SELECT f.file#, f.rfile#, f.con_id, f.ts#, t.name tablespace, f.name, f.bytes, f.blocks, f.block_size, f.status, f.enabled,
       f.creation_change#, f.checkpoint_change#, f.last_change#, f.unrecoverable_change#
       FROM v$datafile f JOIN v$tablespace t ON t.ts#=f.ts# AND t.con_id=f.con_id`,
    reworded: `select df.file#, df.rfile#, df.con_id, df.ts#, ts.name, df.name, df.bytes, df.blocks, df.block_size, df.status, df.enabled,
       df.creation_change#, df.checkpoint_change#, df.last_change#, df.unrecoverable_change#
       from v$tablespace ts, v$datafile df where df.con_id = ts.con_id and ts.ts# = df.ts# order by df.file# desc`,
  },
  {
    name: 'data file headers',
    sql: 'SELECT file#, status, error, recover, fuzzy, checkpoint_change#, checkpoint_time, undo_opt_current_change# FROM v$datafile_header',
    reworded:
      'select h.file#, h.status, h.error, h.recover, h.fuzzy, h.checkpoint_change#, h.checkpoint_time, h.undo_opt_current_change# from v$datafile_header h',
  },
  {
    name: 'temporary files',
    sql: 'SELECT file#, name, bytes FROM v$tempfile',
    reworded: 'select file#, name, bytes from gv$tempfile',
  },
  {
    name: 'redo logs',
    sql: 'SELECT group#, thread#, bytes, members, status, archived FROM v$log',
    reworded:
      'select l.group#, l.thread#, l.bytes, l.members, l.status, l.archived from v$log l join v$logfile m on m.group# = l.group#',
  },
  {
    name: 'corrupt blocks',
    sql: 'SELECT file#, block#, blocks, corruption_type FROM v$database_block_corruption',
    reworded:
      'select file#, block#, blocks, corruption_type from v$database_block_corruption order by file#, block#',
  },
  {
    name: 'files to recover',
    sql: 'SELECT file#, online_status, error FROM v$recover_file',
    reworded: 'select r.file#, r.online_status, r.error from v$recover_file r',
  },
  {
    name: 'hot backup mode',
    sql: `SELECT file#, status, time FROM v$backup WHERE status='ACTIVE'`,
    reworded: `select file#, status, time from v$backup where status like 'ACTIVE%'`,
  },
  {
    name: 'used space',
    sql: `SELECT d.file_id, d.bytes - NVL(SUM(s.bytes),0) used FROM dba_data_files d LEFT JOIN dba_free_space s ON s.file_id=d.file_id
       GROUP BY d.file_id, d.bytes`,
    reworded: `select df.file_id, df.bytes - coalesce((select sum(fs.bytes) from cdb_free_space fs where fs.file_id = df.file_id), 0) as used_bytes
       from cdb_data_files df order by used_bytes`,
  },
  {
    name: 'past backups of files',
    sql: `SELECT file#, con_id, incremental_level, completion_time, datafile_blocks, blocks_read, blocks, block_size, used_change_tracking,
       used_optimization, checkpoint_change#, incremental_change#  FROM v$backup_datafile WHERE file#>0 AND completion_time>SYSDATE-35`,
    reworded: `select b.file#, b.con_id, b.incremental_level, b.completion_time, b.datafile_blocks, b.blocks_read, b.blocks, b.block_size,
       b.used_change_tracking, b.used_optimization, b.checkpoint_change#, b.incremental_change# from v$backup_datafile b
       where sysdate - 35 < b.completion_time and 0 < b.file# order by b.recid`,
  },
  {
    name: 'read rates with change tracking',
    sql: `SELECT file#, AVG(datafile_blocks), AVG(blocks_read), AVG(blocks), AVG(blocks_read/datafile_blocks)*100 pct_read FROM v$backup_datafile
       WHERE used_change_tracking='NO' AND incremental_level>0 GROUP BY file#`,
    reworded: `select file#, avg(datafile_blocks), avg(blocks_read), avg(blocks), 100 * avg(blocks_read / datafile_blocks) as pct
       from v$backup_datafile where incremental_level > 0 and used_change_tracking = 'NO' group by file# order by 5`,
  },
  {
    name: 'archived logs to back up',
    sql: `SELECT inst.thread#, a.sequence#, a.first_change#, a.next_change#, a.name, a.blocks*a.block_size bytes, a.completion_time, a.backup_count,
       a.deleted, a.status, a.standby_dest, a.resetlogs_id  FROM v$archived_log a JOIN v$thread inst ON inst.thread#=a.thread#
       WHERE a.deleted='NO' AND a.standby_dest='NO' AND a.backup_count=0 AND a.status='A' AND a.name IS NOT NULL`,
    reworded: `select t.thread#, l.sequence#, l.first_change#, l.next_change#, l.name, l.block_size * l.blocks, l.completion_time, l.backup_count, l.deleted,
       l.status, l.standby_dest, l.resetlogs_id from v$thread t, v$archived_log l
       where l.name is not null and (l.status, l.deleted, l.standby_dest) in (('A', 'NO', 'NO')) and l.backup_count < 1 and t.thread# = l.thread#`,
  },
  {
    name: 'files without a level 0',
    sql: `SELECT d.file# FROM v$datafile d WHERE NOT EXISTS (SELECT 1 FROM v$backup_datafile b WHERE b.file#=d.file# AND b.incremental_level=0
       AND b.creation_change#=d.creation_change# AND b.resetlogs_change#=(SELECT resetlogs_change# FROM v$database))`,
    reworded: `select file# from v$datafile minus select b.file# from v$backup_datafile b, v$datafile d, v$database v where b.file# = d.file#
       and b.incremental_level = 0 and d.creation_change# = b.creation_change# and v.resetlogs_change# = b.resetlogs_change#`,
  },
  {
    name: 'incarnations',
    sql: 'SELECT incarnation#, resetlogs_change#, resetlogs_time, status FROM v$database_incarnation',
    reworded: `select incarnation#, resetlogs_change#, resetlogs_time, status from v$database_incarnation where status in ('CURRENT', 'PARENT', 'ORPHAN')`,
  },
  {
    name: 'progress',
    sql: `SELECT inst_id, sid, serial#, context, sofar, totalwork, ROUND(sofar/totalwork*100,2) pct, elapsed_seconds, time_remaining, opname, message
       FROM gv$session_longops WHERE opname LIKE 'RMAN%' AND opname NOT LIKE '%aggregate%' AND totalwork<>0 AND sofar<>totalwork`,
    reworded: `select o.inst_id, o.sid, o.serial#, o.context, o.sofar, o.totalwork, round(100 * o.sofar / o.totalwork, 2), o.elapsed_seconds, o.time_remaining,
       o.opname, o.message from gv$session_longops o where o.totalwork > 0 and o.sofar < o.totalwork and substr(o.opname, 1, 4) = 'RMAN'
       and instr(o.opname, 'aggregate') = 0`,
  },
  {
    name: 'channels',
    sql: `SELECT s.inst_id, s.sid, p.spid, s.client_info, s.event, s.seconds_in_wait, s.program FROM gv$session s
       JOIN gv$process p ON p.addr=s.paddr AND p.inst_id=s.inst_id WHERE s.client_info LIKE '%ady:%'`,
    reworded: `select se.inst_id, se.sid, pr.spid, se.client_info, se.event, se.seconds_in_wait, se.program from gv$process pr, gv$session se
       where pr.inst_id = se.inst_id and se.paddr = pr.addr and se.client_info like '%ady:%'`,
  },
  {
    name: 'disk I/O',
    sql: `SELECT sid, type, status, filename, set_count, set_stamp, buffer_size, buffer_count, total_bytes, bytes, open_time, close_time, elapsed_time,
       effective_bytes_per_second, io_count FROM gv$backup_async_io WHERE close_time IS NULL`,
    reworded: `select a.sid, a.type, a.status, a.filename, a.set_count, a.set_stamp, a.buffer_size, a.buffer_count, a.total_bytes, a.bytes, a.open_time,
       a.close_time, a.elapsed_time, a.effective_bytes_per_second, a.io_count from v$backup_async_io a where nvl(a.close_time, sysdate) = sysdate`,
  },
  {
    name: 'SBT I/O',
    sql: `SELECT sid, type, status, bytes, io_time_total, io_time_max, discrete_bytes_per_second FROM gv$backup_sync_io`,
    reworded: `select sid, type, status, bytes, io_time_total, io_time_max, discrete_bytes_per_second from v$backup_sync_io where device_type = 'SBT_TAPE'`,
  },
  {
    name: 'job',
    sql: `SELECT session_key, session_recid, session_stamp, command_id, start_time, end_time, input_bytes, output_bytes, output_device_type, status,
       input_type, autobackup_count, backed_by_osb, time_taken_display FROM v$rman_backup_job_details WHERE command_id='ady:0a1b2c3d'`,
    reworded: `select j.session_key, j.session_recid, j.session_stamp, j.command_id, j.start_time, j.end_time, j.input_bytes, j.output_bytes,
       j.output_device_type, j.status, j.input_type, j.autobackup_count, j.backed_by_osb, j.time_taken_display from v$rman_backup_job_details j
       where j.command_id like 'ady:%'`,
  },
  {
    name: 'job steps',
    sql: `SELECT recid, stamp, parent_recid, session_recid, session_stamp, row_type, operation, status, object_type, mbytes_processed, start_time, end_time,
       input_bytes, output_bytes, output_device_type FROM v$rman_status WHERE session_recid=:r AND session_stamp=:s`,
    reworded: `select recid, stamp, parent_recid, session_recid, session_stamp, row_type, operation, status, object_type, mbytes_processed, start_time, end_time,
       input_bytes, output_bytes, output_device_type from v$rman_status where (session_recid, session_stamp) in ((:r, :s)) order by recid desc`,
    binds: [90, 3090],
  },
  {
    name: 'job log',
    sql: 'SELECT output FROM v$rman_output WHERE session_recid=:r AND session_stamp=:s ORDER BY recid',
    reworded:
      'select o.output from v$rman_output o where o.session_recid = to_number(:r) and :s = o.session_stamp order by o.recid asc',
    binds: [90, 3090],
  },
  {
    name: 'pieces',
    sql: `SELECT p.recid, p.stamp, p.set_stamp, p.set_count, p.piece#, p.copy#, p.handle, p.tag, p.media, p.comments, p.bytes, p.status /*A,D,X*/,
       p.device_type, p.start_time, p.completion_time, s.backup_type /*D,I,L*/, s.incremental_level, s.controlfile_included, s.multi_section
       FROM v$backup_piece p JOIN v$backup_set s ON s.set_stamp=p.set_stamp AND s.set_count=p.set_count
       WHERE p.device_type='SBT_TAPE' AND p.tag LIKE 'ADY_%'`,
    reworded: `select bp.recid, bp.stamp, bp.set_stamp, bp.set_count, bp.piece#, bp.copy#, bp.handle, bp.tag, bp.media, bp.comments, bp.bytes, bp.status,
       bp.device_type, bp.start_time, bp.completion_time, bs.backup_type, bs.incremental_level, bs.controlfile_included, bs.multi_section
       from v$backup_set bs inner join v$backup_piece bp on (bp.set_count = bs.set_count) and bp.set_stamp = bs.set_stamp
       where bp.tag like 'ADY\\_%' escape '\\' and bp.device_type in ('SBT_TAPE', 'sbt')`,
  },
  {
    name: 'logs in backups',
    sql: 'SELECT set_stamp, set_count, thread#, sequence#, first_change#, next_change#, resetlogs_change#, blocks, block_size FROM v$backup_redolog',
    reworded: `select r.set_stamp, r.set_count, r.thread#, r.sequence#, r.first_change#, r.next_change#, r.resetlogs_change#, r.blocks, r.block_size
       from v$backup_redolog r where r.sequence# between 1 and 99`,
  },
];
