// RMAN waits while a channel is greeted, a piece is opened, looked up, read on or removed, and all of them wait for the object store. A store that
// takes connections and answers nothing holds up every try until its time-out, and what needs several requests would outlast libobk.so, which
// then only knows that its worker gave no answer. So the worker answers first, and names the store.
import { AdytonError } from '@adyton/contracts';
import { pause } from '@adyton/runtime';

export interface AnswerLimit {
  /** From the question to its answer, seconds. */
  readonly seconds: number;
  /** Who is to blame for an answer that comes too late: nothing else takes as long. */
  readonly storeName: string;
}

/**
 * @param undo what becomes of an outcome that nobody waits for any more
 * @throws AdytonError ADY_STORE_UNAVAILABLE after the limit; before, what the work throws
 */
export async function answerInTime<T>(
  { seconds, storeName }: AnswerLimit,
  work: () => Promise<T>,
  undo: (late: T) => Promise<void> | void = () => undefined,
): Promise<T> {
  const answering = work();
  const answered = new AbortController();
  try {
    const limit = pause(seconds * 1000, answered.signal).then(() => true);
    const isLate = await Promise.race([answering.then(() => false), limit]);
    if (!isLate) return await answering;
  } finally {
    answered.abort();
  }
  answering.then(undo).catch(() => undefined); // told already; what is left behind is garbage, which the collector finds
  throw new AdytonError('ADY_STORE_UNAVAILABLE', `${storeName} held the answer up for ${seconds} s`);
}
