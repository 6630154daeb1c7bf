/**
 * What a control file holds: the database's structure, its redo and archived logs, and RMAN's records of its backups.
 * Times are ISO UTC text, SCNs decimal text, so that the whole of it is plain JSON.
 */

export interface ControlFile {
  dbid: number;
  dbName: string;
  dbUniqueName: string;
  createdAt: string;
  resetlogsScn: string;
  /** STAMP of the last OPEN RESETLOGS (or of the creation). */
  resetlogsId: number;
  incarnations: Incarnation[];
  logMode: 'ARCHIVELOG' | 'NOARCHIVELOG';
  /** Every change with a lower SCN is in the data files. */
  checkpointScn: string;
  /** Grows with every write of the control file. */
  controlSequence: number;
  tablespaces: Tablespace[];
  dataFiles: DataFile[];
  tempFiles: TempFile[];
  redoLogs: RedoLog[];
  archivedLogs: ArchivedLog[];
  backupSets: BackupSet[];
  backupPieces: BackupPiece[];
  backupDataFiles: BackupDataFile[];
  backupRedoLogs: BackupRedoLog[];
  /** Image copies; absent: none was ever made. */
  dataFileCopies?: DataFileCopy[];
  rmanStatus: RmanStatus[];
  rmanConfiguration: RmanConfiguration[];
  nextRecid: number;
  nextSetCount: number;
  /** The root first; absent = a database without containers. */
  containers?: Container[];
  /** Absent = PRIMARY. */
  role?: 'PRIMARY' | 'PHYSICAL STANDBY';
  /** It came from a backup: CONTROLFILE_TYPE is BACKUP until the database is opened with RESETLOGS. Absent = CURRENT. */
  restored?: true;
  /** The file of block change tracking; absent = disabled. */
  changeTracking?: { name: string };
  /** What backups and VALIDATE found: V$DATABASE_BLOCK_CORRUPTION. */
  corruptBlocks?: CorruptBlock[];
  /** Numbers of autobackups taken on a day (yyyymmdd), also by those that failed; absent: none yet. */
  autobackups?: { day: string; taken: number };
  /** Of encrypted tablespaces; absent: open, with its first master key. */
  keystore?: { isOpen: boolean; rotations: number };
  /** CONTROL_FILE_RECORD_KEEP_TIME; absent: 7. */
  recordKeepDays?: number;
  /** Oldest first; absent: none was ever made. */
  restorePoints?: RestorePoint[];
}

/** A name for a moment: recovery to it goes through the change with its SCN. */
interface RestorePoint {
  name: string;
  scn: string;
  at: string;
  resetlogsScn: string;
  guaranteed: boolean;
}

export interface Container {
  /** 1 = root, 2 = seed, from 3 on pluggable databases. */
  conId: number;
  name: string;
  openMode: 'READ WRITE' | 'READ ONLY' | 'MOUNTED';
  /** Absent: NORMAL. NEW until it is opened; an unplugged one can only be dropped. */
  status?: 'NEW' | 'NORMAL' | 'UNPLUGGED';
}

/** Neighbouring blocks with the same kind of damage. */
export interface CorruptBlock {
  file: number;
  block: number;
  blocks: number;
  /** "0" for damage that is not logical. */
  scn: string;
  type: 'ALL ZERO' | 'FRACTURED' | 'CHECKSUM' | 'CORRUPT' | 'LOGICAL' | 'NOLOGGING';
  /** A backup had marked it already: it is not found for the first time. */
  marked?: boolean;
}

interface Incarnation {
  incarnation: number;
  resetlogsScn: string;
  resetlogsId: number;
  priorResetlogsScn: string;
  status: 'CURRENT' | 'PARENT' | 'ORPHAN';
}

export interface Tablespace {
  ts: number;
  name: string;
  bigfile: boolean;
  /** Absent: no containers. Numbers repeat from container to container. */
  conId?: number;
  encrypted?: boolean;
}

export interface DataFile {
  file: number;
  rfile: number;
  ts: number;
  /** Absolute path. */
  name: string;
  blockBytes: number;
  /** Without block 0: the file has (blocks + 1) * blockBytes bytes. */
  blocks: number;
  creationScn: string;
  checkpointScn: string;
  checkpointAt: string;
  status: 'SYSTEM' | 'ONLINE' | 'OFFLINE' | 'RECOVER';
  enabled: 'READ WRITE' | 'READ ONLY';
  unrecoverableScn: string;
  /** SCN at which the file went offline: recovery must reach it. Null while the file is online. */
  lastScn: string | null;
  /** Of a file that a statement added: the redo since then makes it. Absent: made with the database, or copied from the seed. */
  createdAt?: string;
  /** Absent: no containers. */
  conId?: number;
}

interface TempFile {
  file: number;
  name: string;
  bytes: number;
  conId?: number;
}

export interface RedoLog {
  group: number;
  thread: number;
  sequence: number;
  bytes: number;
  path: string;
  firstScn: string;
  /** Null while the log is CURRENT. */
  nextScn: string | null;
  firstAt: string;
  status: 'CURRENT' | 'ACTIVE' | 'INACTIVE' | 'UNUSED';
  archived: boolean;
}

/** A: available. D: deleted. X: expired (not found by a crosscheck). U: made unavailable by CHANGE. */
export type RecordStatus = 'A' | 'D' | 'X' | 'U';

export interface ArchivedLog {
  recid: number;
  stamp: number;
  thread: number;
  sequence: number;
  resetlogsScn: string;
  resetlogsId: number;
  /** The log holds the changes with firstScn <= SCN < nextScn. */
  firstScn: string;
  nextScn: string;
  firstAt: string;
  nextAt: string;
  /** Without block 0: the file has (blocks + 1) * blockBytes bytes. */
  blocks: number;
  blockBytes: 512;
  name: string | null;
  status: RecordStatus;
  backupCount: number;
  completedAt: string;
}

/** D: full or level 0. I: level 1. L: archived logs. */
type BackupSetType = 'D' | 'I' | 'L';

export interface BackupSet {
  recid: number;
  stamp: number;
  setStamp: number;
  setCount: number;
  type: BackupSetType;
  level: 0 | 1 | null;
  controlFileIncluded: boolean;
  spfileIncluded: boolean;
  pieces: number;
  startedAt: string;
  completedAt: string;
  blockBytes: number;
  multiSection: boolean;
  /** KEEP: not obsolete before this moment, or never ('FOREVER'). */
  keepUntil?: string | null;
}

export interface BackupPiece {
  recid: number;
  stamp: number;
  setStamp: number;
  setCount: number;
  piece: number;
  copy: number;
  handle: string;
  tag: string | null;
  media: string | null;
  comments: string | null;
  bytes: number;
  status: RecordStatus;
  deviceType: 'SBT_TAPE' | 'DISK';
  startedAt: string;
  completedAt: string;
}

export interface BackupDataFile {
  recid: number;
  setStamp: number;
  setCount: number;
  /** 0 = the control file. */
  file: number;
  creationScn: string;
  resetlogsScn: string;
  level: 0 | 1 | null;
  /** Blocks with this SCN or a higher one are in the backup; "0" for level 0. */
  incrementalScn: string;
  checkpointScn: string;
  checkpointAt: string;
  absoluteFuzzyScn: string;
  datafileBlocks: number;
  blocksRead: number;
  blocks: number;
  blockBytes: number;
  completedAt: string;
  /** The backup read only what block change tracking named. */
  usedChangeTracking?: boolean;
  /** Corrupt blocks that are in the backup, marked. */
  corrupt?: CorruptBlock[];
}

/** A data file's image copy: a file like itself, on disk. */
export interface DataFileCopy {
  recid: number;
  stamp: number;
  /** Absolute path. */
  name: string;
  tag: string | null;
  file: number;
  /** Only one that was made as a level 0 is a parent. */
  level: 0 | null;
  creationScn: string;
  resetlogsScn: string;
  checkpointScn: string;
  checkpointAt: string;
  absoluteFuzzyScn: string;
  blocks: number;
  blockBytes: number;
  status: RecordStatus;
  completedAt: string;
}

export interface BackupRedoLog {
  recid: number;
  setStamp: number;
  setCount: number;
  thread: number;
  sequence: number;
  resetlogsScn: string;
  firstScn: string;
  nextScn: string;
  blocks: number;
  blockBytes: number;
}

export interface RmanStatus {
  recid: number;
  stamp: number;
  /** The recid and stamp of the session's own row; that row points to itself. */
  sessionRecid: number;
  sessionStamp: number;
  commandId: string | null;
  operation: string;
  status: string;
  startedAt: string;
  endedAt: string | null;
  inputBytes: number;
  outputBytes: number;
  objectType: string | null;
}

interface RmanConfiguration {
  conf: number;
  name: string;
  value: string;
}
