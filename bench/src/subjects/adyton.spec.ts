// The benchmarks drive the compiled dedup-worker over its socket: what they count is checked here against what lies in its store.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { restoreChecked } from '../compare';
import { uniformChain, writeStream, type Step } from '../datasets';
import { filesBelow } from '../measure';
import { openAdyton, type Adyton } from './adyton';
import { type StreamFile } from './subject';

const BYTES = 16 * 2 ** 20;
const directory = mkdtempSync(join(tmpdir(), 'adyton-bench-spec-'));
const storeDirectory = join(directory, 'store');
let adyton: Adyton;

beforeAll(async () => {
  adyton = await openAdyton(directory);
});
afterAll(async () => {
  await adyton.close();
  rmSync(directory, { recursive: true, force: true });
});

function nextStream(chain: Generator<Step>): StreamFile {
  const { value, done } = chain.next();
  if (done === true) throw new Error('the chain does not end');
  return writeStream(join(directory, 'streams'), value);
}

it('stores fulls of a data file through the dedup-worker, counts what came into its store, and gives them back', async () => {
  const chain = uniformChain(BYTES);
  const empty = filesBelow(storeDirectory);
  const first = nextStream(chain);
  const firstStored = await adyton.backUp('first', first);
  const afterFirst = filesBelow(storeDirectory);
  const sizes = [...afterFirst].filter(([path]) => !empty.has(path)).map(([, size]) => size);
  expect(firstStored.objects).toBe(sizes.length);
  expect(firstStored.bytesStored).toBe(sizes.reduce((sum, size) => sum + size, 0));
  expect(firstStored.bytesMetadata).toBeGreaterThan(0);
  expect(firstStored.bytesMetadata).toBeLessThan(firstStored.bytesStored / 10);
  expect(firstStored.cost.cpuSeconds).toBeGreaterThan(0);

  const second = nextStream(chain);
  const secondStored = await adyton.backUp('second', second);
  expect(secondStored.bytesNew).toBeGreaterThan(0);
  expect(secondStored.bytesNew).toBeLessThan(second.bytes / 20);
  await restoreChecked(adyton, 'first', first);
  await restoreChecked(adyton, 'second', second);
});

it('refuses a restore whose bytes are not those that were stored', async () => {
  const stream = nextStream(uniformChain(BYTES));
  await adyton.backUp('third', stream);
  await expect(restoreChecked(adyton, 'third', { ...stream, sha256: '0'.repeat(64) })).rejects.toThrow(
    'are not the',
  );
});

it('takes a failed call for a failure, with the words of the dedup-worker', async () => {
  await expect(
    adyton.backUpPieces([{ handle: 'ORCL/00000001_1_F4_first', blocks: () => [] }]),
  ).rejects.toThrow('exists already');
});
