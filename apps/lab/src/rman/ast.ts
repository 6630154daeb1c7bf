/** What the parser makes of an RMAN script: one node per statement. SCNs are bigint, times the text of the script. */

type DeviceType = 'SBT_TAPE' | 'DISK';

export interface ChannelOptions {
  name: string;
  device: DeviceType;
  parms: string | null;
  format: string | null;
  /** SEND at allocation. */
  send: string | null;
}

export type Until =
  | { kind: 'scn'; scn: bigint }
  | { kind: 'time'; text: string }
  | { kind: 'sequence'; sequence: number; thread: number };

export interface LogRange {
  /** Null: all. */
  from: number | null;
  until: number | null;
  thread: number;
  fromScn?: bigint;
  untilScn?: bigint;
}

export type BackupWhat =
  | { kind: 'database' }
  | { kind: 'data-files'; files: (number | string)[] }
  | { kind: 'tablespaces'; names: string[] }
  | { kind: 'archived-logs'; range: LogRange }
  | { kind: 'control-file' }
  | { kind: 'spfile' };

/** Options that may stand at the command or inside the parentheses of one specification. */
export interface BackupOptions {
  format?: string;
  tag?: string;
  filesPerSet?: number;
  channel?: string;
  deleteInput?: boolean;
  notBackedUpTimes?: number;
  notBackedUpSince?: string;
  includeControlFile?: boolean;
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
  sectionBytes: number | null;
  options: BackupOptions;
  specs: BackupSpec[];
}

export type RestoreWhat =
  | { kind: 'database' }
  | { kind: 'data-files'; files: (number | string)[] }
  | { kind: 'tablespaces'; names: string[] }
  | { kind: 'control-file'; from: string; to: string | null }
  | { kind: 'spfile'; from: string; to: string | null }
  | { kind: 'archived-logs'; range: LogRange };

export interface RestoreStatement {
  kind: 'restore';
  what: RestoreWhat;
  validate: boolean;
  until: Until | null;
}

export interface RecoverStatement {
  kind: 'recover';
  what: Extract<RestoreWhat, { kind: 'database' | 'data-files' | 'tablespaces' }>;
  until: Until | null;
  noRedo: boolean;
}

export type Statement =
  | { kind: 'run'; statements: Statement[] }
  | { kind: 'set'; what: 'encryption' | 'backup-copies' | 'echo' | 'other' }
  | { kind: 'set-command-id'; id: string }
  | { kind: 'set-dbid'; dbid: number }
  | { kind: 'set-autobackup-format'; format: string }
  | { kind: 'set-until'; until: Until }
  | { kind: 'set-newname'; file: number | string | null; to: string }
  | { kind: 'allocate'; maintenance: boolean; channel: ChannelOptions }
  /** `name` null: the maintenance channels. */
  | { kind: 'release'; name: string | null }
  | BackupStatement
  | RestoreStatement
  | RecoverStatement
  | { kind: 'switch-all' }
  | { kind: 'catalog'; handles: string[] }
  /** `handles` null: every SBT piece known. */
  | { kind: 'crosscheck'; handles: string[] | null }
  | { kind: 'uncatalog'; handles: string[] }
  | { kind: 'delete-pieces'; handles: string[]; force: boolean }
  | { kind: 'delete-logs'; range: LogRange }
  | { kind: 'list-backup' }
  | { kind: 'configure'; name: string; value: string | null }
  | { kind: 'show-all' }
  | { kind: 'sql'; text: string }
  | { kind: 'send'; text: string; channel: string | null }
  | { kind: 'startup'; mode: 'NOMOUNT' | 'MOUNT' | 'OPEN' }
  | { kind: 'shutdown'; mode: 'IMMEDIATE' | 'ABORT' }
  | { kind: 'mount' }
  | { kind: 'open'; resetlogs: boolean }
  | { kind: 'connect' }
  | { kind: 'exit' };
