// Every recovery point of every database, from the bucket and the master key alone.
import { MemoryStore } from '@adyton/object-store';
import { createHash } from 'node:crypto';
import { expireRecoveryPoint } from '../collect/retention';
import { deriveDatabaseKeys } from '../crypto/database-keys';
import { VAULT_ID } from '../testing/test-vault';
import { createManifest, createTombstone, manifestKeyOf, type RunName } from './manifest';
import { readRecoveryPoints, type FoundRecoveryPoint } from './recovery-points';

const masterKey = Buffer.alloc(32, 5);
const [sales, payroll] = ['1001', '1002'].map((dbid) => deriveDatabaseKeys(masterKey, VAULT_ID, dbid)) as [
  ReturnType<typeof deriveDatabaseKeys>,
  ReturnType<typeof deriveDatabaseKeys>,
];

let store: MemoryStore;
beforeEach(() => void (store = new MemoryStore()));

async function commit(keys: typeof sales, runId: string, fence: number): Promise<string> {
  const created = await createManifest(store, keys, {
    v: 1,
    vaultId: VAULT_ID,
    dbKey: keys.dbKey,
    runId,
    fence,
    sid: '01K9Z00000000000000000SESS',
    createdAt: '2026-11-25T00:00:00.000Z',
    contents: { runId, fence },
    pieces: [{ handle: `${runId}/piece`, recipeKey: 'piece/aa/bb/cc', bytes: 7 }],
  });
  return created.manifestKey;
}

async function found(key: Uint8Array = masterKey): Promise<FoundRecoveryPoint[]> {
  const all: FoundRecoveryPoint[] = [];
  for await (const point of readRecoveryPoints({ store, masterKey: key, vaultId: VAULT_ID })) all.push(point);
  return all;
}

const told = async (): Promise<string[]> =>
  (await found()).map(({ kind, manifestKey }) => `${kind} ${manifestKey}`);
const nameOf = (run: RunName): string => manifestKeyOf(run);

it('are those of all databases, with what the ledger holds of them', async () => {
  const keys = [await commit(sales, 'run_1', 1), await commit(payroll, 'run_2', 3)];
  const points = await found();
  expect(points.map(({ manifestKey }) => manifestKey)).toEqual([...keys].sort());
  const point = points.find(({ dbKey }) => dbKey === payroll.dbKey);
  const sealed = await store.get(keys[1] ?? '');
  expect(point).toMatchObject({
    kind: 'point',
    sha256: createHash('sha256')
      .update(sealed ?? '')
      .digest('hex'),
    bytes: sealed?.length,
    manifest: {
      runId: 'run_2',
      fence: 3,
      contents: { fence: 3 },
      pieces: [{ handle: 'run_2/piece', bytes: 7 }],
    },
  });
});

it('leave out tombstones, partials and what has expired', async () => {
  const kept = await commit(sales, 'run_1', 1);
  await createTombstone(store, { dbKey: sales.dbKey, runId: 'run_2', fence: 2 });
  await store.create(`${nameOf({ dbKey: sales.dbKey, runId: 'run_3', fence: 3 })}.partial`, Buffer.from('x'));
  await expireRecoveryPoint(store, await commit(sales, 'run_4', 4), new Date());
  expect(await told()).toEqual([`point ${kept}`]);
});

it('are one for each run: the highest fence, compared as a number', async () => {
  await commit(sales, 'run_1', 9);
  const newest = await commit(sales, 'run_1', 10);
  await createTombstone(store, { dbKey: sales.dbKey, runId: 'run_1', fence: 11 });
  const other = await commit(sales, 'run_1-b', 2);
  expect(new Set(await told())).toEqual(new Set([`point ${newest}`, `point ${other}`]));
});

it('do not come back through an older fence when the newest has expired', async () => {
  await commit(sales, 'run_1', 1);
  await expireRecoveryPoint(store, await commit(sales, 'run_1', 2), new Date());
  expect(await told()).toEqual([]);
});

it('that are damaged are told by name and stop nothing', async () => {
  const damagedKey = await commit(sales, 'run_1', 1);
  const bytes = Buffer.from((await store.get(damagedKey)) ?? []);
  await store.delete(damagedKey);
  await store.create(damagedKey, bytes.subarray(0, bytes.length - 1));
  const whole = await commit(sales, 'run_2', 2);
  const elsewhere = await commit(payroll, 'run_3', 3);
  const swapped = nameOf({ dbKey: payroll.dbKey, runId: 'run_4', fence: 4 });
  await store.create(swapped, (await store.get(elsewhere)) ?? new Uint8Array());
  expect(new Set(await told())).toEqual(
    new Set([`damaged ${damagedKey}`, `point ${whole}`, `point ${elsewhere}`, `damaged ${swapped}`]),
  );
});

it('are all told as damaged with another vault’s key', async () => {
  await commit(sales, 'run_1', 1);
  expect(await found(Buffer.alloc(32, 6))).toMatchObject([
    { kind: 'damaged', detail: expect.any(String) as string },
  ]);
});
