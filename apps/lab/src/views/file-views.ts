// Data files, temporary files, redo logs and archived logs.
import { type ControlFile, type DataFile } from '../control-file/control-file';
import { dateOfStamp } from '../formats/stamp';
import { type ViewDeclaration, type ViewRow, type ViewSource, yesNo } from './view';

/** Empty for a tablespace number that the control file does not know. */
export function tablespaceName(cf: ControlFile, { ts, conId }: { ts: number; conId?: number }): string {
  return cf.tablespaces.find((t) => t.ts === ts && t.conId === conId)?.name ?? '';
}

/** CON_ID of what belongs to a container. */
export function containerOf({ conId }: { conId?: number }): { CON_ID?: number } {
  return conId === undefined ? {} : { CON_ID: conId };
}

function dataFileRow(f: DataFile): ViewRow {
  return {
    ...containerOf(f),
    ...{
      'FILE#': f.file,
      'RFILE#': f.rfile,
      'TS#': f.ts,
      NAME: f.name,
      STATUS: f.status,
      // with its tablespace offline a file is neither read nor written
      ENABLED: f.status === 'OFFLINE' ? 'DISABLED' : f.enabled,
    },
    ...{
      'CREATION_CHANGE#': f.creationScn,
      CREATION_TIME: f.createdAt ?? null,
      'CHECKPOINT_CHANGE#': f.checkpointScn,
      CHECKPOINT_TIME: f.checkpointAt,
    },
    ...{
      'UNRECOVERABLE_CHANGE#': f.unrecoverableScn,
      'LAST_CHANGE#': f.lastScn,
      'OFFLINE_CHANGE#': 0,
      'ONLINE_CHANGE#': 0,
    },
    ...{
      BYTES: f.blocks * f.blockBytes,
      BLOCKS: f.blocks,
      CREATE_BYTES: f.blocks * f.blockBytes,
      BLOCK_SIZE: f.blockBytes,
    },
    ...{ PLUGGED_IN: 0, BLOCK1_OFFSET: f.blockBytes, FOREIGN_DBID: 0, PLUGGED_READONLY: 'NO' },
  };
}

function headerRow(f: DataFile, source: ViewSource): ViewRow {
  const cf = source.controlFile();
  const header = source.live.dataFileHeader(f.file);
  const common = {
    ...containerOf(f),
    'FILE#': f.file,
    STATUS: f.status === 'OFFLINE' || f.status === 'RECOVER' ? 'OFFLINE' : 'ONLINE',
    NAME: f.name,
    'TS#': f.ts,
    'RFILE#': f.rfile,
  };
  if (header === undefined)
    return { ...common, ERROR: 'FILE NOT FOUND', 'CHECKPOINT_CHANGE#': 0, BYTES: 0, BLOCKS: 0 };
  const open = source.live.identity().status === 'OPEN';
  return {
    ...{
      ...common,
      FORMAT: 10,
      RECOVER: yesNo(needsRecovery(f, source)),
      FUZZY: yesNo(open && f.enabled === 'READ WRITE'),
    },
    ...{
      'CREATION_CHANGE#': header.creationScn,
      TABLESPACE_NAME: tablespaceName(cf, f),
      'RESETLOGS_CHANGE#': header.resetlogsScn,
    },
    RESETLOGS_TIME: dateOfStamp(header.resetlogsStamp).toISOString(),
    'CHECKPOINT_CHANGE#': header.checkpointScn,
    CHECKPOINT_TIME: dateOfStamp(header.checkpointStamp).toISOString(),
    ...{ BYTES: f.blocks * f.blockBytes, BLOCKS: f.blocks, 'UNDO_OPT_CURRENT_CHANGE#': 0 },
  };
}

/** The file is behind what the control file knows of it, or was taken offline without a checkpoint. */
function needsRecovery(f: DataFile, source: ViewSource): boolean {
  if (f.status === 'RECOVER') return true;
  const header = source.live.dataFileHeader(f.file);
  if (header === undefined || source.live.identity().status === 'OPEN') return false;
  return header.checkpointScn < BigInt(f.checkpointScn) || header.absoluteFuzzyScn > header.checkpointScn;
}

function recoverRows(source: ViewSource): ViewRow[] {
  return source.controlFile().dataFiles.flatMap((f): ViewRow[] => {
    const header = source.live.dataFileHeader(f.file);
    if (header !== undefined && !needsRecovery(f, source)) return [];
    const online = f.status === 'OFFLINE' || f.status === 'RECOVER' ? 'OFFLINE' : 'ONLINE';
    const time = header === undefined ? null : dateOfStamp(header.checkpointStamp).toISOString();
    const error = header === undefined ? 'FILE NOT FOUND' : null;
    return [
      {
        'FILE#': f.file,
        ONLINE: online,
        ONLINE_STATUS: online,
        ERROR: error,
        'CHANGE#': header?.checkpointScn ?? 0,
        TIME: time,
      },
    ];
  });
}

function archivedLogRow(log: ControlFile['archivedLogs'][number]): ViewRow {
  return {
    ...{
      RECID: log.recid,
      STAMP: log.stamp,
      NAME: log.status === 'D' ? null : log.name,
      DEST_ID: 1,
      'THREAD#': log.thread,
      'SEQUENCE#': log.sequence,
    },
    ...{ 'RESETLOGS_CHANGE#': log.resetlogsScn, RESETLOGS_ID: log.resetlogsId },
    RESETLOGS_TIME: dateOfStamp(log.resetlogsId).toISOString(),
    ...{
      'FIRST_CHANGE#': log.firstScn,
      FIRST_TIME: log.firstAt,
      'NEXT_CHANGE#': log.nextScn,
      NEXT_TIME: log.nextAt,
    },
    ...{
      BLOCKS: log.blocks,
      BLOCK_SIZE: log.blockBytes,
      CREATOR: 'ARCH',
      REGISTRAR: 'ARCH',
      STANDBY_DEST: 'NO',
      ARCHIVED: 'YES',
    },
    ...{
      APPLIED: 'NO',
      DELETED: yesNo(log.status === 'D'),
      STATUS: log.status,
      COMPLETION_TIME: log.completedAt,
    },
    ...{
      DICTIONARY_BEGIN: 'NO',
      DICTIONARY_END: 'NO',
      END_OF_REDO: 'NO',
      BACKUP_COUNT: log.backupCount,
      'ARCHIVAL_THREAD#': log.thread,
    },
    ...{ IS_RECOVERY_DEST_FILE: 'YES', COMPRESSED: 'NO', FAL: 'NO' },
  };
}

export const FILE_VIEWS: readonly ViewDeclaration[] = [
  {
    name: 'DATAFILE',
    needs: 'mounted',
    columns: `FILE#:n CREATION_CHANGE#:n CREATION_TIME:d TS#:n RFILE#:n STATUS:t7 ENABLED:t10 CHECKPOINT_CHANGE#:n CHECKPOINT_TIME:d
      UNRECOVERABLE_CHANGE#:n UNRECOVERABLE_TIME:d LAST_CHANGE#:n LAST_TIME:d OFFLINE_CHANGE#:n ONLINE_CHANGE#:n ONLINE_TIME:d BYTES:n
      BLOCKS:n CREATE_BYTES:n BLOCK_SIZE:n NAME:t513 PLUGGED_IN:n BLOCK1_OFFSET:n AUX_NAME:t513 FIRST_NONLOGGED_SCN:n
      FIRST_NONLOGGED_TIME:d FOREIGN_DBID:n FOREIGN_CREATION_CHANGE#:n FOREIGN_CREATION_TIME:d PLUGGED_READONLY:t3 PLUGIN_CHANGE#:n
      PLUGIN_RESETLOGS_CHANGE#:n PLUGIN_RESETLOGS_TIME:d`,
    rows: (source) => source.controlFile().dataFiles.map(dataFileRow),
  },
  {
    name: 'DATAFILE_HEADER',
    needs: 'mounted',
    columns: `FILE#:n STATUS:t7 ERROR:t18 FORMAT:n RECOVER:t3 FUZZY:t3 CREATION_CHANGE#:n CREATION_TIME:d TABLESPACE_NAME:t30 TS#:n
      RFILE#:n RESETLOGS_CHANGE#:n RESETLOGS_TIME:d CHECKPOINT_CHANGE#:n CHECKPOINT_TIME:d CHECKPOINT_COUNT:n BYTES:n BLOCKS:n NAME:t513
      SPACE_HEADER:t40 LAST_DEALLOC_SCN:t16 UNDO_OPT_CURRENT_CHANGE#:n`,
    rows: (source) => source.controlFile().dataFiles.map((f) => headerRow(f, source)),
  },
  {
    name: 'TABLESPACE',
    needs: 'mounted',
    columns: 'TS#:n NAME:t30 INCLUDED_IN_DATABASE_BACKUP:t3 BIGFILE:t3 FLASHBACK_ON:t3 ENCRYPT_IN_BACKUP:t3',
    rows: (source) =>
      source.controlFile().tablespaces.map((t) => ({
        ...containerOf(t),
        ...{
          'TS#': t.ts,
          NAME: t.name,
          INCLUDED_IN_DATABASE_BACKUP: 'YES',
          BIGFILE: yesNo(t.bigfile),
          FLASHBACK_ON: 'YES',
        },
      })),
  },
  {
    name: 'TEMPFILE',
    needs: 'mounted',
    columns: `FILE#:n CREATION_CHANGE#:n CREATION_TIME:d TS#:n RFILE#:n STATUS:t7 ENABLED:t10 BYTES:n BLOCKS:n CREATE_BYTES:n
      BLOCK_SIZE:n NAME:t513`,
    rows: (source) =>
      source.controlFile().tempFiles.map((f) => ({
        ...containerOf(f),
        'FILE#': f.file,
        NAME: f.name,
        BYTES: f.bytes,
        CREATE_BYTES: f.bytes,
        STATUS: 'ONLINE',
        ENABLED: 'READ WRITE',
        'RFILE#': f.file,
      })),
  },
  {
    name: 'LOG',
    needs: 'mounted',
    columns: `GROUP#:n THREAD#:n SEQUENCE#:n BYTES:n BLOCKSIZE:n MEMBERS:n ARCHIVED:t3 STATUS:t16 FIRST_CHANGE#:n FIRST_TIME:d
      NEXT_CHANGE#:n NEXT_TIME:d`,
    rows: (source) =>
      source.controlFile().redoLogs.map((l) => ({
        ...{
          'GROUP#': l.group,
          'THREAD#': l.thread,
          'SEQUENCE#': l.sequence,
          BYTES: l.bytes,
          BLOCKSIZE: 512,
          MEMBERS: 1,
        },
        ...{
          ARCHIVED: yesNo(l.archived),
          STATUS: l.status,
          'FIRST_CHANGE#': l.firstScn,
          FIRST_TIME: l.firstAt,
        },
        // The end of the current log is not known yet: Oracle shows the largest SCN.
        'NEXT_CHANGE#': l.nextScn ?? '18446744073709551615',
      })),
  },
  {
    name: 'LOGFILE',
    needs: 'mounted',
    columns: 'GROUP#:n STATUS:t7 TYPE:t7 MEMBER:t513 IS_RECOVERY_DEST_FILE:t3',
    rows: (source) =>
      source.controlFile().redoLogs.map((l) => ({
        'GROUP#': l.group,
        TYPE: 'ONLINE',
        MEMBER: l.path,
        IS_RECOVERY_DEST_FILE: 'NO',
      })),
  },
  {
    name: 'ARCHIVED_LOG',
    needs: 'mounted',
    columns: `RECID:n STAMP:n NAME:t513 DEST_ID:n THREAD#:n SEQUENCE#:n RESETLOGS_CHANGE#:n RESETLOGS_TIME:d RESETLOGS_ID:n FIRST_CHANGE#:n
      FIRST_TIME:d NEXT_CHANGE#:n NEXT_TIME:d BLOCKS:n BLOCK_SIZE:n CREATOR:t7 REGISTRAR:t7 STANDBY_DEST:t3 ARCHIVED:t3 APPLIED:t9
      DELETED:t3 STATUS:t1 COMPLETION_TIME:d DICTIONARY_BEGIN:t3 DICTIONARY_END:t3 END_OF_REDO:t3 BACKUP_COUNT:n ARCHIVAL_THREAD#:n
      ACTIVATION#:n IS_RECOVERY_DEST_FILE:t3 COMPRESSED:t3 FAL:t3 END_OF_REDO_TYPE:t10 BACKED_BY_VSS:t3`,
    rows: (source) => source.controlFile().archivedLogs.map(archivedLogRow),
  },
  {
    name: 'LOG_HISTORY',
    needs: 'mounted',
    columns: `RECID:n STAMP:n THREAD#:n SEQUENCE#:n FIRST_CHANGE#:n FIRST_TIME:d NEXT_CHANGE#:n RESETLOGS_CHANGE#:n RESETLOGS_TIME:d`,
    rows: (source) =>
      source.controlFile().archivedLogs.map((l) => ({
        ...{
          RECID: l.recid,
          STAMP: l.stamp,
          'THREAD#': l.thread,
          'SEQUENCE#': l.sequence,
          'FIRST_CHANGE#': l.firstScn,
          FIRST_TIME: l.firstAt,
        },
        ...{
          'NEXT_CHANGE#': l.nextScn,
          'RESETLOGS_CHANGE#': l.resetlogsScn,
          RESETLOGS_TIME: dateOfStamp(l.resetlogsId).toISOString(),
        },
      })),
  },
  {
    name: 'DATABASE_BLOCK_CORRUPTION',
    needs: 'mounted',
    columns: 'FILE#:n BLOCK#:n BLOCKS:n CORRUPTION_CHANGE#:n CORRUPTION_TYPE:t9',
    rows: ({ live }) =>
      (live.corruptBlocks?.() ?? []).map((c) => ({
        'FILE#': c.file,
        'BLOCK#': c.block,
        BLOCKS: c.blocks,
        'CORRUPTION_CHANGE#': c.scn,
        CORRUPTION_TYPE: c.type,
      })),
  },
  {
    name: 'RECOVER_FILE',
    needs: 'mounted',
    columns: 'FILE#:n ONLINE:t7 ONLINE_STATUS:t7 ERROR:t18 CHANGE#:n TIME:d',
    rows: recoverRows,
  },
  {
    name: 'BACKUP',
    needs: 'mounted',
    columns: 'FILE#:n STATUS:t18 CHANGE#:n TIME:d',
    rows: (source) =>
      source.controlFile().dataFiles.map((f) => ({
        ...containerOf(f),
        'FILE#': f.file,
        STATUS: 'NOT ACTIVE',
        'CHANGE#': 0,
      })),
  },
];
