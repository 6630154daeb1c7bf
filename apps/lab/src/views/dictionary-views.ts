// DBA_ views, which need an open database, and the dynamic views that have nothing to show here.
import { DBA_PDB_COLUMNS, pluggableStates } from './container-rows';
import { containerOf, tablespaceName } from './file-views';
import { type ViewDeclaration, type ViewRow, yesNo } from './view';

/** Empty in a database without standbys, ASM and flashback; queries on them still run. */
export const EMPTY_VIEWS: readonly ViewDeclaration[] = [
  [
    'COPY_CORRUPTION',
    'RECID:n STAMP:n COPY_RECID:n COPY_STAMP:n FILE#:n BLOCK#:n BLOCKS:n CORRUPTION_CHANGE#:n MARKED_CORRUPT:t3 CORRUPTION_TYPE:t9',
  ],
  [
    'STANDBY_LOG',
    'GROUP#:n DBID:t40 THREAD#:n SEQUENCE#:n BYTES:n BLOCKSIZE:n USED:n ARCHIVED:t3 STATUS:t10 FIRST_CHANGE#:n FIRST_TIME:d NEXT_CHANGE#:n NEXT_TIME:d',
  ],
  [
    'MANAGED_STANDBY',
    'PROCESS:t9 PID:t24 STATUS:t12 CLIENT_PROCESS:t8 GROUP#:t40 THREAD#:n SEQUENCE#:n BLOCK#:n BLOCKS:n',
  ],
  [
    'DATAGUARD_STATS',
    'SOURCE_DBID:n SOURCE_DB_UNIQUE_NAME:t32 NAME:t32 VALUE:t64 UNIT:t30 TIME_COMPUTED:t30 DATUM_TIME:t30',
  ],
  ['ARCHIVE_GAP', 'THREAD#:n LOW_SEQUENCE#:n HIGH_SEQUENCE#:n'],
  [
    'FLASHBACK_DATABASE_LOG',
    'OLDEST_FLASHBACK_SCN:n OLDEST_FLASHBACK_TIME:d RETENTION_TARGET:n FLASHBACK_SIZE:n ESTIMATED_FLASHBACK_SIZE:n',
  ],
  ['ASM_DISKGROUP', 'GROUP_NUMBER:n NAME:t30 STATE:t11 TYPE:t6 TOTAL_MB:n FREE_MB:n USABLE_FILE_MB:n'],
  ['BACKUP_DEVICE', 'DEVICE_TYPE:t17 DEVICE_NAME:t513'],
].map(([name = '', columns = '']) => ({ name, columns, needs: 'mounted', rows: () => [] }));

export const DICTIONARY_VIEWS: readonly ViewDeclaration[] = [
  { name: 'DBA_PDBS', kind: 'dictionary', needs: 'open', columns: DBA_PDB_COLUMNS, rows: pluggableStates },
  {
    name: 'DBA_DATA_FILES',
    kind: 'dictionary',
    needs: 'open',
    columns: `FILE_NAME:t513 FILE_ID:n TABLESPACE_NAME:t30 BYTES:n BLOCKS:n STATUS:t9 RELATIVE_FNO:n AUTOEXTENSIBLE:t3 MAXBYTES:n
      MAXBLOCKS:n INCREMENT_BY:n USER_BYTES:n USER_BLOCKS:n ONLINE_STATUS:t7 LOST_WRITE_PROTECT:t7`,
    rows: (source) => {
      const cf = source.controlFile();
      return cf.dataFiles.map((f) => ({
        ...containerOf(f),
        ...{
          FILE_NAME: f.name,
          FILE_ID: f.file,
          TABLESPACE_NAME: tablespaceName(cf, f),
          BYTES: f.blocks * f.blockBytes,
        },
        ...{
          BLOCKS: f.blocks,
          STATUS: 'AVAILABLE',
          RELATIVE_FNO: f.rfile,
          AUTOEXTENSIBLE: 'NO',
          MAXBYTES: 0,
          MAXBLOCKS: 0,
        },
        ...{
          INCREMENT_BY: 0,
          USER_BYTES: f.blocks * f.blockBytes,
          USER_BLOCKS: f.blocks,
          ONLINE_STATUS: f.status,
          LOST_WRITE_PROTECT: 'OFF',
        },
      }));
    },
  },
  {
    name: 'DBA_FREE_SPACE',
    kind: 'dictionary',
    needs: 'open',
    columns: 'TABLESPACE_NAME:t30 FILE_ID:n BLOCK_ID:n BYTES:n BLOCKS:n RELATIVE_FNO:n',
    rows: (source) => {
      const cf = source.controlFile();
      return source.live.space().flatMap((space): ViewRow[] => {
        const f = cf.dataFiles.find((d) => d.file === space.file);
        const free = space.blocks - space.usedBlocks;
        if (f === undefined || free <= 0) return [];
        return [
          {
            ...containerOf(f),
            TABLESPACE_NAME: tablespaceName(cf, f),
            FILE_ID: f.file,
            BLOCK_ID: space.usedBlocks + 1,
            BYTES: free * f.blockBytes,
            BLOCKS: free,
            RELATIVE_FNO: f.rfile,
          },
        ];
      });
    },
  },
  {
    name: 'DBA_TABLESPACES',
    kind: 'dictionary',
    needs: 'open',
    columns:
      'TABLESPACE_NAME:t30 BLOCK_SIZE:n STATUS:t9 CONTENTS:t21 LOGGING:t9 FORCE_LOGGING:t3 BIGFILE:t3 ENCRYPTED:t3',
    rows: (source) => {
      const cf = source.controlFile();
      return cf.tablespaces.map((t) => {
        const file = cf.dataFiles.find((f) => f.ts === t.ts && f.conId === t.conId);
        const status = file?.enabled === 'READ ONLY' ? 'READ ONLY' : 'ONLINE';
        const contents = t.name.startsWith('UNDO') ? 'UNDO' : t.name === 'TEMP' ? 'TEMPORARY' : 'PERMANENT';
        return {
          ...containerOf(t),
          ...{
            TABLESPACE_NAME: t.name,
            BLOCK_SIZE: file?.blockBytes ?? 8192,
            STATUS: status,
            CONTENTS: contents,
          },
          ...{ LOGGING: 'LOGGING', FORCE_LOGGING: 'NO', BIGFILE: yesNo(t.bigfile) },
          ENCRYPTED: yesNo(t.encrypted === true),
        };
      });
    },
  },
  {
    name: 'NLS_DATABASE_PARAMETERS',
    kind: 'dictionary',
    needs: 'open',
    columns: 'PARAMETER:t128 VALUE:t64',
    rows: () => [
      { PARAMETER: 'NLS_CHARACTERSET', VALUE: 'AL32UTF8' },
      { PARAMETER: 'NLS_NCHAR_CHARACTERSET', VALUE: 'AL16UTF16' },
      { PARAMETER: 'NLS_LANGUAGE', VALUE: 'AMERICAN' },
    ],
  },
];
