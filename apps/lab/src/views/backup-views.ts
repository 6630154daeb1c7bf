// What RMAN recorded: sets, pieces, the files in them, image copies.
import {
  type BackupDataFile,
  type BackupPiece,
  type ControlFile,
  type DataFileCopy,
} from '../control-file/control-file';
import { stampOf } from '../formats/stamp';
import { secondsBetween, type ViewDeclaration, type ViewRow, yesNo } from './view';

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

function copyRow(c: DataFileCopy): ViewRow {
  return {
    ...{ RECID: c.recid, STAMP: c.stamp, NAME: c.name, TAG: c.tag, 'FILE#': c.file },
    ...{ 'CREATION_CHANGE#': c.creationScn, 'RESETLOGS_CHANGE#': c.resetlogsScn, INCREMENTAL_LEVEL: c.level },
    ...{ 'CHECKPOINT_CHANGE#': c.checkpointScn, CHECKPOINT_TIME: c.checkpointAt },
    ...{ 'ABSOLUTE_FUZZY_CHANGE#': c.absoluteFuzzyScn, BLOCKS: c.blocks, BLOCK_SIZE: c.blockBytes },
    ...{ STATUS: c.status, COMPLETION_TIME: c.completedAt, DELETED: yesNo(c.status === 'D') },
    ...{ MARKED_CORRUPT: 0, MEDIA_CORRUPT: 0, LOGICALLY_CORRUPT: 0, IS_RECOVERY_DEST_FILE: 'NO', KEEP: 'NO' },
  };
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
    name: 'DATAFILE_COPY',
    needs: 'mounted',
    columns: `RECID:n STAMP:n NAME:t513 TAG:t32 FILE#:n RFILE#:n CREATION_CHANGE#:n CREATION_TIME:d RESETLOGS_CHANGE#:n RESETLOGS_TIME:d
      INCREMENTAL_LEVEL:n CHECKPOINT_CHANGE#:n CHECKPOINT_TIME:d ABSOLUTE_FUZZY_CHANGE#:n RECOVERY_FUZZY_CHANGE#:n RECOVERY_FUZZY_TIME:d
      ONLINE_FUZZY:t3 BACKUP_FUZZY:t3 MARKED_CORRUPT:n MEDIA_CORRUPT:n LOGICALLY_CORRUPT:n BLOCKS:n BLOCK_SIZE:n OLDEST_OFFLINE_RANGE:n
      STATUS:t1 COMPLETION_TIME:d DELETED:t3 SCANNED:t3 IS_RECOVERY_DEST_FILE:t3 RMAN_STATUS_RECID:n RMAN_STATUS_STAMP:n
      KEEP:t3 KEEP_UNTIL:d KEEP_OPTIONS:t11`,
    rows: (source) => (source.controlFile().dataFileCopies ?? []).map(copyRow),
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
];
