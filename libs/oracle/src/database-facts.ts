// What the agent asks a target database, and the shapes of the answers. SCNs are decimal strings.
import { type DataFileBase, type LastLevel1, type Scn } from '@adyton/domain';
import { type CheckFacts } from './check-facts';
import { type CorruptBlocks } from './corrupt-blocks';
import { type RmanSession } from './rman-sessions';

export interface DatabaseIdentity {
  readonly dbid: string;
  readonly name: string;
  readonly dbUniqueName: string;
  readonly logMode: string;
  readonly openMode: string;
  readonly role: string;
  readonly platform: string;
  readonly version: string;
  readonly resetlogsScn: Scn;
  readonly instanceName: string;
  readonly instanceStatus: string;
  readonly usesSpfile: boolean;
  readonly currentScn: Scn;
  /** 0 without containers, 1 in the root, more in a pluggable database. */
  readonly containerId: number;
}

export interface PluggableDatabase {
  /** Given when it is made or plugged in: another one for the same name is another database. */
  readonly uid: string;
  readonly name: string;
  /** What is left of one that was unplugged; it can only be dropped. */
  readonly unplugged: boolean;
}

export interface DataFile {
  readonly file: number;
  readonly name: string;
  readonly tablespace: string;
  readonly bytes: number;
  readonly blockBytes: number;
  readonly status: string;
  /** `READ WRITE`, `READ ONLY`, `DISABLED`. */
  readonly enabled: string;
  /** Why the file's header could not be read (`FILE NOT FOUND`); null when it could. */
  readonly headerError: string | null;
  readonly creationScn: Scn;
  readonly checkpointScn: Scn;
  /** Of the last change without redo; 0 when there was none. */
  readonly unrecoverableScn: Scn;
  /** Another database made it: its tablespace was transported. */
  readonly isPluggedIn: boolean;
  /** The pluggable database it belongs to; null in the root, and without containers. */
  readonly pluggable: { readonly uid: string; readonly isOpen: boolean } | null;
}

export interface ArchivedLog {
  readonly thread: number;
  readonly sequence: number;
  readonly resetlogsScn: Scn;
  readonly firstScn: Scn;
  readonly nextScn: Scn;
  readonly bytes: number;
  readonly name: string;
  /** Since it was archived, whole hours, by the clock of the database. */
  readonly ageHours: number;
}

export interface BackupPiece {
  readonly handle: string;
  readonly setStamp: number;
  readonly setCount: number;
  /** A available, D deleted, X expired. */
  readonly status: string;
  readonly bytes: number;
  readonly tag: string | null;
}

/** One data file in one set with available pieces. */
export interface BackupDataFile {
  readonly file: number;
  readonly setStamp: number;
  readonly setCount: number;
  readonly level: 0 | 1 | null;
  readonly incrementalScn: Scn;
  readonly checkpointScn: Scn;
  /** 0 when no block was ahead of the checkpoint. */
  readonly absoluteFuzzyScn: Scn;
  readonly resetlogsScn: Scn;
  /** In the order of the pieces. */
  readonly handles: readonly string[];
}

export interface BackupRedoLog {
  readonly thread: number;
  readonly sequence: number;
  readonly resetlogsScn: Scn;
  readonly firstScn: Scn;
  readonly nextScn: Scn;
  readonly handle: string;
}

/** By file number. */
export interface IncrementalBases {
  /** Sets and image copies RMAN builds a cumulative level 1 on: the newest level 0, oldest first where several end at the same SCN. */
  readonly parents: ReadonlyMap<number, readonly DataFileBase[]>;
  /** Checkpoint of the newest level 0 or 1. */
  readonly newest: ReadonlyMap<number, Scn>;
}

/** One CONFIGURE, as v$rman_configuration has it: `CONFIGURE <name> <value>`. */
export interface RmanSetting {
  readonly name: string;
  /** Null for a channel, whose value is not asked for. */
  readonly value: string | null;
}

/** What the agent asks a target database. Every method throws OracleError. */
export interface DatabaseFacts {
  identity(): Promise<DatabaseIdentity>;
  /** Names of the open instances of the cluster. */
  instances(): Promise<string[]>;
  dataFiles(): Promise<DataFile[]>;
  /** The seed included; to be asked in the root of an open container database. */
  pluggableDatabases(): Promise<PluggableDatabase[]>;
  incrementalBases(): Promise<IncrementalBases>;
  /** What differs from RMAN's defaults. */
  rmanConfiguration(): Promise<RmanSetting[]>;
  /** Logs on disk, ascending. */
  archivedLogs(): Promise<ArchivedLog[]>;
  /** Switches the log and waits until it is archived. */
  archiveLogCurrent(): Promise<void>;
  /** How long the control file surely keeps its records of backups, days. */
  recordKeepDays(): Promise<number>;
  /** @param handleLike pattern of LIKE, e.g. `prefix/%` */
  backupPieces(handleLike: string): Promise<BackupPiece[]>;
  backupDataFiles(): Promise<BackupDataFile[]>;
  backupRedoLogs(): Promise<BackupRedoLog[]>;
  /** Handles of pieces with a control file, and of those with a server parameter file; oldest first. */
  backupConfigurations(): Promise<{ controlFiles: string[]; spfiles: string[] }>;
  /** How full the recovery area is, per cent, not counting what Oracle may reclaim; null without one. */
  recoveryAreaPercent(): Promise<number | null>;
  /** The last level 1 of each file. */
  lastLevel1(): Promise<ReadonlyMap<number, LastLevel1>>;
  /** Those that backups and validations have found. */
  corruptBlocks(): Promise<CorruptBlocks[]>;
  /** On all instances, by the id of SET COMMAND ID. */
  rmanSessions(commandId: string): Promise<RmanSession[]>;
  killSession(session: RmanSession): Promise<void>;
  /** What only the pre-checks ask. */
  readonly checks: CheckFacts;
  close(): Promise<void>;
}
