// What the archived logs on disk mean for a backup that is about to run.
import { type Check } from './check-that';
import { type LogChoice, type LogGap } from './choose-log-ranges';

export function judgeLogs(choice: LogChoice, waiting: number): Check {
  const code = 'archived-logs';
  if (choice.kind === 'gap')
    return {
      code,
      verdict: 'failed',
      evidence: `${describe(choice)} is neither in the vault nor on disk`,
      hint: 'restore the log to its place, or request a full backup; points before it stay usable',
    };
  const [gap] = choice.gaps;
  if (gap === undefined)
    return { code, verdict: 'ok', evidence: `${waiting} log(s) wait to be backed up`, hint: '' };
  return {
    code,
    verdict: 'warning',
    evidence: `${describe(gap)} is neither in the vault nor on disk: nothing can be restored to a moment between it and this backup`,
    hint: 'restore the log to its place if it is wanted; this full backup does not need it',
  };
}

function describe({ thread, missingSequence }: LogGap): string {
  return `archived log thread ${thread} sequence ${missingSequence}`;
}
