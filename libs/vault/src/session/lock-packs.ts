// Object Lock: the packs a recovery point needs are locked before its manifest is written, those it shares with older ones included. Who
// writes backups needs no right to change retention: it sends the list to a lock custodian and waits for it.
import { ObjectStoreError, type ObjectStore } from '@adyton/object-store';
import { REQUESTS_AT_ONCE } from '../limits';
import { damaged } from '../vault-error';
import { forEachAtOnce } from './at-once';

export interface LockOrder {
  readonly until: Date;
  /** Resolves when every pack is locked until then or longer. */
  lockPacks(packKeys: readonly string[], until: Date): Promise<void>;
}

/** Locks are set in steps this long: the packs of hourly runs are then extended once a step, not once an hour. */
export const LOCK_STEP_DAYS = 30;
const LOCK_STEP_MS = LOCK_STEP_DAYS * 24 * 60 * 60 * 1000;

/** The end of the step that `wanted` falls into. */
export function lockUntil(wanted: Date): Date {
  return new Date(Math.ceil(wanted.getTime() / LOCK_STEP_MS) * LOCK_STEP_MS);
}

export interface LockReport {
  readonly extended: number;
  readonly alreadyLocked: number;
}

/** What a lock custodian does with a list. @throws ObjectStoreError; VaultError damaged for a pack that is not there */
export async function lockPacks(
  store: ObjectStore,
  packKeys: readonly string[],
  until: Date,
): Promise<LockReport> {
  if (store.lock === undefined)
    throw new ObjectStoreError('not-supported', store.name, 'the store was not told to lock objects');
  let extended = 0;
  await forEachAtOnce(packKeys, REQUESTS_AT_ONCE, async (key) => {
    const facts = await store.head(key);
    if (facts === null) throw damaged(key, 'missing');
    if (facts.lockedUntil !== undefined && facts.lockedUntil >= until) return;
    await store.lock?.(key, until);
    extended += 1;
  });
  return { extended, alreadyLocked: packKeys.length - extended };
}
