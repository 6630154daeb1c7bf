// What hangs on packs, recipes and recovery points and has nothing to hang on any more: expired manifests, index segments, ended sessions,
// pins, and marks so old that nobody can come back for them. All of it is found anew each time: whoever is interrupted leaves the rest to
// the next one, and two who do it at once do the same.
import { type ObjectStore } from '@adyton/object-store';
import { REQUESTS_AT_ONCE, TOMBSTONE_DAYS_MIN } from '../limits';
import { forEachAtOnce } from '../session/at-once';
import { tombstoneTime } from '../session/manifest';
import { listPins } from '../session/restore-pin';
import { listSessions, sessionKey, type SessionState } from '../session/sessions';
import { deleteUnlessLocked } from './delete-verdict';
import { type ListIndexSegments } from './index-segments';
import { expiredKeyOf, manifestKeyOfExpired } from './retention';

export interface Swept {
  readonly manifestsDeleted: number;
  readonly segmentsDeleted: number;
  readonly sessionsDeleted: number;
  readonly pinsDeleted: number;
  readonly tombstonesDeleted: number;
}

export interface SweepOptions {
  readonly store: ObjectStore;
  readonly now: Date;
  readonly listIndexSegments: ListIndexSegments;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** A tombstone with its time has 32 bytes; no manifest is that small. */
const TOMBSTONE_BYTES_MAX = 64;

export async function sweepVault(options: SweepOptions): Promise<Swept> {
  const manifests = await sweepManifests(options);
  const { segmentsDeleted, sessionsDeleted } = await sweepSessions(options);
  return { ...manifests, segmentsDeleted, sessionsDeleted, pinsDeleted: await sweepPins(options) };
}

/** An expired manifest goes at once; its mark stays as long as a tombstone, for a late writer could create the manifest again. */
async function sweepManifests({
  store,
  now,
}: SweepOptions): Promise<Pick<Swept, 'manifestsDeleted' | 'tombstonesDeleted'>> {
  const manifests: string[] = [];
  const small: string[] = [];
  for await (const { key, bytes } of store.list('manifest/')) {
    manifests.push(key);
    if (bytes <= TOMBSTONE_BYTES_MAX) small.push(key);
  }
  const expired: string[] = [];
  for await (const { key } of store.list('expired/')) expired.push(manifestKeyOfExpired(key));
  const there = new Set(manifests);
  const isOld = (at: Date | null): boolean =>
    at !== null && now.getTime() - at.getTime() >= TOMBSTONE_DAYS_MIN * DAY_MS;
  const manifestsDeleted = await deleteAll(
    store,
    expired.filter((key) => there.has(key)),
  );
  const oldTombstones = await filterAtOnce(small, async (key) => isOld(await tombstoneTime(store, key)));
  const tombstonesDeleted = await deleteAll(store, oldTombstones);
  const gone = expired.filter((key) => !there.has(key)).map(expiredKeyOf);
  await deleteAll(store, await filterAtOnce(gone, async (key) => isOld(await timeIn(store, key))));
  return { manifestsDeleted, tombstonesDeleted };
}

/** Segments first, sessions second, packs and recipes last: what a session that has ended wrote is all there to be seen. */
async function sweepSessions({
  store,
  listIndexSegments,
}: SweepOptions): Promise<Pick<Swept, 'segmentsDeleted' | 'sessionsDeleted'>> {
  const segments: { key: string; replaced: boolean; sids: readonly string[] }[] = [];
  for (const dbKey of await databasesIn(store))
    for await (const segment of listIndexSegments(store, dbKey)) segments.push(segment);
  const sessions = await listSessions(store);
  const withPacks = await sessionsBelow(store, 'pack/');
  const withRecipes = await sessionsBelow(store, 'piece/');
  const isOpen = (sid: string): boolean => sessions.get(sid)?.ended === false;
  const useless = segments.filter(
    ({ replaced, sids }) => replaced || !sids.some((sid) => isOpen(sid) || withPacks.has(sid)),
  );
  const over = [...sessions.values()].filter(
    ({ sid, ended }) => ended && !withPacks.has(sid) && !withRecipes.has(sid),
  );
  const segmentsDeleted = await deleteAll(
    store,
    useless.map(({ key }) => key),
  );
  for (const session of over) await deleteSession(store, session);
  return { segmentsDeleted, sessionsDeleted: over.length };
}

/** The end marker last: without it the rest would look like a session under way. */
async function deleteSession(store: ObjectStore, { sid, keys }: SessionState): Promise<void> {
  const end = `${sessionKey(sid)}.end`;
  await deleteAll(
    store,
    keys.filter((key) => key !== end),
  );
  await deleteUnlessLocked(store, end);
}

async function sweepPins({ store, now }: SweepOptions): Promise<number> {
  const over = (await listPins(store, now)).filter(({ ended }) => ended).map(({ pinKey }) => pinKey);
  const pinsDeleted = await deleteAll(store, over);
  await deleteAll(
    store,
    over.map((pinKey) => `${pinKey}.end`),
  );
  return pinsDeleted;
}

async function databasesIn(store: ObjectStore): Promise<Set<string>> {
  const databases = new Set<string>();
  for await (const { key } of store.list('index/')) databases.add(key.split('/')[1] ?? '');
  return databases;
}

async function sessionsBelow(store: ObjectStore, prefix: string): Promise<Set<string>> {
  const sids = new Set<string>();
  for await (const { key } of store.list(prefix)) sids.add(key.slice(key.lastIndexOf('-') + 1));
  return sids;
}

async function timeIn(store: ObjectStore, key: string): Promise<Date | null> {
  const bytes = await store.get(key);
  return bytes === null ? null : new Date(Buffer.from(bytes).toString('utf8'));
}

async function filterAtOnce(
  keys: readonly string[],
  isWanted: (key: string) => Promise<boolean>,
): Promise<string[]> {
  const wanted: string[] = [];
  await forEachAtOnce(keys, REQUESTS_AT_ONCE, async (key) => {
    if (await isWanted(key)) wanted.push(key);
  });
  return wanted;
}

/** @returns how many are gone; the others are locked. */
async function deleteAll(store: ObjectStore, keys: readonly string[]): Promise<number> {
  let deleted = 0;
  await forEachAtOnce(keys, REQUESTS_AT_ONCE, async (key) => {
    if (await deleteUnlessLocked(store, key)) deleted += 1;
  });
  return deleted;
}
