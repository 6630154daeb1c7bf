// Whether the archived logs that wait are on this host; what it has not, an instance that takes part may have.
import { type Check } from './check-that';
import { judgeLogFiles, type LogFile } from './judge-log-files';
import { isMissing } from './look-at-host';

/** @returns those that this host does not have; a disk group is every node's */
export async function absentLogs<T extends LogFile>(logs: readonly T[]): Promise<T[]> {
  const absent = await Promise.all(logs.map(async ({ name }) => !name.startsWith('+') && isMissing(name)));
  return logs.filter((_log, i) => absent[i]);
}

/** @param instances other ones with channels in this run */
export function checkLogFiles(
  survey: {
    readonly waitingLogs: readonly LogFile[];
    readonly absentLogs: readonly LogFile[];
    readonly threads: ReadonlyMap<string, number>;
  },
  instances: readonly string[],
): Check {
  const threads = instances.map((name) => survey.threads.get(name)).filter((thread) => thread !== undefined);
  return judgeLogFiles({
    absent: survey.absentLogs,
    waiting: survey.waitingLogs.length,
    threadsTakingPart: new Set(threads),
  });
}
