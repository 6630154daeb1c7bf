// A session on a real Unix socket, asked frame by frame. What the library makes of the answers is tested in native/libobk.
import { FRAME_TYPES } from './frame';
import { SbtFailure } from './sbt-failure';
import {
  BLOCK,
  errorOf,
  helloPayload,
  namesPayload,
  openWritePayload,
  RawClient,
  text,
  u32,
  writePiece,
} from './testing/raw-client';
import { useSbtServer } from './testing/sbt-server';

const sbt = useSbtServer();

describe('a session', () => {
  beforeEach(() => sbt.start());

  it('writes, finds, reads and removes a piece', async () => {
    const client = await RawClient.greeted(sbt.path);
    await writePiece(client, 'PROD/abc_1_1', 3);
    expect(sbt.memory.opened).toEqual([
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
    expect(sbt.memory.diary).toEqual([
      'closed PROD/abc_1_1',
      'read PROD/abc_1_1',
      'command anything',
      'ended',
    ]);
  });

  it('answers a failure with its code and text, and goes on', async () => {
    const client = await RawClient.greeted(sbt.path);
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
    sbt.memory.onClose = () => Promise.reject(new TypeError('x is not a function'));
    const client = await RawClient.greeted(sbt.path);
    client.send(FRAME_TYPES.openWrite, openWritePayload('p', 16384));
    await client.expect(FRAME_TYPES.opened);
    client.send(FRAME_TYPES.close);
    expect(errorOf(await client.expect(FRAME_TYPES.error))).toMatchObject({
      sbtCode: 7501,
      text: 'ADY_INTERNAL: x is not a function',
    });
    expect(sbt.memory.diary).toEqual(['aborted p: ADY_INTERNAL: x is not a function']);
    client.destroy();
  });

  it('cuts error texts to 1023 bytes between characters', async () => {
    sbt.memory.onClose = () => Promise.reject(new SbtFailure(7501, `ADY_LONG: ${'ü'.repeat(800)}`));
    const client = await RawClient.greeted(sbt.path);
    client.send(FRAME_TYPES.openWrite, openWritePayload('p', 16384));
    await client.expect(FRAME_TYPES.opened);
    client.send(FRAME_TYPES.close);
    const { text: received } = errorOf(await client.expect(FRAME_TYPES.error));
    expect(Buffer.byteLength(received)).toBe(1022);
    expect(received.endsWith('ü')).toBe(true);
    client.destroy();
  });

  it('tells a failed write at once and unasked, takes the blocks still on their way, and frees the name', async () => {
    sbt.memory.onWrite = (_handle, _block, number) => {
      if (number === 2) throw new SbtFailure(7501, 'ADY_UPLOAD_FAILED: the bucket is away');
    };
    const client = await RawClient.greeted(sbt.path);
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
    expect(sbt.memory.diary).toEqual(['aborted p: ADY_UPLOAD_FAILED: the bucket is away']);
    sbt.memory.onWrite = () => undefined;
    await writePiece(client, 'p', 1);
    client.destroy();
  });

  it('tells a failure between two blocks when the writer signals it', async () => {
    const cancelled = new AbortController();
    sbt.memory.failed = cancelled.signal;
    const client = await RawClient.greeted(sbt.path);
    client.send(FRAME_TYPES.openWrite, openWritePayload('p', BLOCK.length));
    await client.expect(FRAME_TYPES.opened);
    cancelled.abort(new SbtFailure(7501, 'ADY_RUN_CANCELLED: somebody cancelled the run'));
    expect(errorOf(await client.expect(FRAME_TYPES.error))).toMatchObject({
      answers: 0,
      text: 'ADY_RUN_CANCELLED: somebody cancelled the run',
    });
    client.send(FRAME_TYPES.abort);
    await client.expect(FRAME_TYPES.aborted);
    expect(sbt.memory.diary).toEqual(['aborted p: ADY_RUN_CANCELLED: somebody cancelled the run']);
    client.destroy();
  });

  it('aborts the open piece and ends the session once when the connection is lost', async () => {
    const client = await RawClient.greeted(sbt.path);
    client.send(FRAME_TYPES.openWrite, openWritePayload('p', BLOCK.length));
    await client.expect(FRAME_TYPES.opened);
    client.send(FRAME_TYPES.data, BLOCK);
    client.destroy();
    await sbt.memory.noted('lost');
    expect(sbt.memory.diary).toEqual([
      'aborted p: the connection to the Oracle server process was lost',
      'lost',
    ]);
  });

  it('waits for a pending write before it aborts a piece whose connection was lost', async () => {
    let finish: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      sbt.memory.onWrite = () => {
        resolve();
        return new Promise<void>((done) => {
          finish = done;
        });
      };
    });
    const client = await RawClient.greeted(sbt.path);
    client.send(FRAME_TYPES.openWrite, openWritePayload('p', BLOCK.length));
    await client.expect(FRAME_TYPES.opened);
    client.send(FRAME_TYPES.data, BLOCK);
    await begun;
    const closing = sbt.close();
    await client.closed();
    expect(sbt.memory.diary).toEqual([]);
    finish();
    await closing;
    expect(sbt.memory.diary).toEqual([
      'aborted p: the connection to the Oracle server process was lost',
      'lost',
    ]);
  });

  it('stops streaming when the client has read enough', async () => {
    const client = await RawClient.greeted(sbt.path);
    await writePiece(client, 'p', 500);
    let runs = 0;
    sbt.memory.onRead = () => {
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
    expect(sbt.memory.diary.at(-1)).toBe('read p');
    expect(runs).toBeLessThan(500);
    client.destroy();
  });

  it('reads no further from the vault than the socket takes', async () => {
    const client = await RawClient.greeted(sbt.path);
    await writePiece(client, 'p', 2000);
    let runs = 0;
    let stalled: () => void = () => undefined;
    const quiet = new Promise<void>((resolve) => {
      stalled = resolve;
    });
    let timer: NodeJS.Timeout | undefined;
    sbt.memory.onRead = () => {
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
    await sbt.memory.noted('lost');
    expect(sbt.memory.diary).toContain('read p');
  });

  it('tells a failed read unasked and still closes the piece', async () => {
    const client = await RawClient.greeted(sbt.path);
    await writePiece(client, 'p', 5);
    sbt.memory.onRead = (_handle, run) =>
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
    const client = await RawClient.greeted(sbt.path);
    client.send(FRAME_TYPES.remove, Buffer.concat([u32(1), Buffer.of(2, 0, 0xff, 0xfe)]));
    expect(errorOf(await client.expect(FRAME_TYPES.error)).text).toMatch(/^ADY_SBT_TEXT_NOT_UTF8/);
    await writePiece(client, 'p', 1);
    client.destroy();
  });

  it('never logs the token', async () => {
    const client = await RawClient.connect(sbt.path);
    client.send(FRAME_TYPES.hello, helloPayload('the-secret-token'));
    expect(errorOf(await client.expect(FRAME_TYPES.error)).text).toMatch(/^ADY_TOKEN_REFUSED/);
    await client.closed();
    expect(sbt.events.map((e) => e.event)).toEqual(['connection.refused']);
    expect(JSON.stringify(sbt.events)).not.toContain('the-secret-token');
  });
});

describe('while the client waits', () => {
  it('sends KEEPALIVE until the answer comes', async () => {
    await sbt.start({ keepAliveEveryMs: 5 });
    let finish: () => void = () => undefined;
    sbt.memory.onClose = () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      });
    const client = await RawClient.greeted(sbt.path);
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
    await sbt.start({
      keepAliveEveryMs: 5,
      log: (event) => {
        if (event === 'connection.lost') lost();
      },
    });
    const client = await RawClient.greeted(sbt.path);
    client.send(FRAME_TYPES.openWrite, openWritePayload('p', BLOCK.length));
    await client.expect(FRAME_TYPES.opened);
    sbt.memory.onWrite = () => {
      client.destroy();
      return noticed;
    };
    client.send(FRAME_TYPES.data, BLOCK);
    await sbt.memory.noted('lost');
    expect(sbt.memory.diary[0]).toMatch(/^aborted p/);
  });
});
