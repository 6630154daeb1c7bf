// Asks again and again until an answer says that the wait is over.
import { setTimeout as sleep } from 'node:timers/promises';

/** How often is asked, ms: quick enough for a person, slow enough for the API. */
export const POLL_MS = 500;

/** @param show gets every answer, the last one too */
export async function askUntil<T>(
  ask: () => Promise<T>,
  isOver: (answer: T) => boolean,
  show: (answer: T) => void = () => undefined,
): Promise<T> {
  for (;;) {
    const answer = await ask();
    show(answer);
    if (isOver(answer)) return answer;
    await sleep(POLL_MS);
  }
}
