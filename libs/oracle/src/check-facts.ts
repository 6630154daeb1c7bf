// What only the pre-checks ask a target database, and the shapes of the answers.
import { QUERIES } from './queries';
import { integer, type Row, text, textOrNull } from './rows';

export interface InstanceRelease {
  readonly instanceName: string;
  /** `19.21.0.0.0` */
  readonly version: string;
  readonly thread: number;
  /** It belongs to a cluster, whether others run or not. */
  readonly isParallel: boolean;
}

/** A session that works for an RMAN. */
export interface RmanChannel {
  readonly instance: number;
  readonly sid: number;
  /** `rman@host (TNS V1-V3)` */
  readonly program: string;
  /** `id=<command id>,rman channel=c1`; the id is there when SET COMMAND ID gave one. */
  readonly clientInfo: string;
}

export interface Keystore {
  /** 0 without containers, 1 in the root. */
  readonly containerId: number;
  /** `OPEN`, `CLOSED`, `OPEN_NO_MASTER_KEY`, `NOT_AVAILABLE`, … */
  readonly status: string;
}

export interface EncryptedTablespace {
  readonly containerId: number;
  readonly name: string;
  /** Of the master key it is under, 32 hexadecimal digits; null when the view does not say. */
  readonly keyId: string | null;
}

/** Every method throws OracleError. */
export interface CheckFacts {
  /** Of all instances that run. */
  releases(): Promise<InstanceRelease[]>;
  /** `Oracle Database 19c Enterprise Edition Release 19.0.0.0.0 - Production` */
  banner(): Promise<string>;
  /** Paths of the control files, and of the recovery area where there is one: in a cluster all of them are shared. */
  sharedPaths(): Promise<string[]>;
  isChangeTracked(): Promise<boolean>;
  /** On all instances. */
  rmanChannels(): Promise<RmanChannel[]>;
  keystores(): Promise<Keystore[]>;
  encryptedTablespaces(): Promise<EncryptedTablespace[]>;
}

export function checkFactsOf(ask: (sql: string) => Promise<Row[]>): CheckFacts {
  return {
    releases: async () =>
      (await ask(QUERIES.releases)).map((row) => ({
        instanceName: text(row, 'INSTANCE_NAME'),
        version: text(row, 'VERSION_FULL'),
        thread: integer(row, 'THREAD#'),
        isParallel: text(row, 'PARALLEL') === 'YES',
      })),
    banner: async () => (await ask(QUERIES.banner)).map((row) => text(row, 'BANNER')).join('; '),
    sharedPaths: async () => (await ask(QUERIES.sharedPaths)).map((row) => text(row, 'NAME')),
    isChangeTracked: async () =>
      (await ask(QUERIES.changeTracking)).some((row) => text(row, 'STATUS') === 'ENABLED'),
    rmanChannels: async () =>
      (await ask(QUERIES.rmanChannels)).map((row) => ({
        instance: integer(row, 'INST_ID'),
        sid: integer(row, 'SID'),
        program: textOrNull(row, 'PROGRAM') ?? 'unknown program',
        clientInfo: text(row, 'CLIENT_INFO'),
      })),
    keystores: async () =>
      (await ask(QUERIES.keystores)).map((row) => ({
        containerId: integer(row, 'CON_ID'),
        status: text(row, 'STATUS'),
      })),
    encryptedTablespaces: async () =>
      (await ask(QUERIES.encryptedTablespaces)).map((row) => ({
        containerId: integer(row, 'CON_ID'),
        name: text(row, 'NAME'),
        keyId: textOrNull(row, 'KEY_ID'),
      })),
  };
}
