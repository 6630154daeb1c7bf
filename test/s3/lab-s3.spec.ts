// The lab's own S3 server keeps the contract, and misbehaves when it is told to.
import { openObjectStore, retryingStore, type ObjectStore } from '@adyton/object-store';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3_FAULTS } from '../../apps/lab/src/s3/faults';
import { describeObjectStore } from '../../libs/object-store/src/testing/object-store.contract';
import { ManagedProcess } from '../../stack/src/managed-process';
import { appMain } from '../../stack/src/repository';
import { secretIn } from '../../stack/src/secret-file';

jest.setTimeout(120_000);
const directory = mkdtempSync(join(tmpdir(), 'adyton-lab-s3-'));
const secretFile = join(directory, 'secret');
let server: ManagedProcess;

beforeAll(async () => {
  secretIn(secretFile);
  server = await ManagedProcess.start({
    name: 'lab-s3',
    command: process.execPath,
    args: [
      appMain('lab', 's3/main'),
      '--dir',
      join(directory, 'objects'),
      '--access-key',
      'KEY',
      '--secret-key-file',
      secretFile,
      '--control-port',
      '0',
    ],
    readyEvent: 's3.listening',
    logFile: join(directory, 'log'),
  });
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});
afterEach(() => faults(null));

const configOf = (bucket: string) =>
  ({
    kind: 's3',
    endpoint: `http://127.0.0.1:${String(server.ready['port'])}`,
    region: 'us-east-1',
    bucket,
    accessKeyId: 'KEY',
    secretAccessKey: secretIn(secretFile),
  }) as const;

function open(
  bucket: string,
  other: { secretAccessKey?: string; region?: string } = {},
): Promise<ObjectStore> {
  return openObjectStore({ ...configOf(bucket), createBucket: true, requestTimeoutMs: 5_000, ...other });
}

async function faults(plan: object | null): Promise<void> {
  const url = `http://127.0.0.1:${String(server.ready['controlPort'])}/faults`;
  const reply = await fetch(
    url,
    plan === null ? { method: 'DELETE' } : { method: 'POST', body: JSON.stringify(plan) },
  );
  expect(reply.status).toBe(200);
}

describeObjectStore('the lab’s S3 server', () => open('contract'));

it('refuses a wrong secret and an unknown bucket by kind', async () => {
  await expect(open('contract', { secretAccessKey: 'wrong' })).rejects.toMatchObject({ kind: 'denied' });
  for (const bucket of ['missing', '.incomplete'])
    await expect(openObjectStore(configOf(bucket))).rejects.toMatchObject({ kind: 'no-bucket' });
});

it('takes the signatures of clients in several regions, one after the other', async () => {
  const [here, there] = [await open('regions'), await open('regions', { region: 'eu-west-1' })];
  for (const store of [here, there, here]) expect(await store.get('nothing')).toBeNull();
});

it('says full when the disk is full, and nothing is there afterwards', async () => {
  const store = await open('full');
  await faults({ full: true });
  await expect(store.create('a', Buffer.from('x'))).rejects.toMatchObject({ kind: 'full', temporary: false });
  await faults(null);
  expect(await store.get('a')).toBeNull();
});

it('a body that is cut is an error, never a short answer', async () => {
  const store = await open('cut');
  await store.create('a', Buffer.alloc(100_000, 1));
  await faults({ cutBody: true });
  await expect(store.get('a')).rejects.toMatchObject({ temporary: true });
});

it('a request that hangs ends by our own time-out', async () => {
  const store = await open('hang');
  await faults({ hang: true });
  await expect(store.get('a')).rejects.toMatchObject({ kind: 'timeout' });
});

it('retries ride out a store that answers 503 every third time', async () => {
  const store = retryingStore(await open('unlucky'), { baseDelayMs: 1, delayMsMax: 5, attemptsMax: 12 });
  await faults({ errorRate: 0.33, seed: 7 });
  for (let i = 0; i < 40; i += 1)
    expect(await store.create(`key${i}`, Buffer.from(`body ${i}`))).toBe('created');
  await faults(null);
  for (let i = 0; i < 40; i += 1)
    expect(Buffer.from((await store.get(`key${i}`)) ?? []).toString()).toBe(`body ${i}`);
});

it('a store that answers 500 is tried again, one that does not know the key any more is not', async () => {
  const store = await open('refused');
  await faults({ errorRate: 1, errorStatus: 500 });
  await expect(store.get('a')).rejects.toMatchObject({ temporary: true });
  await faults({ wrongCredentials: true });
  await expect(store.get('a')).rejects.toMatchObject({ kind: 'denied', temporary: false });
});

it('a PUT that breaks half-way stores nothing', async () => {
  const store = await open('broken');
  const body = Buffer.alloc(4_000_000, 1);
  await faults({ cutPut: true });
  await expect(store.create('half', body)).rejects.toMatchObject({ temporary: true });
  await faults(null);
  expect(await (await open('broken')).get('half')).toBeNull();
});

it('a PUT whose answer is lost has stored everything', async () => {
  const store = await open('unanswered');
  await faults({ lostReply: true });
  await expect(store.create('whole', Buffer.from('x'))).rejects.toMatchObject({ temporary: true });
  await faults(null);
  expect(Buffer.from((await store.get('whole')) ?? []).toString()).toBe('x');
});

it('strikes as many requests as it is told to', async () => {
  const store = retryingStore(await open('times'), { baseDelayMs: 1, delayMsMax: 5, attemptsMax: 4 });
  await faults({ lostReply: true, times: 1 });
  expect(['created', 'exists']).toContain(await store.create('a', Buffer.from('x')));
  await faults(null);
  expect(Buffer.from((await store.get('a')) ?? []).toString()).toBe('x');
});

it('a body that trickles is given up after our time-out', async () => {
  const store = await open('slow');
  await store.create('a', Buffer.alloc(1_000_000, 1));
  await faults({ trickleBytesPerSecond: 10_000 });
  await expect(store.get('a')).rejects.toMatchObject({ temporary: true });
});

it('a list that lags behind does not name the newest objects', async () => {
  const store = await open('stale');
  await store.create('a', Buffer.from('x'));
  const names = async () => {
    const keys: string[] = [];
    for await (const { key } of store.list('')) keys.push(key);
    return keys;
  };
  expect(await names()).toEqual(['a']);
  await faults({ staleListMs: 600_000 });
  expect(await names()).toEqual([]);
});

it('one bit of what is read is another, and the length is not', async () => {
  const store = await open('flipped');
  const body = Buffer.alloc(1_000, 0x55);
  await store.create('a', body);
  await faults({ flipBitOnGet: true });
  const read = Buffer.from((await store.get('a')) ?? []);
  expect(read).toHaveLength(body.length);
  const bits = read.reduce((sum, byte, i) => sum + bitsIn(byte ^ (body[i] ?? 0)), 0);
  expect(bits).toBe(1);
});

it('a store without conditional PUT refuses one, or writes over what is there without a word', async () => {
  const store = await open('unconditional');
  await store.create('a', Buffer.from('first'));
  await faults({ refuseConditions: true });
  await expect(store.create('b', Buffer.from('x'))).rejects.toMatchObject({ kind: 'not-supported' });
  await faults({ ignoreConditions: true });
  expect(await store.create('a', Buffer.from('second'))).toBe('created');
  await faults(null);
  expect(Buffer.from((await store.get('a')) ?? []).toString()).toBe('second');
});

it('answers late, and by a clock of its own', async () => {
  const store = await open('late');
  await store.create('a', Buffer.from('x'));
  await faults({ latencyMs: 150 });
  const began = performance.now();
  await store.get('a');
  expect(performance.now() - began).toBeGreaterThanOrEqual(149);
  await faults({ clockSkewSeconds: 7_200 });
  const { headers } = await fetch(`http://127.0.0.1:${String(server.ready['port'])}/late/a`);
  const aheadMs = Date.parse(headers.get('date') ?? '') - Date.now();
  expect(Math.abs(aheadMs - 7_200_000)).toBeLessThan(60_000);
});

it('has a test for every fault that can be armed', () => {
  const source = readFileSync(__filename, 'utf8');
  const untested = Object.keys(S3_FAULTS).filter(
    (name) => !new RegExp(`faults\\(\\{[^}]*\\b${name}:`).test(source),
  );
  expect(untested).toEqual([]);
});

function bitsIn(byte: number): number {
  return byte.toString(2).replaceAll('0', '').length;
}

it('refuses faults nobody declared, and values they do not take', async () => {
  const url = `http://127.0.0.1:${String(server.ready['controlPort'])}/faults`;
  for (const plan of [{ nonsense: true }, { hang: 1 }, { errorStatus: 404 }]) {
    const reply = await fetch(url, { method: 'POST', body: JSON.stringify(plan) });
    expect(reply.status).toBe(400);
  }
});
