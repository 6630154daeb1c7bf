// Sessions, their processes, and how far long operations have come.
import { type BackupIoState, type LongopState, type SessionState } from './live-state';
import { secondsBetween, type ViewDeclaration, type ViewRow, type ViewSource } from './view';

const ADDRESS_BASE = 0x7f00_0000_0000;
const ADDRESS_STEP = 0x1000;

/** A made-up memory address that joins V$SESSION.PADDR with V$PROCESS.ADDR. */
function address(s: SessionState, offset: number): string {
  return (ADDRESS_BASE + s.sid * ADDRESS_STEP + offset).toString(16).padStart(16, '0');
}

function sessionRow(s: SessionState, source: ViewSource): ViewRow {
  const me = source.live.identity();
  const now = source.now().toISOString();
  const waiting = s.waitingSince ?? s.logonAt;
  return {
    INST_ID: s.instanceNumber ?? me.instanceNumber,
    ...{
      SADDR: address(s, 0x800),
      SID: s.sid,
      'SERIAL#': s.serial,
      AUDSID: 0,
      PADDR: address(s, 0),
      'USER#': 0,
      USERNAME: s.username,
    },
    ...{
      STATUS: s.status,
      SERVER: 'DEDICATED',
      SCHEMANAME: s.username,
      OSUSER: s.osUser ?? 'oracle',
      PROCESS: String(s.spid),
    },
    ...{
      MACHINE: s.machine ?? me.hostName,
      PROGRAM: s.program,
      TYPE: s.type,
      MODULE: s.module,
      ACTION: s.action ?? null,
    },
    ...{ CLIENT_INFO: s.clientInfo, CLIENT_IDENTIFIER: s.clientIdentifier ?? null, LOGON_TIME: s.logonAt },
    ...{
      LAST_CALL_ET: secondsBetween(waiting, now),
      EVENT: s.event,
      SECONDS_IN_WAIT: secondsBetween(waiting, now),
      WAIT_TIME: 0,
    },
    ...{
      STATE: 'WAITING',
      WAIT_CLASS: s.status === 'ACTIVE' ? 'Administrative' : 'Idle',
      SERVICE_NAME: me.dbUniqueName,
      COMMAND: 0,
    },
    ...{ FAILOVER_TYPE: 'NONE', FAILED_OVER: 'NO' },
  };
}

function processRow(s: SessionState, source: ViewSource): ViewRow {
  return {
    INST_ID: s.instanceNumber ?? source.live.identity().instanceNumber,
    ...{
      ADDR: address(s, 0),
      PID: s.sid,
      SOSID: String(s.spid),
      SPID: String(s.spid),
      USERNAME: 'oracle',
      'SERIAL#': s.serial,
    },
    ...{
      PROGRAM: s.program,
      BACKGROUND: s.type === 'BACKGROUND' ? '1' : null,
      EXECUTION_TYPE: 'PROCESS',
      TERMINAL: 'UNKNOWN',
    },
  };
}

function longopRow(l: LongopState, source: ViewSource): ViewRow {
  const elapsed = secondsBetween(l.startedAt, l.updatedAt);
  const left = Math.max(0, l.totalwork - l.sofar);
  const session = source.live.sessions().find((s) => s.sid === l.sid && s.serial === l.serial);
  return {
    INST_ID: l.instanceNumber ?? source.live.identity().instanceNumber,
    ...{
      SID: l.sid,
      'SERIAL#': l.serial,
      OPNAME: l.opname,
      TARGET: null,
      SOFAR: l.sofar,
      TOTALWORK: l.totalwork,
      UNITS: 'Blocks',
    },
    ...{
      START_TIME: l.startedAt,
      LAST_UPDATE_TIME: l.updatedAt,
      ELAPSED_SECONDS: elapsed,
      CONTEXT: l.context,
    },
    TIME_REMAINING: l.sofar === 0 ? null : Math.round((elapsed * left) / l.sofar),
    MESSAGE: `${l.opname}: Set Count ${l.context}: ${l.sofar} out of ${l.totalwork} Blocks done`,
    USERNAME: session?.username ?? 'SYS',
  };
}

const IO_COLUMNS = `SID:n SERIAL:n USE_COUNT:n RMAN_STATUS_RECID:n RMAN_STATUS_STAMP:n DEVICE_TYPE:t17 TYPE:t9 STATUS:t11 FILENAME:t513
  SET_COUNT:n SET_STAMP:n BUFFER_SIZE:n BUFFER_COUNT:n TOTAL_BYTES:n OPEN_TIME:d CLOSE_TIME:d ELAPSED_TIME:n MAXOPENFILES:n BYTES:n
  EFFECTIVE_BYTES_PER_SECOND:n IO_COUNT:n`;

function ioRows(source: ViewSource, synchronous: boolean): ViewRow[] {
  const now = source.now().toISOString();
  return (source.live.backupIo?.() ?? [])
    .filter((io) => io.synchronous === synchronous)
    .map((io) => ioRow(io, now, source));
}

function ioRow(io: BackupIoState, now: string, source: ViewSource): ViewRow {
  const seconds = secondsBetween(io.openedAt, io.closedAt ?? now);
  const rate = Math.round(io.bytes / Math.max(1, seconds));
  const common: ViewRow = {
    INST_ID: io.instanceNumber ?? source.live.identity().instanceNumber,
    ...{
      SID: io.sid,
      SERIAL: io.serial,
      DEVICE_TYPE: io.deviceType,
      TYPE: io.type,
      STATUS: io.status,
      FILENAME: io.filename,
    },
    ...{
      SET_COUNT: io.setCount,
      SET_STAMP: io.setStamp,
      BUFFER_SIZE: io.bufferBytes,
      BUFFER_COUNT: io.buffers,
    },
    ...{
      TOTAL_BYTES: io.totalBytes,
      BYTES: io.bytes,
      OPEN_TIME: io.openedAt,
      CLOSE_TIME: io.closedAt,
      IO_COUNT: io.ioCount,
    },
    // In hundredths of a second, as the view counts.
    ELAPSED_TIME: seconds * 100,
    EFFECTIVE_BYTES_PER_SECOND: rate,
  };
  if (!io.synchronous) return common;
  return { ...common, IO_TIME_TOTAL: seconds * 100, IO_TIME_MAX: null, DISCRETE_BYTES_PER_SECOND: rate };
}

export const SESSION_VIEWS: readonly ViewDeclaration[] = [
  {
    name: 'SESSION',
    needs: 'started',
    columns: `SADDR:r8 SID:n SERIAL#:n AUDSID:n PADDR:r8 USER#:n USERNAME:t128 COMMAND:n STATUS:t8 SERVER:t9 SCHEMA#:n SCHEMANAME:t128
      OSUSER:t128 PROCESS:t24 MACHINE:t64 PORT:n TERMINAL:t30 PROGRAM:t84 TYPE:t10 SQL_ID:t13 MODULE:t64 ACTION:t64 CLIENT_INFO:t64
      LOGON_TIME:d LAST_CALL_ET:n FAILOVER_TYPE:t13 FAILED_OVER:t3 CLIENT_IDENTIFIER:t64 BLOCKING_SESSION:n BLOCKING_INSTANCE:n SEQ#:n
      EVENT#:n EVENT:t64 P1TEXT:t64 P1:n P2TEXT:t64 P2:n P3TEXT:t64 P3:n WAIT_CLASS:t64 WAIT_TIME:n SECONDS_IN_WAIT:n STATE:t19
      SERVICE_NAME:t64`,
    rows: (source) => source.live.sessions().map((s) => sessionRow(s, source)),
  },
  {
    name: 'PROCESS',
    needs: 'started',
    columns: `ADDR:r8 PID:n SOSID:t24 SPID:t24 STID:t24 EXECUTION_TYPE:t10 PNAME:t5 USERNAME:t15 SERIAL#:n TERMINAL:t30 PROGRAM:t84
      TRACEID:t255 TRACEFILE:t513 BACKGROUND:t1 PGA_USED_MEM:n PGA_ALLOC_MEM:n PGA_FREEABLE_MEM:n PGA_MAX_MEM:n`,
    rows: (source) => source.live.sessions().map((s) => processRow(s, source)),
  },
  {
    name: 'SESSION_LONGOPS',
    needs: 'started',
    columns: `SID:n SERIAL#:n OPNAME:t64 TARGET:t64 TARGET_DESC:t32 SOFAR:n TOTALWORK:n UNITS:t32 START_TIME:d LAST_UPDATE_TIME:d
      TIMESTAMP:d TIME_REMAINING:n ELAPSED_SECONDS:n CONTEXT:n MESSAGE:t512 USERNAME:t128 SQL_ID:t13 QCSID:n`,
    rows: (source) => source.live.longops().map((l) => longopRow(l, source)),
  },
  {
    name: 'BACKUP_ASYNC_IO',
    needs: 'started',
    columns: `${IO_COLUMNS} READY:n SHORT_WAITS:n LONG_WAITS:n`,
    rows: (source) => ioRows(source, false),
  },
  {
    name: 'BACKUP_SYNC_IO',
    needs: 'started',
    columns: `${IO_COLUMNS} IO_TIME_TOTAL:n IO_TIME_MAX:n DISCRETE_BYTES_PER_SECOND:n`,
    rows: (source) => ioRows(source, true),
  },
];
