// The Redis of the specs: one private server a spec file, stopped by it; and a command to one, without a client that would connect again.
import { connect } from 'node:net';

export { startRedis, type RedisServer } from '../../stack/src/start-redis';

/** @param url of a server on this machine. @returns its answer as it came */
async function redisCommand(url: string, ...words: readonly string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', reject);
  socket.on('data', (data) => {
    resolve(data.toString());
    socket.destroy();
  });
  socket.write(`${words.join(' ')}\r\n`);
  return promise;
}

/** Redis loses everything it holds. */
export async function flushRedis({ redisUrl }: { readonly redisUrl: string }): Promise<void> {
  const answer = await redisCommand(redisUrl, 'FLUSHALL');
  if (!answer.includes('OK')) throw new Error(`FLUSHALL: ${answer}`);
}
