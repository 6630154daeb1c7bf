// The instance and the database as a whole: identity, state, parameters, destinations.
import { type ControlFile } from '../control-file/control-file';
import { dateOfStamp } from '../formats/stamp';
import { type InstanceState } from './live-state';
import { allParameters } from './parameters';
import { containerRows, CONTAINER_COLUMNS, pluggableRows, PDB_COLUMNS } from './container-rows';
import { type ViewDeclaration, type ViewRow, type ViewSource, yesNo } from './view';

const PLATFORM = 'Linux x86 64-bit';
const PERCENT = 100;
const RECOVERY_AREA_TYPES = [
  ...[
    'CONTROL FILE',
    'REDO LOG',
    'ARCHIVED LOG',
    'BACKUP PIECE',
    'IMAGE COPY',
    'FLASHBACK LOG',
    'FOREIGN ARCHIVED LOG',
    'AUXILIARY DATAFILE COPY',
  ],
];

function instances({ live }: ViewSource): InstanceState[] {
  return [live.identity(), ...(live.otherInstances?.() ?? [])];
}

function databaseRow(source: ViewSource): ViewRow {
  const cf = source.controlFile();
  const me = source.live.identity();
  const current = cf.incarnations.find((i) => i.status === 'CURRENT');
  const parent = cf.incarnations.find((i) => i.resetlogsScn === current?.priorResetlogsScn && i !== current);
  const archived = cf.archivedLogs.at(-1);
  return {
    ...{
      DBID: cf.dbid,
      NAME: cf.dbName,
      CREATED: cf.createdAt,
      DB_UNIQUE_NAME: cf.dbUniqueName,
      CON_DBID: cf.dbid,
    },
    'RESETLOGS_CHANGE#': cf.resetlogsScn,
    RESETLOGS_TIME: dateOfStamp(cf.resetlogsId).toISOString(),
    'PRIOR_RESETLOGS_CHANGE#': current?.priorResetlogsScn ?? 0,
    PRIOR_RESETLOGS_TIME: parent === undefined ? null : dateOfStamp(parent.resetlogsId).toISOString(),
    ...{
      LOG_MODE: cf.logMode,
      'CHECKPOINT_CHANGE#': cf.checkpointScn,
      'ARCHIVE_CHANGE#': archived?.nextScn ?? 0,
    },
    ...{
      CONTROLFILE_TYPE: controlFileTypeOf(cf),
      CONTROLFILE_CREATED: cf.createdAt,
      'CONTROLFILE_SEQUENCE#': cf.controlSequence,
    },
    ...{ 'CONTROLFILE_CHANGE#': cf.checkpointScn, OPEN_RESETLOGS: 'NOT ALLOWED', VERSION_TIME: cf.createdAt },
    OPEN_MODE: me.status === 'OPEN' ? 'READ WRITE' : 'MOUNTED',
    ...{
      PROTECTION_MODE: 'MAXIMUM PERFORMANCE',
      PROTECTION_LEVEL: 'MAXIMUM PERFORMANCE',
      REMOTE_ARCHIVE: 'ENABLED',
    },
    ...{
      DATABASE_ROLE: cf.role ?? 'PRIMARY',
      SWITCHOVER_STATUS: 'NOT ALLOWED',
      DATAGUARD_BROKER: 'DISABLED',
      GUARD_STATUS: 'NONE',
    },
    ...{ SUPPLEMENTAL_LOG_DATA_MIN: 'NO', SUPPLEMENTAL_LOG_DATA_PK: 'NO', SUPPLEMENTAL_LOG_DATA_UI: 'NO' },
    ...{
      SUPPLEMENTAL_LOG_DATA_FK: 'NO',
      SUPPLEMENTAL_LOG_DATA_ALL: 'NO',
      FORCE_LOGGING: 'NO',
      FLASHBACK_ON: 'NO',
    },
    ...{
      PLATFORM_ID: 13,
      PLATFORM_NAME: PLATFORM,
      CURRENT_SCN: me.currentScn,
      CDB: yesNo(cf.containers !== undefined),
      ARCHIVELOG_COMPRESSION: 'DISABLED',
    },
    'RECOVERY_TARGET_INCARNATION#': current?.incarnation ?? 1,
    'LAST_OPEN_INCARNATION#': current?.incarnation ?? 1,
    FORCE_FULL_DB_CACHING: 'NO',
  };
}

function controlFileTypeOf(cf: ControlFile): 'STANDBY' | 'BACKUP' | 'CURRENT' {
  if (cf.role === 'PHYSICAL STANDBY') return 'STANDBY';
  return cf.restored === true ? 'BACKUP' : 'CURRENT';
}

/** One row per redo thread; a thread is open while its instance is. */
function threadRows(source: ViewSource): ViewRow[] {
  const { redoLogs, checkpointScn } = source.controlFile();
  const running = instances(source);
  const threads = [...new Set(redoLogs.map((log) => log.thread))].sort((a, b) => a - b);
  return threads.map((thread) => {
    const logs = redoLogs.filter((log) => log.thread === thread);
    const current = logs.find((log) => log.status === 'CURRENT');
    const owner = running.find((instance) => instance.thread === thread);
    return {
      'THREAD#': thread,
      STATUS: owner?.status === 'OPEN' ? 'OPEN' : 'CLOSED',
      ...{ ENABLED: 'PUBLIC', GROUPS: logs.length, INSTANCE: owner?.instanceName ?? null },
      OPEN_TIME: owner?.startedAt ?? null,
      'CURRENT_GROUP#': current?.group ?? null,
      'SEQUENCE#': current?.sequence ?? null,
      'CHECKPOINT_CHANGE#': checkpointScn,
      'ENABLE_CHANGE#': 1,
    };
  });
}

function archiverOf(instance: InstanceState, { live }: ViewSource): string {
  if (instance.status === 'STARTED' || instance.logMode !== 'ARCHIVELOG') return 'STOPPED';
  return (live.archiverError?.() ?? null) === null ? 'STARTED' : 'FAILED';
}

function parameterRows(source: ViewSource): ViewRow[] {
  return Object.entries(allParameters(source))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value], index) => {
      const isFlag = value === 'TRUE' || value === 'FALSE';
      const type = isFlag ? 1 : value !== null && /^\d+$/.test(value) ? 3 : 2;
      return {
        NUM: index,
        NAME: name,
        TYPE: type,
        VALUE: value,
        DISPLAY_VALUE: value,
        ISDEFAULT: 'FALSE',
        ISMODIFIED: 'FALSE',
      };
    });
}

/** A row for each value: CONTROL_FILES is a list. */
function parameterValueRows(source: ViewSource): ViewRow[] {
  const controlFiles = source.live.controlFiles?.() ?? [];
  return parameterRows(source).flatMap((row) => {
    const values = row['NAME'] === 'control_files' ? controlFiles : [row['VALUE'] ?? null];
    return values.map((value, index) => ({
      ...row,
      ...{ VALUE: value, DISPLAY_VALUE: value, ORDINAL: index + 1 },
    }));
  });
}

function recoveryAreaUsage(source: ViewSource): ViewRow[] {
  const area = source.live.recoveryArea?.();
  if (area === undefined) return [];
  const share = (bytes: number): number => (area.limitBytes === 0 ? 0 : (bytes / area.limitBytes) * PERCENT);
  return RECOVERY_AREA_TYPES.map((type) => {
    const logs = type === 'ARCHIVED LOG';
    return {
      FILE_TYPE: type,
      PERCENT_SPACE_USED: logs ? share(area.usedBytes) : 0,
      PERCENT_SPACE_RECLAIMABLE: logs ? share(area.reclaimableBytes) : 0,
      NUMBER_OF_FILES: logs ? area.files : 0,
    };
  });
}

const PARAMETER_COLUMNS = 'NUM:n NAME:t80 TYPE:n VALUE:t4000 DISPLAY_VALUE:t4000 ISDEFAULT:t9 ISMODIFIED:t10';

export const INSTANCE_VIEWS: readonly ViewDeclaration[] = [
  {
    name: 'DATABASE',
    needs: 'mounted',
    columns: `DBID:n NAME:t9 CREATED:d RESETLOGS_CHANGE#:n RESETLOGS_TIME:d PRIOR_RESETLOGS_CHANGE#:n PRIOR_RESETLOGS_TIME:d LOG_MODE:t12
      CHECKPOINT_CHANGE#:n ARCHIVE_CHANGE#:n CONTROLFILE_TYPE:t7 CONTROLFILE_CREATED:d CONTROLFILE_SEQUENCE#:n CONTROLFILE_CHANGE#:n
      CONTROLFILE_TIME:d OPEN_RESETLOGS:t11 VERSION_TIME:d OPEN_MODE:t20 PROTECTION_MODE:t20 PROTECTION_LEVEL:t20 REMOTE_ARCHIVE:t8
      ACTIVATION#:n SWITCHOVER#:n DATABASE_ROLE:t16 ARCHIVELOG_CHANGE#:n ARCHIVELOG_COMPRESSION:t8 SWITCHOVER_STATUS:t20
      DATAGUARD_BROKER:t8 GUARD_STATUS:t7 SUPPLEMENTAL_LOG_DATA_MIN:t8 SUPPLEMENTAL_LOG_DATA_PK:t3 SUPPLEMENTAL_LOG_DATA_UI:t3
      FORCE_LOGGING:t39 PLATFORM_ID:n PLATFORM_NAME:t101 RECOVERY_TARGET_INCARNATION#:n LAST_OPEN_INCARNATION#:n CURRENT_SCN:n
      FLASHBACK_ON:t18 SUPPLEMENTAL_LOG_DATA_FK:t3 SUPPLEMENTAL_LOG_DATA_ALL:t3 DB_UNIQUE_NAME:t30 STANDBY_BECAME_PRIMARY_SCN:n
      PRIMARY_DB_UNIQUE_NAME:t30 CDB:t3 PENDING_ROLE_CHANGE_TASKS:t512 CON_DBID:n FORCE_FULL_DB_CACHING:t3`,
    rows: (source) => [databaseRow(source)],
  },
  {
    name: 'INSTANCE',
    needs: 'started',
    columns: `INSTANCE_NUMBER:n INSTANCE_NAME:t16 HOST_NAME:t64 VERSION:t17 VERSION_LEGACY:t17 VERSION_FULL:t17 STARTUP_TIME:d STATUS:t12
      PARALLEL:t3 THREAD#:n ARCHIVER:t7 LOG_SWITCH_WAIT:t15 LOGINS:t10 SHUTDOWN_PENDING:t3 DATABASE_STATUS:t17 INSTANCE_ROLE:t18
      ACTIVE_STATE:t9 BLOCKED:t3 INSTANCE_MODE:t11 EDITION:t7 FAMILY:t80 DATABASE_TYPE:t15`,
    rows: (source) => {
      const all = instances(source);
      return all.map((i) => ({
        ...{
          INST_ID: i.instanceNumber,
          INSTANCE_NUMBER: i.instanceNumber,
          INSTANCE_NAME: i.instanceName,
          HOST_NAME: i.hostName,
        },
        ...{
          VERSION: i.version,
          VERSION_LEGACY: i.version,
          VERSION_FULL: i.versionFull,
          STARTUP_TIME: i.startedAt,
        },
        ...{ STATUS: i.status, PARALLEL: yesNo(i.parallel ?? all.length > 1), 'THREAD#': i.thread },
        ARCHIVER: archiverOf(i, source),
        ...{
          LOGINS: 'ALLOWED',
          SHUTDOWN_PENDING: 'NO',
          DATABASE_STATUS: 'ACTIVE',
          INSTANCE_ROLE: 'PRIMARY_INSTANCE',
        },
        ...{
          ACTIVE_STATE: 'NORMAL',
          BLOCKED: 'NO',
          INSTANCE_MODE: 'REGULAR',
          EDITION: i.edition ?? 'EE',
          DATABASE_TYPE: 'SINGLE',
        },
      }));
    },
  },
  {
    name: 'ACTIVE_INSTANCES',
    needs: 'mounted',
    columns: 'INST_NUMBER:n INST_NAME:t60',
    rows: (source) =>
      instances(source).map((i) => ({
        INST_NUMBER: i.instanceNumber,
        INST_NAME: `${i.hostName}:${i.instanceName}`,
      })),
  },
  {
    name: 'THREAD',
    needs: 'mounted',
    columns: `THREAD#:n STATUS:t6 ENABLED:t8 GROUPS:n INSTANCE:t80 OPEN_TIME:d CURRENT_GROUP#:n SEQUENCE#:n CHECKPOINT_CHANGE#:n
      CHECKPOINT_TIME:d ENABLE_CHANGE#:n ENABLE_TIME:d DISABLE_CHANGE#:n DISABLE_TIME:d LAST_REDO_SEQUENCE#:n LAST_REDO_BLOCK:n
      LAST_REDO_CHANGE#:n LAST_REDO_TIME:d`,
    rows: threadRows,
  },
  {
    name: 'VERSION',
    needs: 'started',
    columns: 'BANNER:t80 BANNER_FULL:t160 BANNER_LEGACY:t80',
    rows: ({ live }) => {
      const { version, versionFull, edition } = live.identity();
      const name = edition === 'SE2' ? 'Standard Edition 2' : 'Enterprise Edition';
      const banner = `Oracle Database 19c ${name} Release ${version} - Production`;
      return [{ BANNER: banner, BANNER_FULL: `${banner}\nVersion ${versionFull}`, BANNER_LEGACY: banner }];
    },
  },
  { name: 'PARAMETER', needs: 'started', columns: PARAMETER_COLUMNS, rows: parameterRows },
  {
    name: 'PARAMETER2',
    needs: 'started',
    columns: `${PARAMETER_COLUMNS} ORDINAL:n`,
    rows: parameterValueRows,
  },
  { name: 'SYSTEM_PARAMETER', needs: 'started', columns: PARAMETER_COLUMNS, rows: parameterRows },
  { name: 'PDBS', needs: 'mounted', columns: PDB_COLUMNS, rows: pluggableRows },
  { name: 'CONTAINERS', needs: 'mounted', columns: CONTAINER_COLUMNS, rows: containerRows },
  {
    name: 'SERVICES',
    needs: 'started',
    columns: 'SERVICE_ID:n NAME:t64 NETWORK_NAME:t512',
    rows: ({ live }) => {
      const name = live.identity().dbUniqueName;
      return [{ SERVICE_ID: 1, NAME: name, NETWORK_NAME: name }];
    },
  },
  {
    name: 'CONTROLFILE',
    needs: 'mounted',
    columns: 'STATUS:t7 NAME:t513 IS_RECOVERY_DEST_FILE:t3 BLOCK_SIZE:n FILE_SIZE_BLKS:n',
    rows: ({ live }) =>
      (live.controlFiles?.() ?? []).map((name) => ({
        NAME: name,
        IS_RECOVERY_DEST_FILE: 'NO',
        BLOCK_SIZE: 16_384,
      })),
  },
  {
    name: 'RECOVERY_FILE_DEST',
    needs: 'mounted',
    columns: 'NAME:t513 SPACE_LIMIT:n SPACE_USED:n SPACE_RECLAIMABLE:n NUMBER_OF_FILES:n',
    rows: ({ live }) => {
      const area = live.recoveryArea?.();
      if (area === undefined) return [];
      const { path, limitBytes, usedBytes, reclaimableBytes, files } = area;
      return [
        {
          NAME: path,
          SPACE_LIMIT: limitBytes,
          SPACE_USED: usedBytes,
          SPACE_RECLAIMABLE: reclaimableBytes,
          NUMBER_OF_FILES: files,
        },
      ];
    },
  },
  {
    name: 'RECOVERY_AREA_USAGE',
    needs: 'mounted',
    columns: 'FILE_TYPE:t23 PERCENT_SPACE_USED:n PERCENT_SPACE_RECLAIMABLE:n NUMBER_OF_FILES:n',
    rows: recoveryAreaUsage,
  },
  {
    name: 'ARCHIVE_DEST',
    needs: 'started',
    columns: `DEST_ID:n DEST_NAME:t256 STATUS:t9 BINDING:t9 NAME_SPACE:t7 TARGET:t16 ARCHIVER:t10 SCHEDULE:t8 DESTINATION:t256
      LOG_SEQUENCE:n REOPEN_SECS:n DELAY_MINS:n MAX_CONNECTIONS:n NET_TIMEOUT:n PROCESS:t10 REGISTER:t3 FAIL_DATE:d FAIL_SEQUENCE:n
      FAIL_BLOCK:n FAILURE_COUNT:n MAX_FAILURE:n ERROR:t256 ALTERNATE:t256 DEPENDENCY:t256 TRANSMIT_MODE:t12 AFFIRM:t3 TYPE:t7
      VALID_NOW:t16 VALID_TYPE:t15 VALID_ROLE:t12 DB_UNIQUE_NAME:t30 VERIFY:t3`,
    rows: (source) => {
      const area = source.live.recoveryArea?.().path ?? null;
      const error = source.live.archiverError?.() ?? null;
      const first = {
        DEST_ID: 1,
        DEST_NAME: 'LOG_ARCHIVE_DEST_1',
        STATUS: error === null ? 'VALID' : 'ERROR',
        ERROR: error === null ? null : 'ORA-19809: limit exceeded for recovery files',
        TARGET: 'PRIMARY',
        DESTINATION: area ?? '?/dbs/arch',
      };
      const shared = {
        BINDING: 'OPTIONAL',
        NAME_SPACE: 'SYSTEM',
        ARCHIVER: 'ARCH',
        SCHEDULE: 'ACTIVE',
        PROCESS: 'ARCH',
        TYPE: 'PUBLIC',
      };
      return [
        { ...first, ...shared },
        {
          DEST_ID: 2,
          DEST_NAME: 'LOG_ARCHIVE_DEST_2',
          STATUS: 'INACTIVE',
          TARGET: 'PRIMARY',
          BINDING: 'OPTIONAL',
        },
      ];
    },
  },
  {
    name: 'BLOCK_CHANGE_TRACKING',
    needs: 'mounted',
    columns: 'STATUS:t10 FILENAME:t513 BYTES:n',
    rows: ({ live }) => {
      const tracking = live.blockChangeTracking?.() ?? null;
      return [
        tracking === null
          ? { STATUS: 'DISABLED' }
          : { STATUS: 'ENABLED', FILENAME: tracking.file, BYTES: tracking.bytes },
      ];
    },
  },
  {
    name: 'DATABASE_INCARNATION',
    needs: 'mounted',
    columns: `INCARNATION#:n RESETLOGS_CHANGE#:n RESETLOGS_TIME:d PRIOR_RESETLOGS_CHANGE#:n PRIOR_RESETLOGS_TIME:d STATUS:t7
      RESETLOGS_ID:n PRIOR_INCARNATION#:n FLASHBACK_DATABASE_ALLOWED:t26`,
    rows: (source) => {
      const { incarnations } = source.controlFile();
      return incarnations.map((i) => {
        const prior = incarnations.find((p) => p !== i && p.resetlogsScn === i.priorResetlogsScn);
        return {
          ...{
            'INCARNATION#': i.incarnation,
            'RESETLOGS_CHANGE#': i.resetlogsScn,
            STATUS: i.status,
            RESETLOGS_ID: i.resetlogsId,
          },
          RESETLOGS_TIME: dateOfStamp(i.resetlogsId).toISOString(),
          'PRIOR_RESETLOGS_CHANGE#': i.priorResetlogsScn,
          PRIOR_RESETLOGS_TIME: prior === undefined ? null : dateOfStamp(prior.resetlogsId).toISOString(),
          'PRIOR_INCARNATION#': prior?.incarnation ?? 0,
          FLASHBACK_DATABASE_ALLOWED: 'NO',
        };
      });
    },
  },
];
