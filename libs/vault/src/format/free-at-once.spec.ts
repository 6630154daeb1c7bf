// What giving memory back may take with it: the memory of the one result, never that of its neighbours in Node's pool.
import { freeAtOnce } from './free-at-once';

it('gives back what a result has for itself, also where only a part of it is looked at', () => {
  const own = Buffer.alloc(4096, 1);
  const part = new Uint8Array(100_000).subarray(0, 10);
  freeAtOnce(own);
  freeAtOnce(part);
  expect([own.length, part.length]).toEqual([0, 0]);
});

it('leaves Node’s pool alone, in which others live', () => {
  const [one, other] = [Buffer.from('a'.repeat(2000)), Buffer.from('b'.repeat(2000))];
  expect(one.buffer.byteLength).toBe(Buffer.poolSize);
  freeAtOnce(one);
  expect(other.toString()).toBe('b'.repeat(2000));
});

it('leaves shared memory alone, which threads may be writing to', () => {
  const shared = Buffer.from(new SharedArrayBuffer(100_000));
  freeAtOnce(shared);
  expect(shared).toHaveLength(100_000);
});
