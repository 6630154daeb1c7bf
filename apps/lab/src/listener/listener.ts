// The TNS listener: takes connections on loopback and gives each its own state machine. See profile.ts for the part of the protocol
// it speaks: enough for the Thin client of node-oracledb to log in, query, fetch, break and close.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Connection } from './connection';
import { DEFAULT_LIMITS, type ListenerOptions } from './service';

/** No free handler: what a listener answers when the instance takes no more sessions. */
const NO_HANDLER = 12516;
/** Connections beyond the limit that are still told why they are refused. */
const REFUSALS_MAX = 50;

export interface RunningListener {
  port: number;
  /** Connections at this moment, logged in or not. */
  connections(): number;
  /** Closes every connection and goes on listening, as when the server processes of an instance are gone. */
  disconnectAll(): void;
  /** Closes every connection and stops listening. */
  close(): Promise<void>;
}

/** Starts listening; resolves when the port is open and throws when it cannot be. */
export async function startListener(options: ListenerOptions): Promise<RunningListener> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const secret = randomBytes(32);
  const connections = new Set<Connection>();
  const accept = (socket: Socket): void => {
    const refusedWith = connections.size >= limits.sessionsMax ? NO_HANDLER : null;
    const connection = new Connection(socket, { options, limits, secret, refusedWith });
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  };
  const { tls } = options;
  const server =
    tls === undefined
      ? createServer(accept)
      : createTlsServer(
          { key: tls.key, cert: tls.certificate, handshakeTimeout: limits.loginTimeoutMs },
          accept,
        );
  server.maxConnections = limits.sessionsMax + REFUSALS_MAX;
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return {
    port: portOf(server),
    connections: () => connections.size,
    disconnectAll: () => {
      for (const connection of [...connections]) connection.close();
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const connection of [...connections]) connection.close();
      await closed;
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the listener has no port');
  return address.port;
}
