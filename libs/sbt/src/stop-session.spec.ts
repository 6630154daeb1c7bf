// A session that is stopped, and the agent's FENCE that has it stopped: on a real socket, with calls under way.
import { createServer, type Server } from 'node:net';
import { fenceToken } from './fence-token';
import { FRAME_TYPES, type FrameType } from './frame';
import { SbtFailure } from './sbt-failure';
import { BLOCK, errorOf, namesPayload, openWritePayload, RawClient, text } from './testing/raw-client';
import { useSbtServer } from './testing/sbt-server';

const REASON = 'ADY_SBT_REFUSED: the agent is ending run run-1';

const sbt = useSbtServer();
let stopping: AbortController;
let fenced: string[];
beforeEach(async () => {
  stopping = new AbortController();
  sbt.memory.stopped = stopping.signal;
  fenced = [];
  await sbt.start({ fence: (token) => void fenced.push(token) });
});

const stop = (): void => stopping.abort(new SbtFailure(7501, REASON));

/** What a call is answered, as RMAN would see it. */
async function answerTo(
  client: RawClient,
  type: FrameType,
  payload?: Uint8Array,
): Promise<string | FrameType> {
  client.send(type, payload);
  for (;;) {
    const frame = await client.next();
    if (frame === null) return 'the connection ended';
    if (frame.type !== FRAME_TYPES.error) return frame.type;
    const { answers, text: said } = errorOf(frame);
    if (answers === client.sequence) return said;
  }
}

async function writing(handle = 'p'): Promise<RawClient> {
  const client = await RawClient.greeted(sbt.path);
  client.send(FRAME_TYPES.openWrite, openWritePayload(handle, BLOCK.length));
  await client.expect(FRAME_TYPES.opened);
  client.send(FRAME_TYPES.data, BLOCK);
  return client;
}

describe('a stopped session', () => {
  it('answers every call with the reason, and takes the good-bye', async () => {
    const client = await RawClient.greeted(sbt.path);
    stop();
    const names = namesPayload('p');
    const calls: [FrameType, Uint8Array][] = [
      [FRAME_TYPES.openWrite, openWritePayload('p', BLOCK.length)],
      [FRAME_TYPES.info, names],
      [FRAME_TYPES.remove, names],
      [FRAME_TYPES.command, text('SEND')],
      [FRAME_TYPES.close, Buffer.alloc(0)],
      [FRAME_TYPES.abort, Buffer.alloc(0)],
    ];
    for (const [type, payload] of calls) expect(await answerTo(client, type, payload)).toBe(REASON);
    expect(sbt.memory.opened).toEqual([]);
    client.send(FRAME_TYPES.bye);
    await sbt.memory.noted('ended');
  });

  it('tells an open piece unasked, and discards it', async () => {
    const client = await writing();
    stop();
    expect(errorOf(await client.expect(FRAME_TYPES.error))).toEqual({
      answers: 0,
      sbtCode: 7501,
      text: REASON,
    });
    client.send(FRAME_TYPES.data, BLOCK); // still on its way
    expect(await answerTo(client, FRAME_TYPES.close)).toBe(REASON);
    expect(sbt.memory.diary).toEqual([`aborted p: ${REASON}`]);
    client.destroy();
  });

  it('answers a close that is under way at once, and never with success, whatever it comes to', async () => {
    let finish: () => void = () => undefined;
    sbt.memory.onClose = () => new Promise((resolve) => (finish = resolve));
    const client = await writing();
    const closing = answerTo(client, FRAME_TYPES.close);
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop();
    expect(await closing).toBe(REASON);
    finish();
    expect(await answerTo(client, FRAME_TYPES.info, namesPayload('p'))).toBe(REASON);
    client.destroy();
    await sbt.memory.noted('lost');
    expect(sbt.memory.diary).toEqual(['closed p', 'lost']); // the writer was not told to abort what it had closed
  });

  it('lets go of a client whose write hangs', async () => {
    let release: () => void = () => undefined;
    sbt.memory.onWrite = () => new Promise((resolve) => (release = resolve));
    const client = await writing();
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop();
    expect(errorOf(await client.expect(FRAME_TYPES.error)).text).toBe(REASON);
    release();
    client.destroy();
    await sbt.memory.noted('lost');
    expect(sbt.memory.diary).toEqual([`aborted p: ${REASON}`, 'lost']);
  });

  it('drops a piece that was being opened', async () => {
    const opening = Promise.withResolvers<void>();
    sbt.memory.onOpen = () => opening.promise;
    const client = await RawClient.greeted(sbt.path);
    const answer = answerTo(client, FRAME_TYPES.openWrite, openWritePayload('late', BLOCK.length));
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop();
    expect(await answer).toBe(REASON);
    opening.resolve();
    client.destroy();
    await sbt.memory.noted('lost');
    expect(sbt.memory.diary).toEqual(['aborted late: the run was stopped', 'lost']);
  });

  it('gives a restore no more bytes', async () => {
    sbt.memory.pieces.set('old', [BLOCK, BLOCK]);
    sbt.memory.onRead = (_handle, run) => (run === 0 ? Promise.resolve() : new Promise(() => undefined));
    const reader = await RawClient.greeted(sbt.path);
    const handle = Buffer.concat([Buffer.from([0, 64, 0, 0]), text('old')]);
    reader.send(FRAME_TYPES.openRead, handle);
    await reader.expect(FRAME_TYPES.opened);
    await reader.expect(FRAME_TYPES.data);
    stop();
    expect(errorOf(await reader.expect(FRAME_TYPES.error)).text).toBe(REASON);
    reader.destroy();
  });
});

describe('FENCE', () => {
  const ask = (limitMs = 5_000) => fenceToken({ socketPath: sbt.path, token: 'secret', limitMs });

  it('hands the token over and is confirmed', async () => {
    expect(await ask()).toBe('fenced');
    expect(fenced).toEqual(['secret']);
  });

  it('is for the first frame only', async () => {
    const client = await RawClient.greeted(sbt.path);
    client.send(FRAME_TYPES.fence, text('secret'));
    await client.expect(FRAME_TYPES.error);
    await client.closed();
    expect(fenced).toEqual([]);
  });

  it('is not confirmed by a server that cannot do it', async () => {
    await sbt.close();
    await sbt.start();
    expect(await ask()).toBe('unconfirmed');
  });

  it('is not confirmed by a worker that hangs, and nobody waits longer than the limit', async () => {
    await sbt.close();
    const deaf: Server = createServer(() => undefined);
    await new Promise<void>((resolve) => deaf.listen(sbt.path, resolve));
    const begun = performance.now();
    expect(await ask(200)).toBe('unconfirmed');
    expect(performance.now() - begun).toBeLessThan(2_000);
    deaf.close();
    await sbt.start();
  });

  it('says when nobody listens: no call can end well then', async () => {
    await sbt.close();
    expect(await ask()).toBe('nobody-listens');
    await sbt.start();
  });
});
