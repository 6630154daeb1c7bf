// A loopback port nobody listens on at this moment. Between the answer and its use another process may take it: then the server that
// wanted it says so and does not start.
import { createServer } from 'node:net';

export async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (address === null || typeof address === 'string') reject(new Error('the system gave no TCP port'));
    else resolve(address.port);
  });
  try {
    return await promise;
  } finally {
    server.close();
  }
}
