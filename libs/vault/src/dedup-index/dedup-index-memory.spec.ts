// What the index of a large database costs in memory: 20 million entries, about 1.2 TiB of 64 KiB chunks, in files as a host caches them.
// To be made in seconds they are four full segments, opened ten times over: what is held in memory of a segment is never shared.
import { MemoryStore, type ObjectStore, type StoredObject } from '@adyton/object-store';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { deriveDatabaseKeys } from '../crypto/database-keys';
import { type PackRef } from '../format/pack';
import { INDEX_SEGMENT_CHUNKS_MAX } from '../limits';
import { seeded } from '../testing/oracle-stream';
import { VAULT_ID } from '../testing/test-vault';
import { openDedupIndex, segmentNameOf, type DedupIndex } from './dedup-index';
import { SegmentBuilder } from './segment-builder';

const DISTINCT = 4;
const TIMES_OPENED = 10;
const CHUNKS = DISTINCT * INDEX_SEGMENT_CHUNKS_MAX;
const ENTRIES = CHUNKS * TIMES_OPENED;
const CHUNKS_PER_TIB = 2 ** 24;
const MEMORY_PER_TIB_MAX = 30 * 1_000_000;
/** Page and range buffers, and what a JavaScript heap grows by beside them. */
const FIXED_MEMORY_MAX = 8 * 1_048_576;
const PACKS = 16_000;
/** Under Jest a global costs more than the work: these are looked up once. */
const { floor, imul } = Math;
const SID = '01K9Z00000000000000000SESS';
const keys = deriveDatabaseKeys(Buffer.alloc(32, 1), VAULT_ID, '42');

/** The n-th id in ascending order: its first bytes count up evenly, as those of keyed hashes do on the whole; the rest is scattered. */
function writeId(into: Buffer, n: number): void {
  into.writeUInt32BE(floor((n / CHUNKS) * 2 ** 32), 0);
  into.writeUInt32BE(n, 4);
  let state = n;
  for (let at = 8; at < 28; at += 4) {
    state = imul(state ^ (state >>> 15), 0x85ebca6b) + at;
    into.writeInt32LE((state ^ (state >>> 13)) | 0, at);
  }
}

const packOf = (n: number): PackRef => ({
  packId: n.toString(16).padStart(64, '0'),
  sid: SID,
  salt: Buffer.alloc(32, n),
});

let directory: string;
beforeAll(async () => void (directory = await mkdtemp(join(tmpdir(), 'adyton-index-memory-'))));
afterAll(() => rm(directory, { recursive: true, force: true }));

it('is at most 30 MB per TiB and fixed buffers, whatever is looked up', async () => {
  const objects = await writeSegments();
  const before = await memoryInUse();
  const opened = await Promise.all(Array.from({ length: TIMES_OPENED }, () => openIndex(objects)));
  const [index] = opened;
  const random = seeded(1);
  const id = Buffer.alloc(32);
  for (let i = 0; i < 4_000; i += 1) {
    const n = Math.floor(random() * CHUNKS);
    writeId(id, n);
    if (i % 2 === 0) {
      expect(index?.find(id)?.location[1]).toBe(n % 1000);
    } else {
      id.writeUInt32BE(n + CHUNKS, 4);
      expect(index?.find(id)).toBeNull();
    }
  }
  const grown = (await memoryInUse()) - before;
  expect(grown).toBeGreaterThan(ENTRIES); // a measurement that sees less than a byte of each sees nothing
  expect(grown).toBeLessThan((MEMORY_PER_TIB_MAX * ENTRIES) / CHUNKS_PER_TIB + FIXED_MEMORY_MAX);
  for (const each of opened) await each.close();
});

async function writeSegments(): Promise<StoredObject[]> {
  const folder = join(directory, keys.dbKey);
  await mkdir(folder);
  const objects: StoredObject[] = [];
  for (let distinct = 0; distinct < DISTINCT; distinct += 1) {
    const name = segmentNameOf(distinct + 1, SID);
    const key = `index/${keys.dbKey}/${name}`;
    const bytes = segmentOf(distinct * INDEX_SEGMENT_CHUNKS_MAX, key);
    await writeFile(join(folder, name), bytes);
    objects.push({ key, bytes: bytes.length });
  }
  return objects;
}

function openIndex(objects: readonly StoredObject[]): Promise<DedupIndex> {
  return openDedupIndex({
    store: listing(objects),
    keys,
    sid: SID,
    cacheDirectory: directory,
    isUsable: () => true,
    report: (trouble) => {
      throw new Error(trouble.kind);
    },
  });
}

function segmentOf(from: number, objectKey: string): Buffer {
  const id = Buffer.alloc(32);
  const location = Uint32Array.of(0, 0, 30_000_000, 30_000, 65_536, 1, 1, 8);
  const chunksMax = INDEX_SEGMENT_CHUNKS_MAX;
  const builder = new SegmentBuilder({ metaKey: keys.metaKey, objectKey, chunksMax });
  for (let n = from; n < from + INDEX_SEGMENT_CHUNKS_MAX; n += 1) {
    writeId(id, n);
    const pack = n < from + PACKS ? builder.numberOf(packOf(n - from)) : n % PACKS;
    location[1] = n % 1000;
    builder.add(id, pack, location);
  }
  return builder.seal([]);
}

/** What is reachable: buffers and heap after collections. Freed buffers are swept by another thread, so it is given turns. */
async function memoryInUse(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 5; i += 1) {
    collect();
    await setImmediate();
  }
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

function listing(objects: readonly StoredObject[]): ObjectStore {
  const empty = new MemoryStore();
  return {
    name: empty.name,
    create: (key, bytes) => empty.create(key, bytes),
    get: (key) => empty.get(key),
    head: (key) => empty.head(key),
    delete: (key) => empty.delete(key),
    list: async function* () {
      yield* objects;
    },
  };
}
