// A loopback port nobody listens on at this moment. Between the answer and its use another process may take it: then the server that
// wanted it says so and does not start. So that this hardly happens, ports come from below those the system gives out by itself, at random.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below Linux's own range for outgoing connections and for port 0, which begins at 32,768. */
const PORTS = { first: 20_000, end: 32_768 };
const TRIES_MAX = 100;

export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const port = randomInt(PORTS.first, PORTS.end);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free TCP port in ${TRIES_MAX} tries between ${PORTS.first} and ${PORTS.end}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  return promise;
}
