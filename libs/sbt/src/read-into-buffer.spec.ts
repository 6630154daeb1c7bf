// What this version of Node makes of sockets that are read into a buffer of ours.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readIntoBuffer } from './read-into-buffer';

let folder: string;
let server: Server;
let client: Socket;

async function accept(take: (bytes: Uint8Array) => void): Promise<Socket> {
  const accepted = Promise.withResolvers<Socket>();
  server = createServer({ pauseOnConnect: true }, (socket) => accepted.resolve(readIntoBuffer(socket, take)));
  server.listen(join(folder, 's'));
  await once(server, 'listening');
  client = connect(join(folder, 's'));
  return (await accepted.promise).resume();
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sbt-'));
});
afterEach(async () => {
  client.destroy();
  server.close();
  await rm(folder, { recursive: true });
});

describe('a socket that is read into a buffer', () => {
  it('is read into the same memory every time, and ends when the client does', async () => {
    const memory = new Set<ArrayBufferLike>();
    const came: Buffer[] = [];
    const socket = await accept((bytes) => {
      memory.add(bytes.buffer);
      came.push(Buffer.from(bytes));
    });
    const sent = Buffer.alloc(3_000_000, 'abcdefg');
    client.end(sent);
    await once(socket, 'close');
    expect(Buffer.concat(came).equals(sent)).toBe(true);
    expect(memory.size).toBe(1);
  });

  it('is not read while it is paused, so that the client has to wait', async () => {
    let came = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket: Socket = await accept((bytes) => {
      came += bytes.length;
      socket.pause();
      resolve();
    });
    const sent = Buffer.alloc(3_000_000, 1);
    client.end(sent);
    await promise;
    const first = came;
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    expect(came).toBe(first);
    expect(client.writableLength).toBeGreaterThan(0);
    while (!socket.closed) {
      socket.resume();
      await new Promise(setImmediate);
    }
    expect(came).toBe(sent.length);
  });

  it('counts as gone for its server, which then closes without it', async () => {
    const socket = await accept(() => undefined);
    server.close();
    await once(server, 'close');
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });

  it('takes answers', async () => {
    const socket = await accept(() => undefined);
    socket.write('hello');
    expect(String((await once(client, 'data'))[0])).toBe('hello');
    socket.destroy();
  });
});
