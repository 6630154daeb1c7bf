// What the views show that no control file holds. The instance fills it, each method answering at once from memory; the methods
// marked optional have a plain default (in parameters.ts and the views), so that a small instance need not know of them.

/** The running instance. `dbid` is 0 and the database names are empty while nothing is mounted. */
export interface InstanceState {
  dbid: number;
  dbName: string;
  dbUniqueName: string;
  instanceName: string;
  /** 1 for a single instance; the INST_ID of the GV$ views. */
  instanceNumber: number;
  thread: number;
  hostName: string;
  /** `19.0.0.0.0` */
  version: string;
  /** `19.21.0.0.0` */
  versionFull: string;
  /** Absent: EE. */
  edition?: 'EE' | 'SE2';
  /** It belongs to a cluster; absent: when others run. */
  parallel?: boolean;
  /** STARTED = NOMOUNT. */
  status: 'STARTED' | 'MOUNTED' | 'OPEN';
  startedAt: string;
  currentScn: string;
  logMode: 'ARCHIVELOG' | 'NOARCHIVELOG';
  pid: number;
}

/** A row of V$SESSION and its server process, for listener sessions, RMAN channels and background processes alike. */
export interface SessionState {
  sid: number;
  serial: number;
  username: string;
  program: string;
  module: string | null;
  /** Of rman `id=...`, of its channels `id=...,rman channel=c1`. */
  clientInfo: string | null;
  /** What it waits for, such as `Backup: MML write backup piece`. */
  event: string;
  status: 'ACTIVE' | 'INACTIVE' | 'KILLED';
  type: 'USER' | 'BACKGROUND';
  logonAt: string;
  /** Operating-system process id of the server process. */
  spid: number;
  action?: string | null;
  machine?: string;
  osUser?: string;
  clientIdentifier?: string | null;
  /** Since when it waits for `event`; absent = since the logon. */
  waitingSince?: string;
  /** Absent = this instance. */
  instanceNumber?: number;
}

/** A row of V$SESSION_LONGOPS; RMAN counts in blocks. */
export interface LongopState {
  sid: number;
  serial: number;
  context: number;
  /** `RMAN: incremental datafile backup`, `RMAN: aggregate output`, ... */
  opname: string;
  sofar: number;
  totalwork: number;
  startedAt: string;
  updatedAt: string;
  instanceNumber?: number;
}

/** What the header of a data file says, read from the file itself. */
interface DataFileHeaderState {
  tablespaceName: string;
  creationScn: bigint;
  resetlogsScn: bigint;
  resetlogsStamp: number;
  checkpointScn: bigint;
  checkpointStamp: number;
  absoluteFuzzyScn: bigint;
}

export interface FileSpaceState {
  file: number;
  /** Blocks of the file, without block 0. */
  blocks: number;
  /** Blocks in a segment now. */
  usedBlocks: number;
}

/** The fast recovery area. */
export interface RecoveryAreaState {
  path: string;
  limitBytes: number;
  usedBytes: number;
  reclaimableBytes: number;
  files: number;
}

/** One file of a running or finished backup, for V$BACKUP_ASYNC_IO (disk) and V$BACKUP_SYNC_IO (SBT). */
export interface BackupIoState {
  sid: number;
  serial: number;
  synchronous: boolean;
  deviceType: 'DISK' | 'SBT_TAPE';
  type: 'INPUT' | 'OUTPUT' | 'AGGREGATE';
  status: 'NOT STARTED' | 'IN PROGRESS' | 'FINISHED';
  filename: string | null;
  setCount: number;
  setStamp: number;
  bufferBytes: number;
  buffers: number;
  totalBytes: number | null;
  bytes: number;
  ioCount: number;
  openedAt: string;
  closedAt: string | null;
  instanceNumber?: number;
}

/** A line of RMAN's output. */
export interface RmanOutputState {
  sid: number;
  recid: number;
  stamp: number;
  sessionRecid: number;
  sessionStamp: number;
  output: string;
}

interface CorruptBlockState {
  file: number;
  block: number;
  blocks: number;
  /** 0 for media corruption. */
  scn: string;
  type: 'ALL ZERO' | 'FRACTURED' | 'CHECKSUM' | 'CORRUPT' | 'LOGICAL' | 'NOLOGGING';
}

export interface LiveState {
  identity(): InstanceState;
  sessions(): readonly SessionState[];
  longops(): readonly LongopState[];
  /** `undefined` for a file that is missing or whose header is broken. */
  dataFileHeader(file: number): DataFileHeaderState | undefined;
  space(): readonly FileSpaceState[];
  /** Initialization parameters that differ from the lab's defaults; `null` = not set. */
  parameters?(): Readonly<Record<string, string | null>>;
  /** CONTROL_FILES, known before anything is mounted. Absent: none are listed. */
  controlFiles?(): readonly string[];
  recoveryArea?(): RecoveryAreaState;
  /** `null` = disabled, which is also the default. */
  blockChangeTracking?(): { file: string; bytes: number } | null;
  backupIo?(): readonly BackupIoState[];
  rmanOutput?(): readonly RmanOutputState[];
  /** Why the archiver is stuck; `null` = it works. */
  archiverError?(): string | null;
  corruptBlocks?(): readonly CorruptBlockState[];
  /** Other open instances of a simulated cluster, without this one. */
  otherInstances?(): readonly InstanceState[];
}
