/** Talks to a running instance over its Unix socket: the instance port, for rman, its channels and labctl. */
import { connect, type Socket } from 'node:net';
import { encodeFrame, FrameReader, type IpcResponse } from './ipc-frames';
import {
  type InstanceOperations,
  type InstancePort,
  OPERATION_NAMES,
  type OperationName,
} from './instance-port';
import { OraError } from './ora-error';

const CONNECT_TIMEOUT_MS = 5_000;
const OPERATION_TIMEOUT_MS = 120_000;
/** Operations whose length depends on the size of the database. */
const LONG_TIMEOUT_MS = 6 * 3600_000;
const LONG_OPERATIONS: ReadonlySet<OperationName> = new Set([
  'workload',
  'mark',
  'open',
  'startup',
  'checkpoint',
]);
/** ORA-03113: what a client sees when its instance dies. */
const ORA_CONNECTION_LOST = 3113;
const ORA_TIMEOUT = 12170;

/** The port plus what belongs to the connection. */
export type InstanceClient = InstancePort & {
  /** Aborts when a session registered on this connection is killed; every later call fails with ORA-00028. */
  readonly killed: AbortSignal;
  /** Aborts when the connection is gone, closed here or lost. */
  readonly gone: AbortSignal;
  /** Ends the connection; sessions registered on it end too. */
  close(): void;
};

/** Connects to the instance. `undefined`: nobody listens there (the instance is not started). */
export async function connectInstance(options: { socketPath: string }): Promise<InstanceClient | undefined> {
  const socket = await openSocket(options.socketPath);
  return socket === undefined ? undefined : makeClient(socket);
}

function openSocket(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error(`no answer from ${path}`)));
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else reject(error);
    });
  });
}

function makeClient(socket: Socket): InstanceClient {
  const connection = new Connection(socket);
  const call =
    <K extends OperationName>(op: K) =>
    (args: InstanceOperations[K]['args']) =>
      connection.call(op, args) as Promise<InstanceOperations[K]['result']>;
  const port = Object.fromEntries(OPERATION_NAMES.map((op) => [op, call(op)])) as unknown as InstancePort;
  return Object.assign(port, {
    killed: connection.killed.signal,
    gone: connection.gone.signal,
    close: () => {
      connection.close();
    },
  });
}

interface Pending {
  resolve: (result: unknown) => void;
  reject: (error: OraError) => void;
  timer: NodeJS.Timeout;
}

class Connection {
  readonly killed = new AbortController();
  readonly gone = new AbortController();
  private readonly pending = new Map<number, Pending>();
  private readonly reader = new FrameReader();
  private nextId = 1;

  constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.receive(chunk);
    });
    socket.on('error', () => {
      this.lose();
    });
    socket.on('close', () => {
      this.lose();
    });
  }

  call(op: OperationName, args: unknown): Promise<unknown> {
    if (this.gone.signal.aborted) return Promise.reject(connectionLost());
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const timeoutMs = LONG_OPERATIONS.has(op) ? LONG_TIMEOUT_MS : OPERATION_TIMEOUT_MS;
      const timer = setTimeout(() => {
        this.pending.delete(id);
        reject(new OraError(ORA_TIMEOUT, `the instance did not answer ${op} in ${timeoutMs} ms`));
      }, timeoutMs);
      this.pending.set(id, { resolve, reject, timer });
      this.socket.write(encodeFrame({ id, op, args }));
    });
  }

  close(): void {
    this.socket.destroy();
    this.lose();
  }

  private receive(chunk: Buffer): void {
    try {
      for (const message of this.reader.push(chunk)) this.settle(message as IpcResponse);
    } catch {
      this.close();
    }
  }

  private settle(message: IpcResponse): void {
    if ('event' in message) {
      this.killed.abort();
      return;
    }
    const waiting = this.pending.get(message.id);
    if (waiting === undefined) return;
    this.pending.delete(message.id);
    clearTimeout(waiting.timer);
    if (message.ok) waiting.resolve(message.result);
    else waiting.reject(new OraError(message.error.ora, message.error.text));
  }

  private lose(): void {
    this.gone.abort();
    for (const { reject, timer } of this.pending.values()) {
      clearTimeout(timer);
      reject(connectionLost());
    }
    this.pending.clear();
  }
}

function connectionLost(): OraError {
  return new OraError(ORA_CONNECTION_LOST, 'end-of-file on communication channel');
}
