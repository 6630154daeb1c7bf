// Who comes to the socket without being expected - strangers, broken conversations, other servers - and what becomes of them.
import { chmod, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { encodeHeader, FRAME_TYPES, type FrameType } from './frame';
import { serveSbt } from './serve-sbt';
import {
  BLOCK,
  errorOf,
  helloPayload,
  namesPayload,
  openWritePayload,
  RawClient,
  u32,
  writePiece,
} from './testing/raw-client';
import { useSbtServer } from './testing/sbt-server';

const sbt = useSbtServer();

describe('a stranger', () => {
  it('is thrown out when it does not say hello in time', async () => {
    await sbt.start({ helloLimitMs: 10 });
    const client = await RawClient.connect(sbt.path);
    await client.closed();
    expect(sbt.events).toEqual([{ event: 'connection.refused', fields: { reason: 'no hello in time' } }]);
  });

  it('is turned away when all connections are taken, and let in when one is free', async () => {
    await sbt.start({ connectionsMax: 2 });
    const first = await RawClient.greeted(sbt.path);
    const second = await RawClient.greeted(sbt.path);
    const third = await RawClient.connect(sbt.path);
    expect(errorOf(await third.expect(FRAME_TYPES.error)).text).toMatch(/^ADY_SBT_TOO_MANY_CONNECTIONS/);
    await third.closed();
    expect(sbt.connections).toBe(2);
    first.send(FRAME_TYPES.bye);
    await first.closed();
    await sbt.memory.noted('ended');
    while (sbt.connections > 1) await new Promise((resolve) => setImmediate(resolve));
    const fourth = await RawClient.greeted(sbt.path);
    second.destroy();
    fourth.destroy();
  });

  const broken = (type: FrameType, length: number, sequence: number, payload: Buffer = Buffer.alloc(0)) =>
    Buffer.concat([encodeHeader(type, length, sequence), payload]);
  it.each<[string, boolean, () => Buffer]>([
    ['rubbish', false, () => Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a question before hello', false, () => broken(FRAME_TYPES.info, 0, 1)],
    ['a hello of 5000 bytes', false, () => broken(FRAME_TYPES.hello, 5000, 1)],
    ['a hello that ends too early', false, () => broken(FRAME_TYPES.hello, 6, 1, Buffer.alloc(6, 255))],
    ['a second hello', true, () => broken(FRAME_TYPES.hello, 0, 2)],
    ['data without a piece', true, () => broken(FRAME_TYPES.data, 0, 2)],
    ['close without a piece', true, () => broken(FRAME_TYPES.close, 0, 2)],
    ['an answer', true, () => broken(FRAME_TYPES.welcome, 0, 2)],
    ['a frame out of order', true, () => broken(FRAME_TYPES.bye, 0, 3)],
    ['a payload with bytes left over', true, () => broken(FRAME_TYPES.command, 4, 2, Buffer.alloc(4))],
    ['a million names', true, () => broken(FRAME_TYPES.info, 4, 2, u32(1_000_000))],
    [
      'blocks of 5 MiB',
      true,
      () =>
        broken(
          FRAME_TYPES.openWrite,
          openWritePayload('p', 5 << 20).length,
          2,
          openWritePayload('p', 5 << 20),
        ),
    ],
  ])('gets an ERROR and is thrown out for %s', async (_what, greeted, bytes) => {
    await sbt.start();
    const client = greeted ? await RawClient.greeted(sbt.path) : await RawClient.connect(sbt.path);
    const other = await RawClient.greeted(sbt.path);
    client.socket.write(bytes());
    expect(errorOf(await client.expect(FRAME_TYPES.error))).toMatchObject({ answers: 0, sbtCode: 7501 });
    await client.closed();
    await writePiece(other, 'unhurt', 2);
    other.destroy();
  });

  it('cannot send blocks of another size than it said', async () => {
    await sbt.start();
    const client = await RawClient.greeted(sbt.path);
    client.send(FRAME_TYPES.openWrite, openWritePayload('p', BLOCK.length));
    await client.expect(FRAME_TYPES.opened);
    client.send(FRAME_TYPES.data, BLOCK.subarray(1));
    expect(errorOf(await client.expect(FRAME_TYPES.error)).text).toMatch(/^ADY_SBT_PROTOCOL/);
    await client.closed();
    await sbt.memory.noted('lost');
    expect(sbt.memory.diary[0]).toMatch(/^aborted p/);
  });

  it('cannot break the server with any of 400 mutilated conversations', async () => {
    await sbt.start();
    let state = 42;
    const random = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 1);
    const conversation = () =>
      Buffer.concat([
        broken(FRAME_TYPES.hello, helloPayload().length, 1, helloPayload()),
        broken(FRAME_TYPES.openWrite, openWritePayload('f', 64).length, 2, openWritePayload('f', 64)),
        broken(FRAME_TYPES.data, 64, 3, Buffer.alloc(64)),
        broken(FRAME_TYPES.abort, 0, 4),
        broken(FRAME_TYPES.info, namesPayload('a', 'b').length, 5, namesPayload('a', 'b')),
        broken(FRAME_TYPES.bye, 0, 6),
      ]);
    for (let round = 0; round < 400; round++) {
      const bytes = conversation();
      for (let i = 0; i <= random() % 4; i++) bytes[random() % bytes.length] = random() % 256;
      const client = await RawClient.connect(sbt.path);
      client.socket.end(bytes.subarray(0, random() % 3 === 0 ? random() % bytes.length : bytes.length));
      await client.closed();
    }
    const good = await RawClient.greeted(sbt.path);
    await writePiece(good, 'after-the-storm', 2);
    good.send(FRAME_TYPES.bye);
    await good.closed();
    while (sbt.connections > 0) await new Promise((resolve) => setImmediate(resolve));
    const opened = sbt.events.filter((e) => e.event === 'session.opened').length;
    expect(sbt.memory.diary.filter((e) => e === 'ended' || e === 'lost')).toHaveLength(opened);
  });
});

describe('the socket file', () => {
  it('has the mode that was asked for, and is gone after close', async () => {
    await sbt.start({ socketMode: 0o600 });
    expect((await stat(sbt.path)).mode & 0o777).toBe(0o600);
    await sbt.close();
    await expect(stat(sbt.path)).rejects.toThrow('ENOENT');
  });

  it('replaces one that a dead process left behind', async () => {
    await writeFile(sbt.path, '');
    await chmod(sbt.path, 0o600);
    await sbt.start();
    expect((await stat(sbt.path)).isSocket()).toBe(true);
    (await RawClient.greeted(sbt.path)).destroy();
  });

  it('is not taken from a process that listens', async () => {
    await sbt.start();
    await expect(
      serveSbt({ socketPath: sbt.path, authorise: () => Promise.reject(new Error()) }),
    ).rejects.toThrow('another process listens');
    (await RawClient.greeted(sbt.path)).destroy();
  });

  it('is left alone by close when another server has replaced it', async () => {
    await sbt.start();
    await rm(sbt.path);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(sbt.path, resolve));
    await sbt.close();
    expect((await stat(sbt.path)).isSocket()).toBe(true);
    await new Promise((resolve) => other.close(resolve));
    await sbt.start();
  });

  it('refuses a sbt.path that does not fit a socket address', async () => {
    await sbt.start();
    await expect(
      serveSbt({ socketPath: `/${'x'.repeat(104)}`, authorise: () => Promise.reject(new Error()) }),
    ).rejects.toThrow('longer than 103 bytes');
  });
});
