// The RMAN statements that Adyton ever sends, as data. Scripts are lists of these nodes; print-script.ts alone turns them into text, and
// parse-script.ts reads that text back, so that nothing can be in a script that is not here.

/** Where a channel's server process finds our library, the dedup-worker's socket and the run's token. */
export interface ChannelParms {
  readonly libraryPath: string;
  readonly socketPath: string;
  /** Path of the file that holds the token; the token itself is never in a script. */
  readonly tokenFile: string;
  readonly runId: string;
  readonly channel: string;
}

/** An instance of a cluster by the way that leads to it and to no other. */
export interface InstanceAddress {
  readonly host: string;
  readonly port: number;
  readonly service: string;
  /** INSTANCE_NAME. */
  readonly instance: string;
}

export interface DataFileSpec {
  readonly file: number;
  readonly format: string;
}

export interface LogRange {
  readonly thread: number;
  readonly fromSequence: number;
  readonly untilSequence: number;
}

/** Statements that stand inside RUN { … }. */
export type JobStatement =
  | { readonly kind: 'set-command-id'; readonly commandId: string }
  | { readonly kind: 'set-one-backup-copy' }
  | { readonly kind: 'set-autobackup-format'; readonly format: string }
  | {
      readonly kind: 'allocate-channel';
      readonly oneFileAtATime: boolean;
      /** Null: the instance RMAN is connected to. */
      readonly connect: InstanceAddress | null;
      readonly parms: ChannelParms;
    }
  | {
      readonly kind: 'backup-data-files';
      readonly level: 0 | 1;
      readonly tag: string;
      readonly files: readonly DataFileSpec[];
    }
  | ({ readonly kind: 'backup-logs'; readonly tag: string; readonly format: string } & LogRange)
  | {
      readonly kind: 'backup-control-file' | 'backup-spfile';
      readonly tag: string;
      readonly format: string;
    }
  | { readonly kind: 'restore-control-file'; readonly handle: string }
  | { readonly kind: 'set-until-scn'; readonly scn: string }
  | { readonly kind: 'set-newname-for-database'; readonly directory: string }
  | { readonly kind: 'restore-data-files'; readonly files: readonly number[] }
  | { readonly kind: 'restore-database' | 'switch-data-files' | 'recover-database' };

export type Statement =
  | { readonly kind: 'run'; readonly statements: readonly JobStatement[] }
  | { readonly kind: 'startup-nomount' | 'mount-database' | 'shutdown-abort' }
  | { readonly kind: 'set-encryption-off' | 'release-channel' }
  | { readonly kind: 'report-schema' | 'list-incarnation' }
  | { readonly kind: 'drop-data-file-offline'; readonly file: number }
  | { readonly kind: 'set-dbid'; readonly dbid: string }
  | { readonly kind: 'allocate-maintenance-channel'; readonly parms: ChannelParms }
  | { readonly kind: 'allocate-disk-maintenance-channel' }
  | { readonly kind: 'crosscheck-pieces' | 'catalog-pieces'; readonly handles: readonly string[] }
  | { readonly kind: 'uncatalog-piece'; readonly handle: string }
  | ({ readonly kind: 'delete-logs' } & LogRange);

export type RmanScript = readonly Statement[];

/** Fixed, so that section boundaries stay where they were at the next backup. */
export const SECTION_SIZE = '64G';
export const SECTION_BYTES = 64 * 1024 ** 3;
/** More than any set can hold, against a configured MAXSETSIZE: Oracle's largest data file has 128 TiB. */
export const SET_SIZE_MAX = '262144G';
/** Logs of one set: a set that fails costs that many again. */
export const LOGS_PER_SET = 20;
/** Our block size, bytes: a quarter of the default's round trips, and a multiple of every Oracle block size. */
export const SBT_BLOCK_BYTES = 1_048_576;
