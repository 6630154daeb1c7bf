// A private Postgres for the local stack and the tests.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { startChildServer } from './child-server';
import { freePort } from './free-port';
import { prepareData, SUPERUSER } from './postgres-data';
import { findPostgres } from './postgres-installation';

const CONNECT_TIMEOUT_MS = 1_000;

export interface PostgresOptions {
  /** Where the data survive a restart; absent: a temporary directory that `stop` removes. */
  readonly directory?: string;
  /** 0 or absent takes a free port. */
  readonly port?: number;
  /** False skips fsync, and new data begin as a copy: tests start faster and lose nothing worth keeping. */
  readonly durable?: boolean;
  readonly logFile?: string;
}

export interface PostgresServer {
  /** `postgres://adyton:<password>@127.0.0.1:<port>/postgres` */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** The same data on the same port; open sessions are ended first. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const durable = options.durable ?? true;
  const installation = await findPostgres();
  const { directory, data, password } = await prepareData(installation, {
    ...(options.directory === undefined ? {} : { directory: options.directory }),
    copied: !durable,
  });
  const port = options.port === undefined || options.port === 0 ? await freePort() : options.port;
  const url = `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
  const start = (): ReturnType<typeof startChildServer> =>
    startChildServer({
      name: 'postgres',
      command: join(installation.binaries, 'bin', 'postgres'),
      argv: ['-D', data, '-p', String(port), ...serverFlags(durable)],
      cwd: directory,
      ...(installation.user === undefined ? {} : { user: installation.user }),
      isReady: () => accepts(url),
      ...(options.logFile === undefined ? {} : { logFile: options.logFile }),
      stopSignal: 'SIGINT', // "fast": ends open sessions instead of waiting for them
    });
  let server = await start();
  const stop = async (): Promise<void> => {
    await server.stop();
    if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
  };
  return {
    url,
    port,
    get pid() {
      return server.pid;
    },
    restart: async () => {
      await server.stop();
      server = await start();
    },
    stop,
  };
}

function serverFlags(durable: boolean): string[] {
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200'];
  if (!durable) settings.push('fsync=off', 'synchronous_commit=off', 'full_page_writes=off');
  return settings.flatMap((s) => ['-c', s]);
}

async function accepts(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => undefined); // a server that goes down again is seen by the next attempt
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
