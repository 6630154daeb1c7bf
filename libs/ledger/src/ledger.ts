// The connection to the ledger: a bounded pool, bounded statements, one place that turns a lost Postgres into ADY_LEDGER_UNAVAILABLE.
import { AdytonError } from '@adyton/contracts';
import {
  Kysely,
  PostgresDialect,
  sql,
  type PostgresPool,
  type PostgresPoolClient,
  type RawBuilder,
} from 'kysely';
import { DatabaseError, Pool, types, type PoolClient } from 'pg';
import { type LedgerTables } from './tables';

/** What every function of the ledger works on: the pool, or one transaction of it. */
export type LedgerSession = Kysely<LedgerTables>;

export interface LedgerOptions {
  readonly url: string;
  /** Sessions this process may hold. */
  readonly connectionsMax?: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
  /** Told about sessions that broke while nobody used them. */
  readonly onIdleError?: (error: Error) => void;
}

export interface Ledger {
  readonly session: LedgerSession;
  /** Everything inside is one transaction; a throw rolls it back. */
  transaction<T>(work: (tx: LedgerSession) => Promise<T>): Promise<T>;
  /** @throws AdytonError ADY_LEDGER_UNAVAILABLE */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** A handful of short transactions at a time is all a control tier process does. */
const CONNECTIONS_MAX_DEFAULT = 10;
/** A person may be waiting for the answer: better an error than a hang. */
const CONNECT_TIMEOUT_MS = 2_000;
/** The server ends a statement after this; the slowest ones are lists over indexes. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** The client gives up later than the server, so that the server's error is the one seen. */
const QUERY_TIMEOUT_MS = 12_000;
/** A process that hangs inside a transaction must not keep its row locks. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 15_000;

const INT8_OID = 20;

/** Opens no connection yet: the first statement does. */
export function openLedger(options: LedgerOptions): Ledger {
  const pool = new Pool({
    connectionString: options.url,
    max: options.connectionsMax ?? CONNECTIONS_MAX_DEFAULT,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    application_name: options.applicationName ?? 'adyton',
    types: {
      getTypeParser: typeParser,
    },
  });
  pool.on('error', (error) => options.onIdleError?.(error));
  // a session that breaks while in use also fails the statement it carries; without a listener it would end the process
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<LedgerTables>({ dialect: new PostgresDialect({ pool: watchedPool(pool) }) });
  const session = db.withSchema('adyton');
  return {
    session,
    transaction: (work) => inTransaction(session, work),
    ping: async () => {
      await sql`SELECT 1`.execute(session);
    },
    close: () => db.destroy().then(() => (pool.ended ? undefined : pool.end())),
  };
}

/** Joins the caller's transaction, or begins one. */
export function inTransaction<T>(
  session: LedgerSession,
  work: (tx: LedgerSession) => Promise<T>,
): Promise<T> {
  if (session.isTransaction) return work(session);
  return session.transaction().execute((tx) => work(tx));
}

/** The time that decides: Postgres' clock plus the offset that only tests and drills move. */
export async function readNow(session: LedgerSession): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`SELECT adyton.now() AS now`.execute(session);
  const row = rows[0];
  if (row === undefined) throw new Error('invariant: SELECT adyton.now() gave no row');
  return row.now;
}

/** That time, so many seconds ago. As a value: an index is not used for a comparison with the function. */
export async function instantBefore(session: LedgerSession, seconds: number): Promise<Date> {
  return new Date((await readNow(session)).getTime() - seconds * 1000);
}

/** Carries out an UPDATE or DELETE. @returns how many rows it changed or removed */
export async function rowsAffected(session: LedgerSession, statement: RawBuilder<unknown>): Promise<number> {
  return Number((await statement.execute(session)).numAffectedRows ?? 0);
}

/** bigint columns hold byte counts and fences, which fit a number; everything else is parsed as usual. */
const typeParser: typeof types.getTypeParser = (oid: number, format?: 'text' | 'binary') => {
  if (oid === INT8_OID) return parseSafeInteger;
  return types.getTypeParser(oid, format) as (value: string) => unknown;
};

function parseSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new RangeError(`a bigint column holds ${text}, too large for a number`);
  return value;
}

/** The pool as the query builder uses it, with every failure that means "no Postgres" given its code. */
function watchedPool(pool: Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => {
      const client = await pool.connect().catch((error: unknown) => {
        throw unavailable(error);
      });
      return watchedClient(client);
    },
  };
}

function watchedClient(client: PoolClient): PostgresPoolClient {
  const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
    try {
      return await client.query(text, [...parameters]);
    } catch (error) {
      throw isConnectionLoss(error) ? unavailable(error) : error;
    }
  };
  return {
    query: query as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy),
  };
}

/** SQLSTATE classes of a server that goes away or refuses: connection exception, operator intervention, insufficient resources. */
const UNAVAILABLE_CLASSES = ['08', '57', '53'];

/** An answer of the server is an answer; anything else than a bug of ours came from the connection. */
function isConnectionLoss(error: unknown): boolean {
  if (error instanceof DatabaseError) return UNAVAILABLE_CLASSES.includes((error.code ?? '').slice(0, 2));
  return !(error instanceof TypeError || error instanceof RangeError);
}

function unavailable(cause: unknown): AdytonError {
  return new AdytonError('ADY_LEDGER_UNAVAILABLE', 'the ledger does not answer', {}, { cause });
}
