// What the listener asks of the instance behind it, and the limits it keeps towards the network. The listener knows the protocol;
// what a statement means is the business of `execute`.
import { type SqlResult, type SqlSession } from '../sql/evaluator';
import { type SqlValue } from '../sql/value';
import { type ConnectTarget } from './packets';
import { type PasswordFile, type Privilege } from './password-file';
import { type SessionAttributes } from './requests';

/** A logged-in session. The object lives as long as the connection. */
export interface ListenerSession extends SqlSession {
  sid: number;
  serial: number;
  /** The name given at login; `user` is SYS, SYSBACKUP, ... for administrative logins. */
  loginName: string;
  privilege: Privilege | null;
  program: string;
  machine: string;
}

export interface StatementRequest {
  sql: string;
  /** Values in order of appearance. */
  binds: readonly SqlValue[];
  /** Describe only: nothing may be changed. */
  parseOnly: boolean;
  session: ListenerSession;
  /** Aborted by a break of the client, a kill of the session or a lost connection; what is answered then is dropped. */
  signal: AbortSignal;
}

/** `inTransaction` shows the client that there is work to commit or roll back; absent = no. */
export type StatementResult = SqlResult & { inTransaction?: boolean };

/** Opened by the instance for each login: its row in V$SESSION. */
export interface OpenedSession {
  id: { sid: number; serial: number };
  /** Aborted when somebody kills the session. */
  killed: AbortSignal;
  /** The client set its module, action or client info. */
  update?(attributes: SessionAttributes): void;
  close(): void;
}

interface NewSession {
  username: string;
  program: string;
  machine: string;
  osUser: string;
  module: string | null;
  /** Process id of the server process; the lab serves all sessions from one. */
  spid: number;
}

export interface InstanceNames {
  instanceName: string;
  dbName: string;
  dbUniqueName: string;
  dbDomain?: string;
  /** Such as `19.21.0.0.0`. */
  versionFull: string;
}

export interface ListenerLimits {
  /** Bytes of one request, all its packets together. */
  requestBytesMax: number;
  cursorsPerSessionMax: number;
  /** Connections at once, logged in or not; the next one is refused with ORA-12516. */
  sessionsMax: number;
  /** From the connection to the end of the login. */
  loginTimeoutMs: number;
  /** From the first to the last packet of one request. */
  requestTimeoutMs: number;
  /** Without any traffic. */
  idleTimeoutMs: number;
  /** Bytes of rows in one reply: the client asks for the rest with FETCH. */
  replyBytesMax: number;
}

export const DEFAULT_LIMITS: ListenerLimits = {
  requestBytesMax: 16_777_216,
  cursorsPerSessionMax: 300,
  sessionsMax: 200,
  loginTimeoutMs: 15_000,
  requestTimeoutMs: 60_000,
  idleTimeoutMs: 3_600_000,
  replyBytesMax: 4_194_304,
};

export interface ListenerOptions {
  /** A loopback address, 127.0.0.1 or 127.0.1.n: the lab is never reachable from outside. */
  host: `127.${string}`;
  /** 0 = any free port. */
  port: number;
  service: { names: readonly string[]; sids: readonly string[] };
  /** Asked at each login, so that a changed password file counts at once. */
  users: () => Promise<PasswordFile>;
  instance: InstanceNames;
  /** CON_ID of a session of this service: 1 for the root, more for a pluggable database; null without containers. Absent: none. */
  containerOf?: (serviceName: string) => number | null;
  execute: (request: StatementRequest) => Promise<StatementResult>;
  openSession: (session: NewSession) => OpenedSession;
  /** Refuses a connection before any login, with 12528 for instance; `null` lets it in. */
  refuse?: (target: ConnectTarget) => number | null;
  /** Fails a login whose password is right, with 1033 or 1034 for instance; `null` lets it in. */
  refuseLogin?: (login: {
    name: string;
    privilege: Privilege | null;
  }) => { ora: number; text: string } | null;
  /** PEM texts; given, the listener speaks TCPS only. */
  tls?: { key: string; certificate: string };
  limits?: Partial<ListenerLimits>;
  /** Told of errors that are faults of the lab, and of clients that break the protocol. The connection is closed then. */
  onFault?: (error: unknown) => void;
}
