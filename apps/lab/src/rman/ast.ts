/** What the parser makes of an RMAN script: one node per statement. SCNs are bigint, times the text of the script. */

export type DeviceType = 'SBT_TAPE' | 'DISK';

/** Options of ALLOCATE CHANNEL and CONFIGURE CHANNEL. */
export interface ChannelSettings {
  parms: string | null;
  format: string | null;
  /** SEND at allocation. */
  send: string | null;
  /** Net service of the session that does the work; null: where rman itself is connected. */
  connect: string | null;
  maxOpenFiles: number | null;
  maxPieceBytes: number | null;
  /** Bytes read per second at most. */
  rateBytes: number | null;
}

export interface ChannelOptions extends ChannelSettings {
  name: string;
  device: DeviceType;
}

/** What a channel is for: the commands of its RUN block, maintenance at the prompt, DUPLICATE's new database. */
export type ChannelRole = 'job' | 'maintenance' | 'auxiliary';

export type Until =
  | { kind: 'scn'; scn: bigint }
  | { kind: 'time'; text: string }
  | { kind: 'sequence'; sequence: number; thread: number }
  | { kind: 'restore-point'; name: string };

export interface LogRange {
  /** Null: all. */
  from: number | null;
  until: number | null;
  /** Null: all threads. */
  thread: number | null;
  fromScn?: bigint;
  untilScn?: bigint;
  fromTime?: string;
  untilTime?: string;
  /** LIKE pattern of the file's name. */
  like?: string;
}

export type FileChoice =
  | { kind: 'database' }
  | { kind: 'data-files'; files: (number | string)[] }
  /** `PDB:NAME` for one of a pluggable database. */
  | { kind: 'tablespaces'; names: string[] }
  | { kind: 'pluggable-databases'; names: string[] };

export type BackupWhat =
  FileChoice | { kind: 'archived-logs'; range: LogRange } | { kind: 'control-file' } | { kind: 'spfile' };

export type Keep = { kind: 'forever' } | { kind: 'until'; text: string } | { kind: 'nokeep' };

/** Options that may stand at the command or inside the parentheses of one specification. */
export interface BackupOptions {
  format?: string[];
  tag?: string;
  filesPerSet?: number;
  maxSetBytes?: number;
  channel?: string;
  deleteInput?: boolean;
  notBackedUpTimes?: number;
  notBackedUpSince?: string;
  includeControlFile?: boolean;
  keep?: Keep;
  skip?: ('OFFLINE' | 'READONLY' | 'INACCESSIBLE')[];
}

export interface BackupSpec {
  what: BackupWhat;
  options: BackupOptions;
}

export interface BackupStatement {
  kind: 'backup';
  level: 0 | 1 | null;
  cumulative: boolean;
  force: boolean;
  /** AS …; default: as configured for the device. */
  as: 'default' | 'backupset' | 'compressed' | 'copy';
  /** FOR RECOVER OF COPY, with the tag of those copies; null: a backup of its own. */
  forRecoverOfCopy: { tag: string | null } | null;
  /** BACKUP VALIDATE: reads everything, writes nothing. */
  validate: boolean;
  checkLogical: boolean;
  noExclude: boolean;
  /** Null: as configured. */
  device: DeviceType | null;
  copies: number | null;
  sectionBytes: number | null;
  options: BackupOptions;
  specs: BackupSpec[];
  /** Options of PLUS ARCHIVELOG; null: without it. */
  plusLogs: BackupOptions | null;
}

export type RestoreWhat =
  | FileChoice
  | { kind: 'control-file'; to: string | null; standby?: boolean }
  | { kind: 'spfile'; to: string | null }
  | { kind: 'archived-logs'; range: LogRange };

export type RestoreFrom =
  | { kind: 'backupset' | 'datafilecopy' }
  | { kind: 'piece'; handle: string }
  | { kind: 'tag'; tag: string }
  | { kind: 'autobackup'; sequencesMax: number; daysMax: number };

export interface RestoreStatement {
  kind: 'restore';
  what: RestoreWhat;
  from: RestoreFrom | null;
  validate: boolean;
  preview: 'no' | 'list' | 'summary';
  checkLogical: boolean;
  force: boolean;
  device: DeviceType | null;
  until: Until | null;
  skipTablespaces: string[];
}

export interface RecoverStatement {
  kind: 'recover';
  what: FileChoice;
  /** RECOVER COPY OF, with the tag of those copies; null: the data files themselves. */
  copies: { tag: string | null } | null;
  until: Until | null;
  noRedo: boolean;
  skipTablespaces: string[];
}

/** Where DUPLICATE takes its blocks from: backups on record, the target's data files, or the pieces of a directory. */
export type DuplicateSource =
  | { kind: 'backups' }
  | { kind: 'active' }
  | { kind: 'location'; directory: string; dbName: string | null; dbid: number | null };

export interface DuplicateStatement {
  kind: 'duplicate';
  /** DB_NAME of the new database; null: FOR STANDBY, which keeps the target's. */
  to: string | null;
  source: DuplicateSource;
  until: Until | null;
  /** False: NOFILENAMECHECK. */
  checkNames: boolean;
  /** DB_FILE_NAME_CONVERT: a part of a name, and what stands in its place. */
  convert: { from: string; to: string }[];
  /** SPFILE with its SETs: the target's parameters become those of the auxiliary instance. Null: it keeps its own. */
  parameters: { name: string; value: string }[] | null;
  skipTablespaces: string[];
  skipReadOnly: boolean;
  /** DORECOVER: a standby database is recovered too. */
  recover: boolean;
  noRedo: boolean;
  /** The target's password file takes the place of the auxiliary's. */
  passwordFile: boolean;
  /** False: NOOPEN. */
  open: boolean;
}

export type MaintainObject =
  | { kind: 'backup'; of: BackupWhat | null }
  | { kind: 'backupset'; keys: number[] | null }
  | { kind: 'pieces'; pieces: (number | string)[] | null }
  /** Image copies: of what, or which; both null: all of them. */
  | { kind: 'copies'; of: FileChoice | null; named: (number | string)[] | null }
  | { kind: 'archived-logs'; range: LogRange };

/** What narrows a maintenance command down. */
export interface Qualifiers {
  device?: DeviceType;
  tag?: string;
  like?: string;
  completedAfter?: string;
  completedBefore?: string;
  backedUpTimes?: number;
}

export type Retention =
  { kind: 'configured' } | { kind: 'redundancy'; copies: number } | { kind: 'window'; days: number };

export type ValidateWhat =
  | FileChoice
  | { kind: 'backupset'; keys: number[] }
  | { kind: 'control-file' }
  | { kind: 'spfile' }
  | { kind: 'archived-logs'; range: LogRange };

export type NewNameFor =
  { kind: 'file'; file: number | string } | { kind: 'tablespace'; name: string } | { kind: 'database' };

export type MaintenanceStatement =
  | { kind: 'crosscheck'; object: MaintainObject; qualifiers: Qualifiers }
  | {
      kind: 'delete';
      object: MaintainObject;
      qualifiers: Qualifiers;
      expired: boolean;
      force: boolean;
    }
  | { kind: 'delete-obsolete'; retention: Retention; device: DeviceType | null; force: boolean }
  | { kind: 'change'; object: MaintainObject; qualifiers: Qualifiers; to: ChangeTo }
  | { kind: 'list'; object: MaintainObject; qualifiers: Qualifiers; expired: boolean; summary: boolean }
  | { kind: 'list-incarnations' }
  | { kind: 'list-restore-points' }
  | { kind: 'report-schema' }
  | { kind: 'report-obsolete'; retention: Retention; device: DeviceType | null }
  | { kind: 'report-need-backup'; retention: Retention }
  | { kind: 'report-unrecoverable' }
  | { kind: 'catalog-pieces'; handles: string[]; device: DeviceType | null }
  | { kind: 'catalog-logs'; paths: string[] }
  /** START WITH; null: all of the recovery area. */
  | { kind: 'catalog-files'; prefix: string | null }
  | { kind: 'catalog-copies'; paths: string[]; level: 0 | null; tag: string | null };

export type ChangeTo =
  { kind: 'AVAILABLE' | 'UNAVAILABLE' | 'UNCATALOG' | 'DELETE' } | { kind: 'KEEP'; keep: Keep };

export type SetStatement =
  | { kind: 'set-encryption'; on: boolean }
  | { kind: 'set-backup-copies'; copies: number }
  | { kind: 'set-echo'; on: boolean }
  | { kind: 'set-maxcorrupt'; files: (number | string)[]; max: number }
  | { kind: 'set-archivelog-destination'; path: string }
  | { kind: 'set-command-id'; id: string }
  | { kind: 'set-dbid'; dbid: number }
  | { kind: 'set-autobackup-format'; device: DeviceType; format: string }
  | { kind: 'set-until'; until: Until }
  | { kind: 'set-newname'; of: NewNameFor; to: string };

export interface UnsimulatedClause {
  clause: string;
  /** RMAN's line with its place. */
  at: string;
}

export type Statement =
  | { kind: 'run'; statements: Statement[] }
  /** Understood, but not simulated: fails when it is carried out. */
  | { kind: 'unsimulated'; name: string; clauses: UnsimulatedClause[] }
  /** Commands of a recovery catalog, which the lab never has. */
  | { kind: 'catalog-only'; name: string }
  | SetStatement
  | { kind: 'allocate'; role: ChannelRole; channel: ChannelOptions }
  /** `name` null: the maintenance channels. */
  | { kind: 'release'; name: string | null }
  | BackupStatement
  | RestoreStatement
  | RecoverStatement
  | MaintenanceStatement
  | { kind: 'validate'; what: ValidateWhat; checkLogical: boolean }
  | { kind: 'switch-files'; files: (number | string)[] | null }
  /** `files` null: all of them; `copy` null: the newest of each. */
  | { kind: 'switch-to-copy'; files: (number | string)[] | null; copy: string | null }
  /** `value` null: CLEAR. `name` as v$rman_configuration has it. */
  | { kind: 'configure'; name: string; value: string | null; show: string }
  | { kind: 'show'; names: string[] | null }
  | { kind: 'sql'; text: string }
  | { kind: 'host'; command: string | null }
  /** `to` null: OFF. */
  | { kind: 'spool'; to: string | null; append: boolean }
  | { kind: 'send'; text: string; channels: string[] | null }
  | { kind: 'startup'; mode: 'NOMOUNT' | 'MOUNT' | 'OPEN'; force: boolean }
  | { kind: 'shutdown'; mode: 'IMMEDIATE' | 'ABORT' }
  | { kind: 'mount' }
  | { kind: 'open'; resetlogs: boolean }
  /** `login`: as it was written. */
  | { kind: 'connect'; to: 'TARGET' | 'CATALOG' | 'AUXILIARY'; login: string }
  | DuplicateStatement
  | { kind: 'exit' };
