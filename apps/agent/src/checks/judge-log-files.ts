// Archived logs that wait must be where RMAN's channels can read them. A log on a local disk of another node is readable there only.
import { checkThat, type Check } from './check-that';

export interface LogFile {
  readonly thread: number;
  readonly sequence: number;
  readonly name: string;
}

export interface LogReach {
  /** Those of the logs that this host does not have. */
  readonly absent: readonly LogFile[];
  readonly waiting: number;
  /** Redo threads of other instances that take part, each with channels of its own. */
  readonly threadsTakingPart: ReadonlySet<number>;
}

/** Logs named in an evidence; the rest is counted. */
const NAMED_MAX = 5;

export function judgeLogFiles({ absent, waiting, threadsTakingPart }: LogReach): Check {
  const code = 'archived-log-files';
  const lost = absent.filter(({ thread }) => !threadsTakingPart.has(thread));
  if (lost.length === 0) {
    const there = absent.length === 0 ? '' : `, ${absent.length} of them on other hosts that take part`;
    return checkThat(code, true, `${waiting} log(s) wait${there}`);
  }
  const named = lost
    .slice(0, NAMED_MAX)
    .map(({ thread, sequence, name }) => `thread ${thread} sequence ${sequence} (${name})`);
  const more = lost.length > NAMED_MAX ? ', …' : '';
  const evidence = `${lost.length} log(s) are neither on this host nor on one whose instance takes part: ${named.join(', ')}${more}`;
  return checkThat(code, false, evidence);
}
