// A way between two processes that a test can cut: from then on nothing comes through and nobody is told, as when a cable is pulled.
import { connect, createServer, type Socket } from 'node:net';

export interface CutProxy {
  readonly port: number;
  /** Bytes stop in both directions; connections stay open. New ones are taken and hear nothing. */
  cut(): void;
  /** Connections made from now on come through; those of before are closed. */
  heal(): void;
  close(): Promise<void>;
}

export async function startCutProxy(targetPort: number): Promise<CutProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isCut = false;
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    const pair = [client, target] as const;
    pairs.add(pair);
    const forward = (from: Socket, to: Socket): void => {
      from.on('data', (bytes) => void (isCut || to.write(bytes)));
      from.on('error', () => undefined);
      from.on('close', () => {
        if (isCut) return; // not even the end comes through
        to.destroy();
        pairs.delete(pair);
      });
    };
    forward(client, target);
    forward(target, client);
  });
  const dropAll = (): void => {
    for (const sockets of pairs) for (const socket of sockets) socket.destroy();
    pairs.clear();
  };
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a proxy without a port');
  return {
    port: address.port,
    cut: () => {
      isCut = true;
    },
    heal: () => {
      dropAll();
      isCut = false;
    },
    close: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      dropAll();
      await closed.promise;
    },
  };
}
