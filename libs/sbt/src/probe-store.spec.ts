// The agent's PROBE on a real socket.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FRAME_TYPES } from './frame';
import { probeStore } from './probe-store';
import { SBT_CODES, SbtFailure } from './sbt-failure';
import { type SbtServer, type SbtServerOptions, serveSbt } from './serve-sbt';
import { MemoryPieces } from './testing/memory-session';
import { RawClient } from './testing/raw-client';

const FINDINGS = { storeName: 's3 bucket b', isDeleted: true, skewSeconds: -12 };
let folder: string;
let path: string;
let server: SbtServer | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sbt-'));
  path = join(folder, 's');
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(folder, { recursive: true });
});

async function start(probe?: SbtServerOptions['probe']): Promise<void> {
  const authorise = async () => new MemoryPieces().session();
  server = await serveSbt({ socketPath: path, authorise, ...(probe === undefined ? {} : { probe }) });
}

const ask = (limitMs = 5_000) => probeStore({ socketPath: path, limitMs });

it.each([FINDINGS, { ...FINDINGS, isDeleted: false, skewSeconds: null }])(
  'brings %j back',
  async (findings) => {
    await start(async () => findings);
    expect(await ask()).toEqual({ kind: 'works', ...findings });
  },
);

it('brings the reason of a store that fails back', async () => {
  await start(async () => {
    throw new SbtFailure(SBT_CODES.failed, 'ADY_STORE_DENIED: no | HINT: yes');
  });
  expect(await ask()).toEqual({ kind: 'failed', reason: 'ADY_STORE_DENIED: no | HINT: yes' });
});

it('says so when the worker cannot do it, takes too long, or is not there', async () => {
  await start();
  expect(await ask()).toMatchObject({
    kind: 'failed',
    reason: expect.stringContaining('probes no store') as string,
  });
  await server?.close();
  await start(() => new Promise(() => undefined));
  expect(await ask(100)).toMatchObject({ reason: expect.stringContaining('within 100 ms') as string });
  await server?.close();
  expect(await ask()).toMatchObject({ reason: expect.stringContaining('ENOENT') as string });
});

it('is for the first frame only', async () => {
  let probes = 0;
  await start(async () => {
    probes += 1;
    return FINDINGS;
  });
  const client = await RawClient.greeted(path);
  client.send(FRAME_TYPES.probe);
  await client.expect(FRAME_TYPES.error);
  await client.closed();
  expect(probes).toBe(0);
});
