// RMAN itself: what is configured, its jobs and what they printed; and the moments that were named for it.
import { type RmanStatus } from '../control-file/control-file';
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

export const RMAN_VIEWS: readonly ViewDeclaration[] = [
  {
    name: 'RESTORE_POINT',
    needs: 'mounted',
    columns:
      'SCN:n DATABASE_INCARNATION#:n GUARANTEE_FLASHBACK_DATABASE:t3 STORAGE_SIZE:n TIME:d NAME:t128 PRESERVED:t3',
    rows: (source) => {
      const { restorePoints = [], incarnations } = source.controlFile();
      return restorePoints.map(({ name, scn, at, resetlogsScn, guaranteed }) => ({
        ...{ SCN: scn, NAME: name, TIME: at, STORAGE_SIZE: 0 },
        'DATABASE_INCARNATION#':
          incarnations.find((i) => i.resetlogsScn === resetlogsScn)?.incarnation ?? null,
        GUARANTEE_FLASHBACK_DATABASE: yesNo(guaranteed),
        PRESERVED: yesNo(guaranteed),
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
