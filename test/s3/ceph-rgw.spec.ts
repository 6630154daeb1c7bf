// The object-store contract, and a whole vault with its collector, against a real S3 server that is not ours: Ceph RGW from Debian.
// Where it cannot be installed, S3_TEST_ENDPOINT, S3_TEST_ACCESS_KEY and S3_TEST_SECRET_KEY name another one.
import { isFit, openObjectStore, probeObjectStore, type ObjectStore } from '@adyton/object-store';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeObjectStore } from '../../libs/object-store/src/testing/object-store.contract';
import { createTombstone, createVault, lockPacks, lockUntil, openVault } from '@adyton/vault';
import { collectedVault } from '../../libs/vault/src/testing/collected-vault';
import { dataFilePiece, randomBytesOf, range } from '../../libs/vault/src/testing/oracle-stream';
import { writePiece } from '../../libs/vault/src/testing/test-vault';
import { freePort } from '../../stack/src/free-port';
import { runCommand } from '../../stack/src/run-command';

const script = join(__dirname, 'ceph-rgw.sh');
const NOT_INSTALLABLE = 3;
jest.setTimeout(300_000);

const directory = mkdtempSync(join(tmpdir(), 'adyton-ceph-'));
let endpoint = process.env['S3_TEST_ENDPOINT'];
let accessKeyId = process.env['S3_TEST_ACCESS_KEY'] ?? '';
let startedHere = false;
let secretAccessKey = process.env['S3_TEST_SECRET_KEY'] ?? '';

beforeAll(async () => {
  const port = await freePort();
  const started = await runCommand('bash', [script, 'start', join(directory, 'ceph'), String(port)]);
  if (started.code === 0) {
    startedHere = true;
    const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(started.stdout)?.[1] ?? '';
    endpoint = value('ENDPOINT');
    accessKeyId = value('ACCESS');
    secretAccessKey = value('SECRET');
  } else if (started.code !== NOT_INSTALLABLE || endpoint === undefined) {
    throw new Error(`Ceph RGW did not start, and S3_TEST_ENDPOINT names no other server:\n${started.stderr}`);
  }
});
afterAll(async () => {
  await runCommand('bash', [script, 'stop', join(directory, 'ceph')]);
  rmSync(directory, { recursive: true, force: true });
});

function open(
  bucket: string,
  options: { readonly secret?: string; readonly objectLock?: { readonly mode: 'governance' } } = {},
): Promise<ObjectStore> {
  const { secret = secretAccessKey, ...rest } = options;
  return openObjectStore({
    ...rest,
    kind: 's3',
    endpoint: endpoint ?? '',
    region: 'us-east-1',
    bucket,
    accessKeyId,
    secretAccessKey: secret,
    createBucket: true,
  });
}

describeObjectStore('Ceph RGW', () => open('contract'));

/**
 * Ceph RGW 16 ignores If-None-Match in versioned buckets, and only there. What else such a bucket does is tested through this: it asks
 * first and lets one creation pass at a time, which is no use outside of one process.
 */
async function openLockable(bucket: string): Promise<ObjectStore> {
  const store = await open(bucket, { objectLock: { mode: 'governance' } });
  let turn: Promise<unknown> = Promise.resolve();
  return Object.assign(Object.create(store) as ObjectStore, {
    create: (key: string, bytes: Uint8Array) => {
      const created = turn.then(async () =>
        (await store.head(key)) === null ? store.create(key, bytes) : 'exists',
      );
      turn = created.catch(() => undefined);
      return created;
    },
  });
}

describeObjectStore('a versioned bucket with Object Lock of Ceph RGW', () => openLockable('locked-contract'));

it('is found out by the probe where it overwrites in versioned buckets', async () => {
  const store = await open('probed', { objectLock: { mode: 'governance' } });
  const report = await probeObjectStore(store, 'p1');
  expect(isFit(report)).toBe(report.conditionalCreate && report.raceWinners === 1);
  if (startedHere) expect(report.conditionalCreate).toBe(false);
});

describe('Object Lock', () => {
  const day = (n: number): Date => new Date(Math.ceil(Date.now() / 86_400_000 + n) * 86_400_000);

  it('keeps what is locked, says so, and lets the rest be deleted for good', async () => {
    const store = await open('locks', { objectLock: { mode: 'governance' } });
    for (const key of ['kept', 'kept.longer', 'free']) await store.create(key, Buffer.from(key));
    await store.lock?.('kept', day(1));
    await expect(store.delete('kept')).rejects.toMatchObject({ kind: 'locked', temporary: false });
    expect(Buffer.from((await store.get('kept')) ?? []).toString()).toBe('kept');
    await store.delete('free');
    expect(await store.head('free')).toBeNull();
    expect(await store.create('free', Buffer.from('again'))).toBe('created');
    expect(await store.head('kept.longer')).toEqual({ bytes: 11 });
  });

  it('extends a lock and never shortens one', async () => {
    const store = await open('locks', { objectLock: { mode: 'governance' } });
    await store.create('extended', Buffer.from('x'));
    for (const until of [day(1), day(31), day(2)]) await store.lock?.('extended', until);
    expect((await store.head('extended'))?.lockedUntil).toEqual(day(31));
  });

  it('is no method of a store that was not told of it', async () => {
    expect((await open('contract')).lock === undefined).toBe(true);
  });
});

it('refuses a wrong secret as denied', async () => {
  await expect(open('contract', { secret: 'wrong' })).rejects.toMatchObject({ kind: 'denied' });
});

describe('a vault in it', () => {
  const bytes = dataFilePiece({ run: 1, blocks: range(1, 900) });

  it('is created, backed up to, collected and restored from', async () => {
    const store = await open('vault');
    const unlock = { kind: 'key-file', key: Buffer.alloc(32, 1) } as const;
    const { vaultId } = await createVault(store, { unlock, now: new Date() });
    expect((await openVault(store, unlock)).vaultId).toBe(vaultId);
    const vault = collectedVault(store);
    const first = await vault.backUp(1, { 'h/1': bytes, 'h/logs': randomBytesOf(1, 3_000_000) });
    await vault.backUp(2, { 'h/2': bytes });
    await vault.letGo(first);
    expect(await vault.collect()).toMatchObject({ outcome: 'done', packsDeleted: 1, packsRetained: 0 });
    expect((await vault.restore('h/2')).equals(bytes)).toBe(true);
    await expect(vault.restore('h/logs')).rejects.toMatchObject({ kind: 'piece-missing' });
  });

  it('has one outcome when a commit and a tombstone, or two collectors, race', async () => {
    const vault = collectedVault(await open('races'));
    for (let run = 1; run <= 8; run += 1) {
      const session = await vault.session(run);
      await writePiece(session, `h/${run}`, randomBytesOf(run, 20_000));
      const [commit, fenced] = await Promise.all([
        session.commit({ contents: {}, closure: [`h/${run}`] }),
        createTombstone(vault.store, { dbKey: vault.keys.dbKey, runId: `run_${run}`, fence: run }),
      ]);
      expect(commit.kind).toBe(fenced ? 'fenced' : 'committed');
      await session.end();
      if (commit.kind === 'committed') await vault.letGo(commit.manifestKey);
    }
    await vault.letGo(await vault.backUp(9, { 'h/9': bytes }));
    const reports = await Promise.all([vault.collect(), vault.collect(), vault.collect()]);
    expect(reports.map(({ generation }) => generation)).toEqual([1, 1, 1]);
    expect((await vault.keysBelow('gc/')).sort()).toEqual(
      ['condemned', 'done', 'sessions', 'verdict'].flatMap((step) => [
        `gc/000001/${step}`,
        `gc/000001/${step}.copy`,
      ]),
    );
  });

  it('keeps locked packs as retained, and deletes the others for good', async () => {
    const vault = collectedVault(await openLockable('locked-vault'));
    const locked = await vault.backUp(1, { 'h/1': randomBytesOf(1, 50_000) });
    await lockPacks(vault.store, await vault.keysBelow('pack/'), lockUntil(new Date()));
    const unlocked = await vault.backUp(2, { 'h/2': randomBytesOf(2, 50_000) });
    await vault.backUp(3, { 'h/3': bytes });
    for (const manifestKey of [locked, unlocked]) await vault.letGo(manifestKey);
    expect(await vault.collect()).toMatchObject({ outcome: 'done', packsDeleted: 1, packsRetained: 1 });
    expect(await vault.keysBelow('pack/')).toHaveLength(2);
    expect((await vault.restore('h/3')).equals(bytes)).toBe(true);
  });

  it('is refused where the bucket overwrites', async () => {
    const store = await open('refused', { objectLock: { mode: 'governance' } });
    const isFitting = isFit(await probeObjectStore(store, 'p1'));
    const unlock = { kind: 'key-file', key: Buffer.alloc(32, 1) } as const;
    const creating = createVault(store, { unlock, now: new Date() });
    if (isFitting) await expect(creating).resolves.toBeDefined();
    else await expect(creating).rejects.toMatchObject({ kind: 'unfit-store' });
  });
});
