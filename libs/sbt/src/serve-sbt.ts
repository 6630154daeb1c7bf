// Listens on the Unix socket that libobk.so connects to. Who may connect is decided twice: by the socket's file mode, and by the
// token that `authorise` checks.
import { chmod, rename, rm, stat } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Connection, type SbtFencing, type SbtLog, type SbtProbing } from './connection';
import { encodeHeader, FRAME_TYPES } from './frame';
import { encodeError } from './payloads';
import { SBT_CODES, SbtFailure } from './sbt-failure';
import { type SbtHello, type SbtSession } from './sbt-session';

/** Oracle's operating-system user reaches the socket through its group. */
const SOCKET_MODE = 0o660;
/** RMAN channels on one host; each keeps a read buffer in memory. */
const CONNECTIONS_MAX = 256;
/** The library takes twelve missed ones for a dead worker. */
const KEEP_ALIVE_EVERY_MS = 10_000;
/** The library says hello at once; whoever does not is not the library. */
const HELLO_LIMIT_MS = 30_000;
/** Clients that wait to be accepted; the library tries again for 10 s. */
const BACKLOG = 128;
/** sun_path is 108 bytes with its NUL, and the socket is created under a name that is SUFFIX longer. */
const SUFFIX = '.new';
const SOCKET_PATH_BYTES_MAX = 107 - SUFFIX.length;
/** A live server accepts at once. */
const PROBE_LIMIT_MS = 2000;
/** `close` waits this long for sessions to end; a writer that hangs must not keep the process from leaving. */
const CLOSE_LIMIT_MS = 10_000;

export interface SbtServerOptions {
  /** At most 103 bytes. */
  readonly socketPath: string;
  readonly socketMode?: number;
  /** Checks run and token; throws SbtFailure to refuse. Never overlaps with another call for the same connection. */
  readonly authorise: (hello: SbtHello) => Promise<SbtSession>;
  /** For the agent of the host; without it FENCE is refused. */
  readonly fence?: SbtFencing;
  /** For the agent of the host; without it PROBE is refused. */
  readonly probe?: SbtProbing;
  readonly connectionsMax?: number;
  readonly keepAliveEveryMs?: number;
  readonly helloLimitMs?: number;
  readonly log?: SbtLog;
}

export interface SbtServer {
  /** Connections that are open, greeted or not. */
  readonly connections: number;
  /** Stops listening, drops every connection (open pieces are aborted) and waits up to 10 s for the sessions to end. */
  close(): Promise<void>;
}

/**
 * Listens on `socketPath`, in place of a socket file that a dead process left there.
 * @throws Error when the path is too long or another process listens on it
 */
export async function serveSbt(options: SbtServerOptions): Promise<SbtServer> {
  if (Buffer.byteLength(options.socketPath) > SOCKET_PATH_BYTES_MAX) {
    throw new Error(`the socket path ${options.socketPath} is longer than ${SOCKET_PATH_BYTES_MAX} bytes`);
  }
  const server = new ListeningServer(options);
  await server.listen();
  return server;
}

class ListeningServer implements SbtServer {
  private readonly open = new Set<Connection>();
  private readonly server: Server;
  private inode: bigint | null = null;
  private idle: (() => void) | null = null;

  constructor(private readonly options: SbtServerOptions) {
    this.server = createServer({ pauseOnConnect: true }, (socket) => {
      this.accept(socket);
    });
  }

  get connections(): number {
    return this.open.size;
  }

  async listen(): Promise<void> {
    const { socketPath, socketMode } = this.options;
    const created = socketPath + SUFFIX;
    if (await isListening(socketPath)) throw new Error(`another process listens on ${socketPath}`);
    await rm(created, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ path: created, backlog: BACKLOG }, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    // The file gets its mode before it gets its name, so that nobody finds it with another one.
    await chmod(created, socketMode ?? SOCKET_MODE);
    await rename(created, socketPath);
    this.inode = (await stat(socketPath, { bigint: true })).ino;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
    for (const connection of this.open) connection.destroy();
    await this.untilIdle();
    await closed;
    await this.removeSocket();
  }

  private accept(socket: Socket): void {
    const log = this.options.log ?? (() => undefined);
    if (this.open.size >= (this.options.connectionsMax ?? CONNECTIONS_MAX)) {
      log('connection.refused', { reason: 'too many connections', connections: this.open.size });
      turnAway(socket);
      return;
    }
    const connection: Connection = new Connection(socket, {
      authorise: this.options.authorise,
      fence: this.options.fence,
      probe: this.options.probe,
      log,
      keepAliveEveryMs: this.options.keepAliveEveryMs ?? KEEP_ALIVE_EVERY_MS,
      helloLimitMs: this.options.helloLimitMs ?? HELLO_LIMIT_MS,
      over: () => {
        this.open.delete(connection);
        if (this.open.size === 0) this.idle?.();
      },
    });
    this.open.add(connection);
  }

  private async untilIdle(): Promise<void> {
    if (this.open.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.idle = resolve;
      timer = setTimeout(resolve, CLOSE_LIMIT_MS);
    });
    clearTimeout(timer);
  }

  /** Removes the socket file unless another server has put its own there. */
  private async removeSocket(): Promise<void> {
    const now = await stat(this.options.socketPath, { bigint: true }).catch(() => null);
    if (now !== null && now.ino === this.inode) await rm(this.options.socketPath, { force: true });
  }
}

function turnAway(socket: Socket): void {
  const text =
    'ADY_SBT_TOO_MANY_CONNECTIONS: the dedup-worker has no free connection | HINT: use fewer channels';
  const payload = encodeError(0, new SbtFailure(SBT_CODES.failed, text));
  socket.on('error', () => undefined);
  socket.resume();
  socket.write(encodeHeader(FRAME_TYPES.error, payload.length, 1));
  socket.write(payload);
  socket.destroySoon();
}

/** Whether somebody accepts connections on the path; a socket file without a process refuses them. */
function isListening(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socketPath);
    const answer = (listening: boolean) => {
      probe.destroy();
      resolve(listening);
    };
    probe.setTimeout(PROBE_LIMIT_MS, () => {
      answer(true);
    });
    probe.once('connect', () => {
      answer(true);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => {
      answer(error.code === 'EAGAIN' || error.code === 'EACCES');
    });
  });
}
