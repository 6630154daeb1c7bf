// What RMAN is told when the store holds an answer up. The limits are a few milliseconds, so that nothing here waits for longer.
import { AdytonError } from '@adyton/contracts';
import { answerInTime } from './answer-in-time';

const SOON = { seconds: 0.01, storeName: 's3 bucket b at http://s3' };
const LONG = { ...SOON, seconds: 600 };

it('gives on what the work comes to in time', async () => {
  await expect(answerInTime(LONG, async () => 'found')).resolves.toBe('found');
  const cause = new AdytonError('ADY_STORE_DENIED', 'the key is unknown');
  await expect(answerInTime(LONG, () => Promise.reject(cause))).rejects.toBe(cause);
});

it('answers with the code of the store, and names it, when the work takes longer', async () => {
  await expect(answerInTime(SOON, () => new Promise<never>(() => undefined))).rejects.toMatchObject({
    code: 'ADY_STORE_UNAVAILABLE',
    message: 's3 bucket b at http://s3 held the answer up for 0.01 s',
  });
});

it('undoes what the work comes to after its answer', async () => {
  const work = Promise.withResolvers<string>();
  const undone = Promise.withResolvers<string>();
  await expect(answerInTime(SOON, () => work.promise, undone.resolve)).rejects.toBeInstanceOf(AdytonError);
  work.resolve('a piece that nobody writes');
  expect(await undone.promise).toBe('a piece that nobody writes');
});

it('keeps to itself what fails after its answer', async () => {
  const work = Promise.withResolvers<string>();
  await expect(answerInTime(SOON, () => work.promise)).rejects.toMatchObject({
    code: 'ADY_STORE_UNAVAILABLE',
  });
  work.reject(new Error('nobody listens')); // an unhandled rejection would fail this file
  await work.promise.catch(() => undefined);
});
