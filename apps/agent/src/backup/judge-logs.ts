// What the archived logs on disk mean for a backup that is about to run.
import { checkThat, judged, type Check } from '../checks/check-that';
import { type LogChoice, type LogGap } from './choose-log-ranges';

export function judgeLogs(choice: LogChoice, waiting: number): Check {
  const code = 'archived-logs';
  if (choice.kind === 'gap')
    return judged(code, 'failed', `${describe(choice)} is neither in the vault nor on disk`);
  const [gap] = choice.gaps;
  if (gap === undefined) return checkThat(code, true, `${waiting} log(s) wait to be backed up`);
  const evidence = `${describe(gap)} is neither in the vault nor on disk: nothing can be restored to a moment between it and this backup`;
  return judged(code, 'warning', evidence);
}

function describe({ thread, missingSequence }: LogGap): string {
  return `archived log thread ${thread} sequence ${missingSequence}`;
}
