// What the pre-check makes of the dedup-worker's word about the object store and its clock.
import { judgeStore } from './judge-store';

const works = { kind: 'works', storeName: 's3 bucket b', isDeleted: true, skewSeconds: 0 } as const;

it('S4.6 repeats what the dedup-worker says of a store that fails', () => {
  const reason = 'ADY_STORE_DENIED: cannot create probe/x | HINT: check';
  expect(judgeStore({ kind: 'failed', reason })).toMatchObject([
    { code: 'object-store', verdict: 'failed', evidence: reason },
  ]);
});

it.each([
  [299, 'ok', 'the clock of the store is 299 s ahead of this host’s'],
  [300, 'failed', 'the clock of the store is 300 s ahead of this host’s'],
  [-300, 'failed', 'the clock of the store is 300 s behind this host’s'],
] as const)('S4.6 a store whose clock is %s s off: %s', (skewSeconds, verdict, evidence) => {
  expect(judgeStore({ ...works, skewSeconds })).toMatchObject([
    { code: 'object-store', verdict: 'ok' },
    { code: 'clock-skew', verdict, evidence },
  ]);
});

it('says nothing of the clock of a store that tells no time, and takes a denied delete', () => {
  expect(judgeStore({ ...works, isDeleted: false, skewSeconds: null })).toMatchObject([
    { code: 'object-store', verdict: 'ok', evidence: expect.stringContaining('delete is denied') as string },
  ]);
});
