// Until when packs are locked, and what is no lock.
import { MemoryStore, type ObjectStore } from '@adyton/object-store';
import { lockPacks, lockUntil, LOCK_STEP_DAYS } from './lock-packs';

const DAY_MS = 24 * 60 * 60 * 1000;

it('locks end at whole steps, never before the time that was asked for', () => {
  const step = LOCK_STEP_DAYS * DAY_MS;
  const end = new Date(700 * step);
  expect(lockUntil(end)).toEqual(end);
  expect(lockUntil(new Date(end.getTime() - step + 1))).toEqual(end);
  expect(lockUntil(new Date(end.getTime() + 1))).toEqual(new Date(701 * step));
});

it('a pack that is not there and a store without locks are errors, never a lock that is none', async () => {
  const store = new MemoryStore();
  await store.create('pack/aa/there', Buffer.from('x'));
  await expect(lockPacks(store, ['pack/aa/there', 'pack/aa/gone'], new Date(DAY_MS))).rejects.toMatchObject({
    kind: 'damaged',
    facts: { objectKey: 'pack/aa/gone' },
  });
  const lockless: ObjectStore = Object.assign(Object.create(store) as MemoryStore, { lock: undefined });
  await expect(lockPacks(lockless, ['pack/aa/there'], new Date(DAY_MS))).rejects.toMatchObject({
    kind: 'not-supported',
  });
});
