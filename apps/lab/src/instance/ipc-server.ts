/** Serves the instance port on a Unix socket: many clients, requests of one client answered as they finish. */
import { chmodSync, existsSync, mkdirSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { connectLocal } from './client-port';
import { type Instance } from './instance';
import { encodeFrame, FrameReader, type IpcRequest, type IpcResponse } from './ipc-frames';
import { type InstancePort, OPERATION_NAMES, type OperationName } from './instance-port';
import { ORA, OraError } from './ora-error';
import { SOCKET_PATH_BYTES_MAX } from './place-instance';

/** A client with more requests under way is not read from until some are answered. */
const REQUESTS_IN_FLIGHT_MAX = 32;
const CLIENTS_MAX = 256;
const OWNER_ONLY = 0o600;

export interface IpcServer {
  close(): Promise<void>;
}

/** Whether a fault takes the instance away at this request. */
type Strike = (operation: OperationName, args: unknown) => boolean;

/** Listens; an old socket file of a dead instance is replaced. */
export async function serveInstance(
  instance: Instance,
  socketPath: string,
  isStruck: Strike = () => false,
): Promise<IpcServer> {
  if (Buffer.byteLength(socketPath) > SOCKET_PATH_BYTES_MAX)
    throw new RangeError(`socket path too long: ${socketPath}`);
  mkdirSync(dirname(socketPath), { recursive: true });
  if (existsSync(socketPath)) unlinkSync(socketPath);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serveClient(instance, socket, isStruck);
  });
  server.maxConnections = CLIENTS_MAX;
  await listen(server, socketPath);
  chmodSync(socketPath, OWNER_ONLY);
  return {
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function serveClient(instance: Instance, socket: Socket, isStruck: Strike): void {
  const reader = new FrameReader();
  let inFlight = 0;
  const send = (message: IpcResponse) => {
    if (!socket.destroyed) socket.write(encodeFrame(message));
  };
  const client = connectLocal(instance, (session) => {
    send({ event: 'session-killed', ...session });
  });
  const handle = async (request: IpcRequest) => {
    inFlight++;
    if (inFlight >= REQUESTS_IN_FLIGHT_MAX) socket.pause();
    const isLost = isOperation(request.op) && isStruck(request.op, request.args);
    await instance.whenAnswering();
    // What was asked of an instance that died of it is not done.
    if (isLost && socket.destroyed) return;
    send(await answer(client.port, request));
    inFlight--;
    if (inFlight < REQUESTS_IN_FLIGHT_MAX) socket.resume();
  };
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const message of reader.push(chunk)) void handle(message as IpcRequest);
    } catch {
      socket.destroy();
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    client.disconnect();
  });
}

async function answer(port: InstancePort, request: IpcRequest): Promise<IpcResponse> {
  const { id } = request;
  try {
    if (!isOperation(request.op))
      throw new OraError(ORA.badCommand, `unknown operation ${String(request.op)}`);
    const call = port[request.op].bind(port) as (args: unknown) => Promise<unknown>;
    return { id, ok: true, result: (await call(request.args ?? {})) ?? null };
  } catch (error) {
    return { id, ok: false, error: describeError(error) };
  }
}

function describeError(error: unknown): { ora: number; text: string } {
  if (error instanceof OraError) return { ora: error.ora, text: error.text };
  const text = error instanceof Error ? error.message : String(error);
  return { ora: ORA.internal, text: `internal error code, arguments: [${text}]` };
}

function isOperation(op: unknown): op is OperationName {
  return (OPERATION_NAMES as readonly unknown[]).includes(op);
}
