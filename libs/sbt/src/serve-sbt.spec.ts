// The server on a real Unix socket, asked frame by frame. What the library makes of the answers is tested in native/libobk.
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeHeader, type Frame, FRAME_TYPES, type FrameType } from './frame';
import { SbtFailure } from './sbt-failure';
import { type SbtSession } from './sbt-session';
import { type SbtServer, type SbtServerOptions, serveSbt } from './serve-sbt';
import { MemoryPieces } from './testing/memory-session';
import {
  errorOf,
  helloPayload,
  namesPayload,
  openWritePayload,
  RawClient,
  text,
  u32,
} from './testing/raw-client';

const BLOCK = Buffer.alloc(16384, 5);

let folder: string;
let path: string;
let memory: MemoryPieces;
let events: { event: string; fields: Record<string, unknown> }[];
let server: SbtServer;

async function start(options: Partial<SbtServerOptions> = {}): Promise<void> {
  server = await serveSbt({
    socketPath: path,
    authorise: async (hello): Promise<SbtSession> => {
      if (hello.token !== 'good')
        throw new SbtFailure(7501, 'ADY_TOKEN_REFUSED: the token is not valid for this run');
      return memory.session();
    },
    log: (event, fields) => events.push({ event, fields }),
    ...options,
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sbt-'));
  path = join(folder, 's');
  memory = new MemoryPieces();
  events = [];
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

async function writePiece(client: RawClient, handle: string, blocks: number): Promise<Frame> {
  client.send(FRAME_TYPES.openWrite, openWritePayload(handle, BLOCK.length));
  await client.expect(FRAME_TYPES.opened);
  for (let i = 0; i < blocks; i++) client.send(FRAME_TYPES.data, BLOCK);
  client.send(FRAME_TYPES.close);
  return client.expect(FRAME_TYPES.closed);
}

describe('a session', () => {
  beforeEach(() => start());

  it('writes, finds, reads and removes a piece', async () => {
    const client = await RawClient.greeted(path);
    await writePiece(client, 'PROD/abc_1_1', 3);
    expect(memory.opened).toEqual([
      {
        handle: 'PROD/abc_1_1',
        blockBytes: 16384,
        copyNumber: 1,
        databaseName: 'PROD',
        dbid: '3456789012',
      },
    ]);

    client.send(FRAME_TYPES.info, namesPayload('nope', 'PROD/abc_1_1'));
    const info = Buffer.from((await client.expect(FRAME_TYPES.infoList)).payload);
    expect(info.readUInt32LE(0)).toBe(2);
    expect([info[4], info[5]]).toEqual([0, 1]);
    expect(info.readBigUInt64LE(6)).toBe(1_700_000_000n);
    expect(info.readBigUInt64LE(14)).toBe(3n * 16384n);
    expect(info.subarray(22)).toEqual(Buffer.concat([text('memory'), text('49152 bytes')]));

    client.send(FRAME_TYPES.openRead, Buffer.concat([u32(16384), text('PROD/abc_1_1')]));
    await client.expect(FRAME_TYPES.opened);
    for (let i = 0; i < 3; i++)
      expect(Buffer.from((await client.expect(FRAME_TYPES.data)).payload)).toEqual(BLOCK);
    await client.expect(FRAME_TYPES.dataEnd);
    client.send(FRAME_TYPES.close);
    await client.expect(FRAME_TYPES.closed);

    client.send(FRAME_TYPES.remove, namesPayload('PROD/abc_1_1'));
    await client.expect(FRAME_TYPES.removed);
    client.send(FRAME_TYPES.command, text('anything'));
    await client.expect(FRAME_TYPES.done);
    client.send(FRAME_TYPES.bye);
    await client.closed();
    expect(memory.diary).toEqual(['closed PROD/abc_1_1', 'read PROD/abc_1_1', 'command anything', 'ended']);
  });

  it('answers a failure with its code and text, and goes on', async () => {
    const client = await RawClient.greeted(path);
    await writePiece(client, 'once', 1);
    client.send(FRAME_TYPES.openWrite, openWritePayload('once', 16384));
    const refused = errorOf(await client.expect(FRAME_TYPES.error));
    expect(refused).toEqual({
      answers: client.sequence,
      sbtCode: 7503,
      text: 'ADY_PIECE_EXISTS: once exists already',
    });
    client.send(FRAME_TYPES.remove, namesPayload('twice'));
    expect(errorOf(await client.expect(FRAME_TYPES.error)).sbtCode).toBe(7502);
    await writePiece(client, 'another', 1);
    client.destroy();
  });

  it('answers an error that nobody expected with 7501 ADY_INTERNAL', async () => {
    memory.onClose = () => Promise.reject(new TypeError('x is not a function'));
    const client = await RawClient.greeted(path);
    client.send(FRAME_TYPES.openWrite, openWritePayload('p', 16384));
    await client.expect(FRAME_TYPES.opened);
    client.send(FRAME_TYPES.close);
    expect(errorOf(await client.expect(FRAME_TYPES.error))).toMatchObject({
      sbtCode: 7501,
      text: 'ADY_INTERNAL: x is not a function',
    });
    expect(memory.diary).toEqual(['aborted p: ADY_INTERNAL: x is not a function']);
    client.destroy();
  });

  it('cuts error texts to 1023 bytes between characters', async () => {
    memory.onClose = () => Promise.reject(new SbtFailure(7501, `ADY_LONG: ${'ü'.repeat(800)}`));
    const client = await RawClient.greeted(path);
    client.send(FRAME_TYPES.openWrite, openWritePayload('p', 16384));
    await client.expect(FRAME_TYPES.opened);
    client.send(FRAME_TYPES.close);
    const { text: received } = errorOf(await client.expect(FRAME_TYPES.error));
    expect(Buffer.byteLength(received)).toBe(1022);
    expect(received.endsWith('ü')).toBe(true);
    client.destroy();
  });

  it('tells a failed write at once and unasked, takes the blocks still on their way, and frees the name', async () => {
    memory.onWrite = (_handle, _block, number) => {
      if (number === 2) throw new SbtFailure(7501, 'ADY_UPLOAD_FAILED: the bucket is away');
    };
    const client = await RawClient.greeted(path);
    client.send(FRAME_TYPES.openWrite, openWritePayload('p', BLOCK.length));
    await client.expect(FRAME_TYPES.opened);
    for (let i = 0; i < 10; i++) client.send(FRAME_TYPES.data, BLOCK);
    const unasked = errorOf(await client.expect(FRAME_TYPES.error));
    expect(unasked).toEqual({
      answers: 0,
      sbtCode: 7501,
      text: 'ADY_UPLOAD_FAILED: the bucket is away',
    });
    client.send(FRAME_TYPES.close);
    expect(errorOf(await client.expect(FRAME_TYPES.error)).answers).toBe(client.sequence);
    expect(memory.diary).toEqual(['aborted p: ADY_UPLOAD_FAILED: the bucket is away']);
    memory.onWrite = () => undefined;
    await writePiece(client, 'p', 1);
    client.destroy();
  });

  it('tells a failure between two blocks when the writer signals it', async () => {
    const cancelled = new AbortController();
    memory.failed = cancelled.signal;
    const client = await RawClient.greeted(path);
    client.send(FRAME_TYPES.openWrite, openWritePayload('p', BLOCK.length));
    await client.expect(FRAME_TYPES.opened);
    cancelled.abort(new SbtFailure(7501, 'ADY_RUN_CANCELLED: somebody cancelled the run'));
    expect(errorOf(await client.expect(FRAME_TYPES.error))).toMatchObject({
      answers: 0,
      text: 'ADY_RUN_CANCELLED: somebody cancelled the run',
    });
    client.send(FRAME_TYPES.abort);
    await client.expect(FRAME_TYPES.aborted);
    expect(memory.diary).toEqual(['aborted p: ADY_RUN_CANCELLED: somebody cancelled the run']);
    client.destroy();
  });

  it('aborts the open piece and ends the session once when the connection is lost', async () => {
    const client = await RawClient.greeted(path);
    client.send(FRAME_TYPES.openWrite, openWritePayload('p', BLOCK.length));
    await client.expect(FRAME_TYPES.opened);
    client.send(FRAME_TYPES.data, BLOCK);
    client.destroy();
    await memory.noted('lost');
    expect(memory.diary).toEqual(['aborted p: the connection to the Oracle server process was lost', 'lost']);
  });

  it('waits for a pending write before it aborts a piece whose connection was lost', async () => {
    let finish: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      memory.onWrite = () => {
        resolve();
        return new Promise<void>((done) => {
          finish = done;
        });
      };
    });
    const client = await RawClient.greeted(path);
    client.send(FRAME_TYPES.openWrite, openWritePayload('p', BLOCK.length));
    await client.expect(FRAME_TYPES.opened);
    client.send(FRAME_TYPES.data, BLOCK);
    await begun;
    const closing = server.close();
    await client.closed();
    expect(memory.diary).toEqual([]);
    finish();
    await closing;
    expect(memory.diary).toEqual(['aborted p: the connection to the Oracle server process was lost', 'lost']);
  });

  it('stops streaming when the client has read enough', async () => {
    const client = await RawClient.greeted(path);
    await writePiece(client, 'p', 500);
    let runs = 0;
    memory.onRead = () => {
      runs++;
      return Promise.resolve();
    };
    client.socket.pause();
    client.send(FRAME_TYPES.openRead, Buffer.concat([u32(16384), text('p')]));
    client.send(FRAME_TYPES.close);
    client.socket.resume();
    let frame = await client.next();
    while (frame !== null && frame.type !== FRAME_TYPES.closed) frame = await client.next();
    expect(frame?.type).toBe(FRAME_TYPES.closed);
    expect(memory.diary.at(-1)).toBe('read p');
    expect(runs).toBeLessThan(500);
    client.destroy();
  });

  it('reads no further from the vault than the socket takes', async () => {
    const client = await RawClient.greeted(path);
    await writePiece(client, 'p', 2000);
    let runs = 0;
    let stalled: () => void = () => undefined;
    const quiet = new Promise<void>((resolve) => {
      stalled = resolve;
    });
    let timer: NodeJS.Timeout | undefined;
    memory.onRead = () => {
      runs++;
      clearTimeout(timer);
      timer = setTimeout(stalled, 100); // nothing was asked for in 100 ms: the socket is full
      return Promise.resolve();
    };
    client.send(FRAME_TYPES.openRead, Buffer.concat([u32(16384), text('p')]));
    client.socket.pause();
    await quiet;
    expect(runs).toBeLessThan(200);
    client.destroy();
    await memory.noted('lost');
    expect(memory.diary).toContain('read p');
  });

  it('tells a failed read unasked and still closes the piece', async () => {
    const client = await RawClient.greeted(path);
    await writePiece(client, 'p', 5);
    memory.onRead = (_handle, run) =>
      run === 2
        ? Promise.reject(new SbtFailure(7501, 'ADY_PACK_MISSING: a pack is gone'))
        : Promise.resolve();
    client.send(FRAME_TYPES.openRead, Buffer.concat([u32(16384), text('p')]));
    await client.expect(FRAME_TYPES.opened);
    await client.expect(FRAME_TYPES.data);
    await client.expect(FRAME_TYPES.data);
    expect(errorOf(await client.expect(FRAME_TYPES.error))).toMatchObject({ answers: 0, sbtCode: 7501 });
    client.send(FRAME_TYPES.close);
    await client.expect(FRAME_TYPES.closed);
    client.destroy();
  });

  it('refuses a handle that is not UTF-8 and keeps the connection', async () => {
    const client = await RawClient.greeted(path);
    client.send(FRAME_TYPES.remove, Buffer.concat([u32(1), Buffer.of(2, 0, 0xff, 0xfe)]));
    expect(errorOf(await client.expect(FRAME_TYPES.error)).text).toMatch(/^ADY_SBT_TEXT_NOT_UTF8/);
    await writePiece(client, 'p', 1);
    client.destroy();
  });

  it('never logs the token', async () => {
    const client = await RawClient.connect(path);
    client.send(FRAME_TYPES.hello, helloPayload('the-secret-token'));
    expect(errorOf(await client.expect(FRAME_TYPES.error)).text).toMatch(/^ADY_TOKEN_REFUSED/);
    await client.closed();
    expect(events.map((e) => e.event)).toEqual(['connection.refused']);
    expect(JSON.stringify(events)).not.toContain('the-secret-token');
  });
});

describe('while the client waits', () => {
  it('sends KEEPALIVE until the answer comes', async () => {
    await start({ keepAliveEveryMs: 5 });
    let finish: () => void = () => undefined;
    memory.onClose = () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      });
    const client = await RawClient.greeted(path);
    client.send(FRAME_TYPES.openWrite, openWritePayload('p', BLOCK.length));
    await client.expect(FRAME_TYPES.opened);
    client.send(FRAME_TYPES.close);
    for (let i = 0; i < 3; i++) expect((await client.nextOfAny())?.type).toBe(FRAME_TYPES.keepAlive);
    finish();
    await client.expect(FRAME_TYPES.closed);
    client.destroy();
  });

  it('learns from KEEPALIVE that a client has gone while a write is pending', async () => {
    let lost: () => void = () => undefined;
    const noticed = new Promise<void>((resolve) => {
      lost = resolve;
    });
    await start({
      keepAliveEveryMs: 5,
      log: (event) => {
        if (event === 'connection.lost') lost();
      },
    });
    const client = await RawClient.greeted(path);
    client.send(FRAME_TYPES.openWrite, openWritePayload('p', BLOCK.length));
    await client.expect(FRAME_TYPES.opened);
    memory.onWrite = () => {
      client.destroy();
      return noticed;
    };
    client.send(FRAME_TYPES.data, BLOCK);
    await memory.noted('lost');
    expect(memory.diary[0]).toMatch(/^aborted p/);
  });
});

describe('a stranger', () => {
  it('is thrown out when it does not say hello in time', async () => {
    await start({ helloLimitMs: 10 });
    const client = await RawClient.connect(path);
    await client.closed();
    expect(events).toEqual([{ event: 'connection.refused', fields: { reason: 'no hello in time' } }]);
  });

  it('is turned away when all connections are taken, and let in when one is free', async () => {
    await start({ connectionsMax: 2 });
    const first = await RawClient.greeted(path);
    const second = await RawClient.greeted(path);
    const third = await RawClient.connect(path);
    expect(errorOf(await third.expect(FRAME_TYPES.error)).text).toMatch(/^ADY_SBT_TOO_MANY_CONNECTIONS/);
    await third.closed();
    expect(server.connections).toBe(2);
    first.send(FRAME_TYPES.bye);
    await first.closed();
    await memory.noted('ended');
    while (server.connections > 1) await new Promise((resolve) => setImmediate(resolve));
    const fourth = await RawClient.greeted(path);
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
    await start();
    const client = greeted ? await RawClient.greeted(path) : await RawClient.connect(path);
    const other = await RawClient.greeted(path);
    client.socket.write(bytes());
    expect(errorOf(await client.expect(FRAME_TYPES.error))).toMatchObject({ answers: 0, sbtCode: 7501 });
    await client.closed();
    await writePiece(other, 'unhurt', 2);
    other.destroy();
  });

  it('cannot send blocks of another size than it said', async () => {
    await start();
    const client = await RawClient.greeted(path);
    client.send(FRAME_TYPES.openWrite, openWritePayload('p', BLOCK.length));
    await client.expect(FRAME_TYPES.opened);
    client.send(FRAME_TYPES.data, BLOCK.subarray(1));
    expect(errorOf(await client.expect(FRAME_TYPES.error)).text).toMatch(/^ADY_SBT_PROTOCOL/);
    await client.closed();
    await memory.noted('lost');
    expect(memory.diary[0]).toMatch(/^aborted p/);
  });

  it('cannot break the server with any of 400 mutilated conversations', async () => {
    await start();
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
      const client = await RawClient.connect(path);
      client.socket.end(bytes.subarray(0, random() % 3 === 0 ? random() % bytes.length : bytes.length));
      await client.closed();
    }
    const good = await RawClient.greeted(path);
    await writePiece(good, 'after-the-storm', 2);
    good.send(FRAME_TYPES.bye);
    await good.closed();
    while (server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
    const opened = events.filter((e) => e.event === 'session.opened').length;
    expect(memory.diary.filter((e) => e === 'ended' || e === 'lost')).toHaveLength(opened);
  });
});

describe('the socket file', () => {
  it('has the mode that was asked for, and is gone after close', async () => {
    await start({ socketMode: 0o600 });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await server.close();
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  it('replaces one that a dead process left behind', async () => {
    await writeFile(path, '');
    await chmod(path, 0o600);
    await start();
    expect((await stat(path)).isSocket()).toBe(true);
    (await RawClient.greeted(path)).destroy();
  });

  it('is not taken from a process that listens', async () => {
    await start();
    await expect(
      serveSbt({ socketPath: path, authorise: () => Promise.reject(new Error()) }),
    ).rejects.toThrow('another process listens');
    (await RawClient.greeted(path)).destroy();
  });

  it('is left alone by close when another server has replaced it', async () => {
    await start();
    await rm(path);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(path, resolve));
    await server.close();
    expect((await stat(path)).isSocket()).toBe(true);
    await new Promise((resolve) => other.close(resolve));
    await start();
  });

  it('refuses a path that does not fit a socket address', async () => {
    await start();
    await expect(
      serveSbt({ socketPath: `/${'x'.repeat(104)}`, authorise: () => Promise.reject(new Error()) }),
    ).rejects.toThrow('longer than 103 bytes');
  });
});
