// A private Redis for the local stack and the tests: loopback only, nothing on disk, never evicting (BullMQ loses jobs otherwise).
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChildServer } from './child-server';
import { freePort } from './free-port';

export interface RedisOptions {
  /** 0 or absent takes a free port. */
  readonly port?: number;
  /** Tests of the refusal start one that evicts. */
  readonly maxmemoryPolicy?: string;
  /** Working directory; absent: a temporary one that `stop` removes. Nothing is stored in it. */
  readonly directory?: string;
  readonly logFile?: string;
}

export interface RedisServer {
  /** `redis://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Starts a new, empty server on the same port after `stop` or a kill. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const PING_TIMEOUT_MS = 500;
/** The package's installation runs for up to a minute on a slow mirror. */
const INSTALL_TIMEOUT_MS = 180_000;

/** @throws Error saying how to install redis-server when it is not there. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const command = findRedisServer();
  const port = options.port === undefined || options.port === 0 ? await freePort() : options.port;
  const start = (): ReturnType<typeof startOnce> => startOnce(command, port, options);
  let running = await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return running.pid;
    },
    restart: async () => {
      await running.stop();
      running = await start();
    },
    stop: async () => running.stop(),
  };
}

async function startOnce(
  command: string,
  port: number,
  options: RedisOptions,
): Promise<{ pid: number; stop(): Promise<void> }> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'adyton-redis-')));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const server = await startChildServer({
    name: 'redis-server',
    command,
    argv: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', directory],
      ...['--save', '', '--appendonly', 'no', '--maxmemory-policy', options.maxmemoryPolicy ?? 'noeviction'],
    ],
    isReady: () => answersPing(port),
    ...(options.logFile === undefined ? {} : { logFile: options.logFile }),
  });
  return {
    pid: server.pid,
    stop: async () => {
      await server.stop();
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}

function findRedisServer(): string {
  if (isThere('redis-server')) return 'redis-server';
  if (process.getuid?.() === 0 && isThere('apt-get')) {
    execFileSync('apt-get', ['install', '-y', 'redis-server'], {
      stdio: 'ignore',
      timeout: INSTALL_TIMEOUT_MS,
    });
    if (isThere('redis-server')) return 'redis-server';
  }
  throw new Error(
    'redis-server is not installed; install it first (Debian, Ubuntu: apt-get install redis-server)',
  );
}

function isThere(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function answersPing(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ port, host: '127.0.0.1', timeout: PING_TIMEOUT_MS });
  const end = (answer: boolean): void => {
    socket.destroy();
    resolve(answer);
  };
  socket.on('connect', () => socket.write('PING\r\n'));
  socket.on('data', (data) => end(data.toString('latin1').startsWith('+PONG')));
  socket.on('error', () => end(false));
  socket.on('timeout', () => end(false));
  return promise;
}
