// Work that comes back, in time or late, and work that does not, when its run has been stopped.
import { leaveHanging } from './leave-hanging';

const REASON = new Error('the run was cancelled');
const forEver = (): Promise<void> => new Promise(() => undefined);

it('passes on how the work ended, stopped or not', async () => {
  const stopped = new AbortController();
  await expect(leaveHanging(Promise.resolve(), stopped.signal)).resolves.toBeUndefined();
  const failure = new Error('RMAN failed');
  await expect(leaveHanging(Promise.reject(failure), stopped.signal)).rejects.toBe(failure);
  stopped.abort(REASON);
  await expect(leaveHanging(Promise.reject(failure), stopped.signal)).rejects.toBe(failure);
});

it('leaves work behind that does not come back after the stop, with the reason of the stop', async () => {
  const stopped = new AbortController();
  const left = leaveHanging(forEver(), stopped.signal, 5);
  stopped.abort(REASON);
  await expect(left).rejects.toBe(REASON);
});

it('waits for work that comes back in time', async () => {
  const stopped = new AbortController();
  const ended = new Error('ended in order');
  const work = Promise.withResolvers<void>();
  const left = leaveHanging(work.promise, stopped.signal, 60_000);
  stopped.abort(REASON);
  setTimeout(() => work.reject(ended), 5);
  await expect(left).rejects.toBe(ended);
});
