// What RMAN recorded: sets, pieces, the files in them, and its jobs.
import {
  type BackupDataFile,
  type BackupPiece,
  type ControlFile,
  type RmanStatus,
} from '../control-file/control-file';
import { stampOf } from '../formats/stamp';
import { secondsBetween, type ViewDeclaration, type ViewRow, type ViewSource, yesNo } from './view';

const BYTES_PER_MIB = 1_048_576;
/** Object types of a job, the one that names the whole job last. */
const INPUT_TYPES = [
  'SPFILE',
  'CONTROLFILE',
  'ARCHIVELOG',
  'DATAFILE INCR',
  'DATAFILE FULL',
  'DB INCR',
  'RECVR AREA',
  'DB FULL',
];

function pieceRow(p: BackupPiece): ViewRow {
  return {
    ...{
      RECID: p.recid,
      STAMP: p.stamp,
      SET_STAMP: p.setStamp,
      SET_COUNT: p.setCount,
      'PIECE#': p.piece,
      'COPY#': p.copy,
    },
    ...{
      DEVICE_TYPE: p.deviceType,
      HANDLE: p.handle,
      COMMENTS: p.comments,
      MEDIA: p.media,
      MEDIA_POOL: 0,
      CONCUR: 'NO',
      TAG: p.tag,
    },
    ...{
      STATUS: p.status,
      START_TIME: p.startedAt,
      COMPLETION_TIME: p.completedAt,
      DELETED: yesNo(p.status === 'D'),
      BYTES: p.bytes,
    },
    ELAPSED_SECONDS: secondsBetween(p.startedAt, p.completedAt),
    ...{
      IS_RECOVERY_DEST_FILE: 'NO',
      COMPRESSED: 'NO',
      BACKED_BY_VSS: 'NO',
      ENCRYPTED: 'NO',
      BACKED_BY_OSB: 'NO',
    },
  };
}

function setRow(s: ControlFile['backupSets'][number]): ViewRow {
  return {
    ...{
      RECID: s.recid,
      STAMP: s.stamp,
      SET_STAMP: s.setStamp,
      SET_COUNT: s.setCount,
      BACKUP_TYPE: s.type,
      INCREMENTAL_LEVEL: s.level,
    },
    ...{
      CONTROLFILE_INCLUDED: yesNo(s.controlFileIncluded),
      PIECES: s.pieces,
      START_TIME: s.startedAt,
      COMPLETION_TIME: s.completedAt,
    },
    ...{
      ELAPSED_SECONDS: secondsBetween(s.startedAt, s.completedAt),
      BLOCK_SIZE: s.blockBytes,
      INPUT_FILE_SCAN_ONLY: 'NO',
      KEEP: 'NO',
    },
    MULTI_SECTION: s.multiSection ? 'YES' : null,
  };
}

/** Blocks that were marked corrupt before the backup, or that it found itself. */
function corruptIn({ corrupt = [] }: BackupDataFile, wasMarked: boolean): number {
  return corrupt
    .filter(({ marked = false }) => marked === wasMarked)
    .reduce((sum, { blocks }) => sum + blocks, 0);
}

function corruptionRows(b: BackupDataFile): ViewRow[] {
  return (b.corrupt ?? []).map((found) => ({
    ...{
      RECID: b.recid,
      STAMP: stampOf(new Date(b.completedAt)),
      SET_STAMP: b.setStamp,
      SET_COUNT: b.setCount,
      'PIECE#': 1,
      'FILE#': b.file,
    },
    ...{
      'BLOCK#': found.block,
      BLOCKS: found.blocks,
      'CORRUPTION_CHANGE#': found.scn,
      MARKED_CORRUPT: yesNo(found.marked !== true),
      CORRUPTION_TYPE: found.type,
    },
  }));
}

function backupFileRow(b: ControlFile['backupDataFiles'][number]): ViewRow {
  return {
    ...{
      RECID: b.recid,
      STAMP: stampOf(new Date(b.completedAt)),
      SET_STAMP: b.setStamp,
      SET_COUNT: b.setCount,
      'FILE#': b.file,
    },
    ...{ 'CREATION_CHANGE#': b.creationScn, 'RESETLOGS_CHANGE#': b.resetlogsScn, INCREMENTAL_LEVEL: b.level },
    ...{
      'INCREMENTAL_CHANGE#': b.incrementalScn,
      'CHECKPOINT_CHANGE#': b.checkpointScn,
      CHECKPOINT_TIME: b.checkpointAt,
    },
    ...{
      'ABSOLUTE_FUZZY_CHANGE#': b.absoluteFuzzyScn,
      MARKED_CORRUPT: corruptIn(b, true),
      MEDIA_CORRUPT: corruptIn(b, false),
      LOGICALLY_CORRUPT: 0,
    },
    ...{
      DATAFILE_BLOCKS: b.datafileBlocks,
      BLOCKS: b.blocks,
      BLOCKS_READ: b.blocksRead,
      BLOCK_SIZE: b.blockBytes,
    },
    ...{
      COMPLETION_TIME: b.completedAt,
      CONTROLFILE_TYPE: b.file === 0 ? 'B' : null,
      SECTION_SIZE: 0,
      FOREIGN_DBID: 0,
    },
    ...{
      USED_CHANGE_TRACKING: yesNo(b.usedChangeTracking === true),
      USED_OPTIMIZATION: 'NO',
      UNDO_OPTIMIZED: 'NO',
      PLUGGED_READONLY: 'NO',
      BLOCKS_SKIPPED_IN_CELL: 0,
    },
  };
}

function statusRow(s: RmanStatus): ViewRow {
  const isSession = s.recid === s.sessionRecid && s.stamp === s.sessionStamp;
  return {
    ...{ RECID: s.recid, STAMP: s.stamp, SESSION_RECID: s.sessionRecid, SESSION_STAMP: s.sessionStamp },
    PARENT_RECID: isSession ? null : s.sessionRecid,
    PARENT_STAMP: isSession ? null : s.sessionStamp,
    ...{
      ROW_LEVEL: isSession ? 0 : 1,
      ROW_TYPE: isSession ? 'SESSION' : 'COMMAND',
      OPERATION: s.operation,
      STATUS: s.status,
    },
    ...{
      COMMAND_ID: s.commandId,
      MBYTES_PROCESSED: Math.round(s.inputBytes / BYTES_PER_MIB),
      START_TIME: s.startedAt,
    },
    ...{
      END_TIME: s.endedAt,
      INPUT_BYTES: s.inputBytes,
      OUTPUT_BYTES: s.outputBytes,
      OPTIMIZED: 'NO',
      OBJECT_TYPE: s.objectType,
    },
    OUTPUT_DEVICE_TYPE: s.operation === 'BACKUP' ? 'SBT_TAPE' : null,
  };
}

/** One row for each RMAN session that has backed something up. */
function jobRows(source: ViewSource): ViewRow[] {
  const { rmanStatus } = source.controlFile();
  const bySession = Map.groupBy(rmanStatus, (s) => `${s.sessionRecid}/${s.sessionStamp}`);
  return [...bySession.values()].flatMap((rows): ViewRow[] => {
    const session = rows.find((s) => s.recid === s.sessionRecid && s.stamp === s.sessionStamp);
    const backups = rows.filter((s) => s.operation.startsWith('BACKUP') && s !== session);
    return backups.length === 0 ? [] : [jobRow(session ?? null, backups, source)];
  });
}

function jobRow(session: RmanStatus | null, backups: readonly RmanStatus[], source: ViewSource): ViewRow {
  const [first] = backups;
  const inputBytes = backups.reduce((sum, b) => sum + b.inputBytes, 0);
  const outputBytes = backups.reduce((sum, b) => sum + b.outputBytes, 0);
  const running = backups.some((b) => b.endedAt === null);
  const start = backups.map((b) => b.startedAt).sort()[0] ?? '';
  const end = running
    ? null
    : (backups
        .map((b) => b.endedAt ?? '')
        .sort()
        .at(-1) ?? null);
  const seconds = Math.max(1, secondsBetween(start, end ?? source.now().toISOString()));
  const autobackups = backups.filter((b) => b.operation.includes('AUTOBACKUP')).length;
  return {
    ...{
      SESSION_KEY: first?.sessionRecid ?? null,
      SESSION_RECID: first?.sessionRecid ?? null,
      SESSION_STAMP: first?.sessionStamp ?? null,
    },
    ...{
      COMMAND_ID: session?.commandId ?? first?.commandId ?? null,
      START_TIME: start,
      END_TIME: end,
      INPUT_BYTES: inputBytes,
    },
    ...{
      OUTPUT_BYTES: outputBytes,
      OUTPUT_DEVICE_TYPE: 'SBT_TAPE',
      AUTOBACKUP_COUNT: autobackups,
      BACKED_BY_OSB: 'NO',
    },
    ...{
      AUTOBACKUP_DONE: yesNo(autobackups > 0),
      STATUS: jobStatus(backups),
      INPUT_TYPE: inputType(backups),
      OPTIMIZED: 'NO',
    },
    ...{ ELAPSED_SECONDS: seconds, COMPRESSION_RATIO: outputBytes === 0 ? 1 : inputBytes / outputBytes },
    ...{
      INPUT_BYTES_PER_SEC: Math.round(inputBytes / seconds),
      OUTPUT_BYTES_PER_SEC: Math.round(outputBytes / seconds),
    },
    TIME_TAKEN_DISPLAY: clock(seconds),
  };
}

function jobStatus(backups: readonly RmanStatus[]): string {
  const failed = backups.filter((b) => b.status.includes('FAILED') || b.status.includes('ERROR')).length;
  const warned = backups.some((b) => b.status.includes('WARNING'));
  if (backups.some((b) => b.endedAt === null))
    return failed > 0 ? 'RUNNING WITH ERRORS' : warned ? 'RUNNING WITH WARNINGS' : 'RUNNING';
  if (failed === backups.length) return 'FAILED';
  if (failed > 0) return 'COMPLETED WITH ERRORS';
  return warned ? 'COMPLETED WITH WARNINGS' : 'COMPLETED';
}

function inputType(backups: readonly RmanStatus[]): string | null {
  const ranked = backups
    .map((b) => b.objectType ?? '')
    .sort((a, b) => INPUT_TYPES.indexOf(b) - INPUT_TYPES.indexOf(a));
  return ranked[0] ?? null;
}

function clock(seconds: number): string {
  const pad = (n: number): string => String(n).padStart(2, '0');
  return `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
}

export const BACKUP_VIEWS: readonly ViewDeclaration[] = [
  {
    name: 'BACKUP_SET',
    needs: 'mounted',
    columns: `RECID:n STAMP:n SET_STAMP:n SET_COUNT:n BACKUP_TYPE:t1 CONTROLFILE_INCLUDED:t3 INCREMENTAL_LEVEL:n PIECES:n START_TIME:d
      COMPLETION_TIME:d ELAPSED_SECONDS:n BLOCK_SIZE:n INPUT_FILE_SCAN_ONLY:t3 KEEP:t3 KEEP_UNTIL:d KEEP_OPTIONS:t11 MULTI_SECTION:t3`,
    rows: (source) => source.controlFile().backupSets.map(setRow),
  },
  {
    name: 'BACKUP_PIECE',
    needs: 'mounted',
    columns: `RECID:n STAMP:n SET_STAMP:n SET_COUNT:n PIECE#:n COPY#:n DEVICE_TYPE:t17 HANDLE:t513 COMMENTS:t64 MEDIA:t65 MEDIA_POOL:n
      CONCUR:t3 TAG:t32 STATUS:t1 START_TIME:d COMPLETION_TIME:d ELAPSED_SECONDS:n DELETED:t3 BYTES:n IS_RECOVERY_DEST_FILE:t3
      RMAN_STATUS_RECID:n RMAN_STATUS_STAMP:n COMPRESSED:t3 BACKED_BY_VSS:t3 ENCRYPTED:t3 BACKED_BY_OSB:t3`,
    rows: (source) => source.controlFile().backupPieces.map(pieceRow),
  },
  {
    name: 'BACKUP_CORRUPTION',
    needs: 'mounted',
    columns: `RECID:n STAMP:n SET_STAMP:n SET_COUNT:n PIECE#:n FILE#:n BLOCK#:n BLOCKS:n CORRUPTION_CHANGE#:n MARKED_CORRUPT:t3
      CORRUPTION_TYPE:t9`,
    rows: (source) => source.controlFile().backupDataFiles.flatMap(corruptionRows),
  },
  {
    name: 'BACKUP_DATAFILE',
    needs: 'mounted',
    columns: `RECID:n STAMP:n SET_STAMP:n SET_COUNT:n FILE#:n CREATION_CHANGE#:n CREATION_TIME:d RESETLOGS_CHANGE#:n RESETLOGS_TIME:d
      INCREMENTAL_LEVEL:n INCREMENTAL_CHANGE#:n CHECKPOINT_CHANGE#:n CHECKPOINT_TIME:d ABSOLUTE_FUZZY_CHANGE#:n MARKED_CORRUPT:n
      MEDIA_CORRUPT:n LOGICALLY_CORRUPT:n DATAFILE_BLOCKS:n BLOCKS:n BLOCK_SIZE:n OLDEST_OFFLINE_RANGE:n COMPLETION_TIME:d
      CONTROLFILE_TYPE:t1 USED_CHANGE_TRACKING:t3 BLOCKS_READ:n USED_OPTIMIZATION:t3 FOREIGN_DBID:n PLUGGED_READONLY:t3
      PLUGIN_CHANGE#:n PLUGIN_RESETLOGS_CHANGE#:n PLUGIN_RESETLOGS_TIME:d SECTION_SIZE:n UNDO_OPTIMIZED:t3 BLOCKS_SKIPPED_IN_CELL:n`,
    rows: (source) => source.controlFile().backupDataFiles.map(backupFileRow),
  },
  {
    name: 'BACKUP_REDOLOG',
    needs: 'mounted',
    columns: `RECID:n STAMP:n SET_STAMP:n SET_COUNT:n THREAD#:n SEQUENCE#:n RESETLOGS_CHANGE#:n RESETLOGS_TIME:d FIRST_CHANGE#:n
      FIRST_TIME:d NEXT_CHANGE#:n NEXT_TIME:d BLOCKS:n BLOCK_SIZE:n TERMINAL:t3`,
    rows: (source) =>
      source.controlFile().backupRedoLogs.map((b) => ({
        ...{
          RECID: b.recid,
          STAMP: b.setStamp,
          SET_STAMP: b.setStamp,
          SET_COUNT: b.setCount,
          'THREAD#': b.thread,
          'SEQUENCE#': b.sequence,
        },
        ...{
          'RESETLOGS_CHANGE#': b.resetlogsScn,
          'FIRST_CHANGE#': b.firstScn,
          'NEXT_CHANGE#': b.nextScn,
          BLOCKS: b.blocks,
        },
        ...{ BLOCK_SIZE: b.blockBytes, TERMINAL: 'NO' },
      })),
  },
  {
    name: 'BACKUP_SPFILE',
    needs: 'mounted',
    columns:
      'RECID:n STAMP:n SET_STAMP:n SET_COUNT:n MODIFICATION_TIME:d BYTES:n COMPLETION_TIME:d DB_UNIQUE_NAME:t30',
    rows: (source) => {
      const cf = source.controlFile();
      return cf.backupSets
        .filter((s) => s.spfileIncluded)
        .map((s) => ({
          ...{
            RECID: s.recid,
            STAMP: s.stamp,
            SET_STAMP: s.setStamp,
            SET_COUNT: s.setCount,
            COMPLETION_TIME: s.completedAt,
          },
          DB_UNIQUE_NAME: cf.dbUniqueName,
        }));
    },
  },
  {
    name: 'RMAN_CONFIGURATION',
    needs: 'mounted',
    columns: 'CONF#:n NAME:t65 VALUE:t1025',
    rows: (source) =>
      source.controlFile().rmanConfiguration.map((c) => ({ 'CONF#': c.conf, NAME: c.name, VALUE: c.value })),
  },
  {
    name: 'RMAN_STATUS',
    needs: 'mounted',
    columns: `RECID:n STAMP:n PARENT_RECID:n PARENT_STAMP:n SESSION_RECID:n SESSION_STAMP:n ROW_LEVEL:n ROW_TYPE:t19 COMMAND_ID:t33
      OPERATION:t33 STATUS:t23 MBYTES_PROCESSED:n START_TIME:d END_TIME:d INPUT_BYTES:n OUTPUT_BYTES:n OPTIMIZED:t3 OBJECT_TYPE:t13
      OUTPUT_DEVICE_TYPE:t17 OSB_ALLOCATED:t3`,
    rows: (source) => source.controlFile().rmanStatus.map(statusRow),
  },
  {
    name: 'RMAN_BACKUP_JOB_DETAILS',
    needs: 'mounted',
    columns: `SESSION_KEY:n SESSION_RECID:n SESSION_STAMP:n COMMAND_ID:t33 START_TIME:d END_TIME:d INPUT_BYTES:n OUTPUT_BYTES:n
      STATUS_WEIGHT:n OPTIMIZED_WEIGHT:n OBJECT_TYPE_WEIGHT:n OUTPUT_DEVICE_TYPE:t17 AUTOBACKUP_COUNT:n BACKED_BY_OSB:t3
      AUTOBACKUP_DONE:t3 STATUS:t23 INPUT_TYPE:t13 OPTIMIZED:t3 ELAPSED_SECONDS:n COMPRESSION_RATIO:n INPUT_BYTES_PER_SEC:n
      OUTPUT_BYTES_PER_SEC:n TIME_TAKEN_DISPLAY:t4000`,
    rows: jobRows,
  },
  {
    name: 'RMAN_OUTPUT',
    needs: 'started',
    columns:
      'SID:n RECID:n STAMP:n SESSION_RECID:n SESSION_STAMP:n OUTPUT:t130 RMAN_STATUS_RECID:n RMAN_STATUS_STAMP:n SESSION_KEY:n',
    rows: ({ live }) =>
      (live.rmanOutput?.() ?? []).map((o) => ({
        ...{
          SID: o.sid,
          RECID: o.recid,
          STAMP: o.stamp,
          SESSION_RECID: o.sessionRecid,
          SESSION_STAMP: o.sessionStamp,
        },
        ...{ OUTPUT: o.output, SESSION_KEY: o.sessionRecid },
      })),
  },
];
