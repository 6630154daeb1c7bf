/** What rman, labctl and the listener ask of an instance, which serves it over its Unix socket. Every method fails with OraError only. */
import {
  type ArchivedLog,
  type BackupDataFile,
  type BackupPiece,
  type BackupRedoLog,
  type BackupSet,
  type ControlFile,
  type CorruptBlock,
  type DataFileCopy,
  type RecordStatus,
} from '../control-file/control-file';
import { type BlockRange } from '../formats/block';

export interface Identity {
  dbid: number;
  dbName: string;
  dbUniqueName: string;
  instanceName: string;
  instanceNumber: number;
  thread: number;
  hostName: string;
  version: string;
  versionFull: string;
  edition: 'EE' | 'SE2';
  /** One of several instances of its database. */
  parallel: boolean;
  /** STARTED = NOMOUNT: dbid 0 and empty database names then. */
  status: 'STARTED' | 'MOUNTED' | 'OPEN';
  startedAt: string;
  /** Every committed change has a lower SCN: the SCN to recover "until" to get what the database holds now. */
  currentScn: string;
  resetlogsScn: string;
  logMode: ControlFile['logMode'];
  oracleHome: string;
  base: string;
  pid: number;
  listenerPort: number | null;
}

export interface SessionId {
  sid: number;
  serial: number;
}

export type NewRecord<T> = Omit<T, 'recid' | 'stamp'>;
/** A backup set with all that belongs to it; setStamp and setCount of every part are those of the set. */
export interface BackupRecords {
  set: NewRecord<BackupSet>;
  pieces: NewRecord<BackupPiece>[];
  dataFiles: NewRecord<BackupDataFile>[];
  redoLogs: NewRecord<BackupRedoLog>[];
}

export interface LongOperation extends SessionId {
  context: number;
  opname: string;
  sofar: number;
  totalwork: number;
}

export interface RmanJobStart {
  /** 'RMAN' for the session's own row, else 'BACKUP', 'RESTORE', ... */
  operation: string;
  /** The session's own row; null when this is it. */
  session: { recid: number; stamp: number } | null;
  commandId: string | null;
  objectType: string | null;
}

export interface RmanJobUpdate {
  recid: number;
  inputBytes?: number;
  outputBytes?: number;
  commandId?: string | null;
  objectType?: string | null;
}

type SetContent = 'data-files' | 'archived-logs' | 'control-file';

/** The operations by name: arguments and result of each, all plain JSON. */
export interface InstanceOperations {
  identity: { args: Record<string, never>; result: Identity };
  readControlFile: { args: Record<string, never>; result: ControlFile };
  /** Writes dirty blocks and the header(s), of one data file or of all. `scn`: every lower change is in the file(s). */
  checkpoint: { args: { file?: number }; result: { scn: string; at: string } };
  /** `content` decides nothing: it tells what kind of set begins. An autobackup also gets its number. */
  beginBackupSet: {
    args: { content?: SetContent; autobackup?: boolean };
    result: { setStamp: number; setCount: number; autobackup?: number };
  };
  /** One control-file transaction; archived logs named in redoLogs get their backupCount raised. */
  recordBackup: { args: BackupRecords; result: { setRecid: number } };
  /** Number of pieces changed. */
  setPieceStatus: { args: { handles: string[]; status: RecordStatus }; result: number };
  /** Removes the piece's record, and its set's when that was the last piece. False: no such handle. */
  uncatalogPiece: { args: { handle: string }; result: boolean };
  /** Adds what a piece header says; records already there are kept (the piece becomes available again). */
  catalogPiece: { args: BackupRecords; result: { added: boolean } };
  /** An image copy that was made, changed or found; what was known under its name goes. */
  recordDataFileCopy: { args: NewRecord<DataFileCopy>; result: DataFileCopy };
  /** By record id; null: forgets them. The files stay. */
  setCopyStatus: { args: { recids: number[]; status: RecordStatus | null }; result: null };
  /** Switches the log and archives it; answers the archived sequence. */
  archiveLogCurrent: { args: Record<string, never>; result: { thread: number; sequence: number } };
  /** Marks the record deleted and removes the file if it is there. False: no such record. */
  deleteArchivedLog: { args: { recid: number }; result: boolean };
  /** Adds records of restored or found archived logs; one already known under the same name stays as it is. */
  catalogArchivedLogs: {
    args: { logs: Omit<ArchivedLog, 'recid' | 'stamp' | 'status' | 'backupCount' | 'completedAt'>[] };
    result: { recids: number[] };
  };
  /** CHANGE ... KEEP of whole sets; null: as the retention policy says. */
  setBackupKeep: { args: { recids: number[]; keepUntil: string | null }; result: null };
  setArchivedLogStatus: { args: { recids: number[]; status: RecordStatus }; result: number };
  /** A consistent copy to back up. The copy is locked until released or the client is gone (ORA-00230 meanwhile). */
  snapshotControlFile: { args: Record<string, never>; result: { path: string; scn: string; at: string } };
  releaseSnapshotControlFile: { args: Record<string, never>; result: null };
  /**
   * An incremental backup of a file begins: its checkpoint, what block change tracking says of the time since `sinceScn`, and a new
   * bitmap from that checkpoint on, all in one step. `changed` null: not tracked that far back, read the whole file.
   */
  beginFileBackup: {
    args: { file: number; level: 0 | 1; sinceScn: string };
    result: { scn: string; at: string; changed: BlockRange[] | null };
  };
  /** What a backup or VALIDATE found in the blocks it read; what was known of these goes. */
  noteCorruptBlocks: { args: { file: number; examined: BlockRange[]; found: CorruptBlock[] }; result: null };
  beginRmanJob: { args: RmanJobStart; result: { recid: number; stamp: number } };
  updateRmanJob: { args: RmanJobUpdate; result: null };
  endRmanJob: { args: RmanJobUpdate & { status: string }; result: null };
  /** Lines RMAN printed, for v$rman_output. */
  appendRmanOutput: {
    args: { sid: number; session: { recid: number; stamp: number }; lines: string[] };
    result: null;
  };
  /** CONFIGURE name TO value; null clears. */
  setRmanConfiguration: { args: { name: string; value: string | null }; result: null };
  registerSession: {
    args: {
      program: string;
      clientInfo: string | null;
      module: string | null;
      username?: string;
      processId?: number;
      machine?: string;
      osUser?: string;
    };
    result: SessionId;
  };
  updateSession: {
    args: SessionId & {
      clientInfo?: string | null;
      module?: string | null;
      action?: string | null;
      event?: string;
    };
    result: null;
  };
  endSession: { args: SessionId; result: null };
  updateLongops: { args: LongOperation; result: null };
  /** The ALTER statements of `SQL '...'`; the answer is what RMAN prints. */
  query: {
    args: { sql: string };
    /** Dates in Oracle's default format. */
    result: { columns: { name: string; isNumber: boolean }[]; rows: (string | null)[][] };
  };
  runSql: { args: { sql: string }; result: { message: string } };

  // Starting, restoring, opening. A running instance that is open refuses most of these with its ORA number.
  startup: { args: { mode: 'NOMOUNT' | 'MOUNT' | 'OPEN' }; result: null };
  mount: { args: Record<string, never>; result: null };
  shutdown: { args: { mode: 'IMMEDIATE' | 'ABORT' }; result: null };
  /** NOMOUNT only: writes the control file(s) from restored bytes at `path` and answers where they are. */
  installControlFile: { args: { path: string }; result: { controlFiles: string[] } };
  /** Mounted only, what CREATE CONTROLFILE SET DATABASE does: another name and DBID in control file and headers, no backups on record. */
  renameDatabase: { args: { dbName: string; dbUniqueName: string; dbid: number }; result: null };
  /** ALTER SYSTEM SET … SCOPE=SPFILE for all instances, of any parameter. */
  setParameters: { args: { parameters: { name: string; value: string }[] }; result: null };
  /** SWITCH DATAFILE: the control file follows the restored copy. */
  switchDataFile: { args: { file: number; name: string }; result: null };
  /** After RECOVER: what the headers say now. */
  setDataFileCheckpoints: {
    args: { files: { file: number; checkpointScn: string; checkpointAt: string }[] };
    result: null;
  };
  /** ALTER DATABASE OPEN [RESETLOGS]. */
  open: { args: { resetlogs: boolean }; result: { resetlogsScn: string; resetlogsId: number } };

  // The simulation's own.
  workload: { args: WorkloadRequest; result: WorkloadResult };
  mark: { args: Record<string, never>; result: TruthMark };
  status: { args: Record<string, never>; result: InstanceStatus };
}

export type OperationName = keyof InstanceOperations;

/** The port: one promise-returning method per operation. */
export type InstancePort = {
  [K in OperationName]: (args: InstanceOperations[K]['args']) => Promise<InstanceOperations[K]['result']>;
};

export interface WorkloadRequest {
  transactions: number;
  rowsPerTransaction: number;
  seed: number;
  /** Spread updates over all used blocks instead of about 1 % of them in runs. */
  uniform?: boolean;
  /** Transactions per second at most; absent = as fast as it goes. */
  perSecondMax?: number;
  /** A direct-path load with NOLOGGING: the changes are in the data files and not in the redo. */
  nologging?: boolean;
}

export interface WorkloadResult {
  commits: number;
  blocksChanged: number;
  firstScn: string | null;
  lastScn: string | null;
  elapsedMs: number;
}

/** What the files would hold if checkpointed and recovered until `untilScn` (exclusive). */
export interface TruthMark {
  untilScn: string;
  at: string;
  dbid: number;
  dbName: string;
  resetlogsScn: string;
  resetlogsId: number;
  files: { file: number; name: string; blocks: number; blockBytes: number; sha256: string }[];
}

interface InstanceStatus {
  identity: Identity;
  cache: { blocks: number; dirtyBlocks: number; bytes: number; bytesMax: number };
  redo: { group: number; sequence: number; usedBytes: number; bytes: number };
  dataFiles: { file: number; name: string; blocks: number; usedBlocks: number; formerlyUsedBlocks: number }[];
  sessions: number;
}

/** All operations, in the order of the interface: what an IPC server accepts. */
export const OPERATION_NAMES = [
  'identity',
  'readControlFile',
  'checkpoint',
  'beginBackupSet',
  'recordBackup',
  'setPieceStatus',
  'uncatalogPiece',
  'catalogPiece',
  'recordDataFileCopy',
  'setCopyStatus',
  'archiveLogCurrent',
  'deleteArchivedLog',
  'catalogArchivedLogs',
  'setBackupKeep',
  'setArchivedLogStatus',
  'snapshotControlFile',
  'releaseSnapshotControlFile',
  'beginFileBackup',
  'noteCorruptBlocks',
  'beginRmanJob',
  'updateRmanJob',
  'endRmanJob',
  'appendRmanOutput',
  'setRmanConfiguration',
  'registerSession',
  'updateSession',
  'endSession',
  'updateLongops',
  'runSql',
  'query',
  'startup',
  'mount',
  'shutdown',
  'installControlFile',
  'renameDatabase',
  'setParameters',
  'switchDataFile',
  'setDataFileCheckpoints',
  'open',
  'workload',
  'mark',
  'status',
] as const satisfies readonly OperationName[];
