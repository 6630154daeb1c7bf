// What a policy's limit applies to: all backups of a database on this host, and to each database by itself.
import { type SessionGrant } from '@adyton/contracts';
import { MemoryStore } from '@adyton/object-store';
import { DatabaseLines } from './database-lines';

const BYTES = Buffer.alloc(5_000);
const RATE = 1_000;

function lines() {
  const waits: number[] = [];
  const sleep = async (ms: number): Promise<void> => void waits.push(ms);
  const all = new DatabaseLines(new MemoryStore(), { nowMs: () => 0, sleep });
  const upload = async (databaseId: string, key: string, rate?: number): Promise<void> => {
    const limit = rate === undefined ? {} : { bandwidthBytesPerSecond: rate };
    await all.storeFor({ databaseId, ...limit } as SessionGrant).create(key, BYTES);
  };
  return { waits, upload };
}

it('S5.10 two runs of a database share its limit', async () => {
  const { waits, upload } = lines();
  await upload('dbs_1', 'data', RATE);
  await upload('dbs_1', 'logs', RATE);
  expect(waits).toEqual([5_000, 10_000]);
});

it('S5.10 another database has its own limit, and one without a limit never waits', async () => {
  const { waits, upload } = lines();
  await upload('dbs_1', 'a', RATE);
  await upload('dbs_2', 'b', RATE);
  await upload('dbs_3', 'c');
  expect(waits).toEqual([5_000, 5_000]);
});

it('S5.10 the newest grant says how much it is', async () => {
  const { waits, upload } = lines();
  await upload('dbs_1', 'a', RATE);
  await upload('dbs_1', 'b', 10 * RATE);
  expect(waits).toEqual([5_000, 5_500]);
});
