// Space that a backup needs and that is about to run out.
import { checkThat, type Check } from './check-that';

/** What is fuller than this is about to be full. */
const FULL_PERCENT = 90;

export function judgeSpace(directory: string, percent: number): Check {
  const evidence = `${percent} % of the file system of ${directory} is used`;
  return checkThat('state-space', percent < FULL_PERCENT, evidence);
}

/** @param percent null: there is no recovery area */
export function judgeRecoveryArea(percent: number | null): Check {
  if (percent === null) return checkThat('recovery-area', true, 'there is none');
  return checkThat('recovery-area', percent < FULL_PERCENT, `${percent} % of it cannot be reclaimed`);
}
