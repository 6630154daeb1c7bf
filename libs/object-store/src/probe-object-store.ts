// Finds out, by trying, whether a store keeps the promises the vault is built on. One known gateway ignores If-None-Match in silence.
import { type ObjectStore } from './object-store';
import { ObjectStoreError } from './object-store-error';

export interface ProbeReport {
  readonly conditionalCreate: boolean;
  /** Of the racing creates, how many were told they had won: 1, or 0 when the reply to the winner was lost and asked for again. */
  readonly raceWinners: number;
  readonly listedAtOnce: boolean;
  readonly readBack: boolean;
  /** False where the credentials may not delete; the probe's small object then stays. */
  readonly deleted: boolean;
}

const RACERS = 16;

/** True when the store may hold a vault. */
export function isFit(report: ProbeReport): boolean {
  return report.conditionalCreate && report.raceWinners <= 1 && report.listedAtOnce && report.readBack;
}

/** @param probeId makes the probe's keys its own: letters and digits. */
export async function probeObjectStore(store: ObjectStore, probeId: string): Promise<ProbeReport> {
  const [first, raced] = [`probe/${probeId}.first`, `probe/${probeId}.raced`];
  const body = Buffer.from(`probe ${probeId}`);
  await store.create(first, body);
  const again = await store.create(first, Buffer.from('another body'));
  const race = await Promise.all(
    Array.from({ length: RACERS }, (_, i) => store.create(raced, Buffer.from(`racer ${i}`))),
  );
  const listed: string[] = [];
  for await (const { key } of store.list(`probe/${probeId}.`)) listed.push(key);
  const read = await store.get(first);
  return {
    conditionalCreate: again === 'exists',
    raceWinners: race.filter((outcome) => outcome === 'created').length,
    listedAtOnce: listed.length === 2,
    readBack: read !== null && Buffer.compare(read, body) === 0,
    deleted: await deleteAll(store, [first, raced]),
  };
}

export interface AccessReport {
  /** False where the credentials may not delete; the small object then stays. */
  readonly deleted: boolean;
  /** How far the store's clock is ahead of ours, ms, to about a second; null when it tells no time. */
  readonly skewMs: number | null;
}

/**
 * A short look before a backup: one object is written, read and deleted.
 * @param now our own clock. @throws ObjectStoreError
 */
export async function probeAccess(
  store: ObjectStore,
  probeId: string,
  { now, signal }: { readonly now: () => Date; readonly signal: AbortSignal },
): Promise<AccessReport> {
  const key = `probe/${probeId}.access`;
  const body = Buffer.from(`probe ${probeId}`);
  const [skewMs] = await Promise.all([skewOf(store, now, signal), store.create(key, body, { signal })]);
  const read = await store.get(key, { signal });
  if (read === null || Buffer.compare(read, body) !== 0)
    throw new ObjectStoreError('corrupt-reply', store.name, `${key} does not come back as it was written`);
  return { deleted: await deleteAll(store, [key]), skewMs };
}

async function skewOf(store: ObjectStore, now: () => Date, signal: AbortSignal): Promise<number | null> {
  if (store.clock === undefined) return null;
  const theirs = await store.clock({ signal });
  return theirs.getTime() - now().getTime();
}

async function deleteAll(store: ObjectStore, keys: readonly string[]): Promise<boolean> {
  try {
    for (const key of keys) await store.delete(key);
    return true;
  } catch (error) {
    if (error instanceof ObjectStoreError && error.kind === 'denied') return false;
    throw error;
  }
}
