// Whether the archived logs that wait can be read from this host; what it cannot read, an instance that takes part may.
import { type Check } from './check-that';
import { judgeLogFiles, type LogFile } from './judge-log-files';
import { isReadable } from './look-at-host';

/** @returns those that this host cannot read; a disk group is every node's */
export async function unreadableLogs<T extends LogFile>(logs: readonly T[]): Promise<T[]> {
  const readable = await Promise.all(
    logs.map(async ({ name }) => name.startsWith('+') || (await isReadable(name))),
  );
  return logs.filter((_log, i) => readable[i] !== true);
}

/** @param instances other ones with channels in this run */
export function checkLogFiles(
  survey: {
    readonly waitingLogs: readonly LogFile[];
    readonly unreadableLogs: readonly LogFile[];
    readonly threads: ReadonlyMap<string, number>;
  },
  instances: readonly string[],
): Check {
  const threads = instances.map((name) => survey.threads.get(name)).filter((thread) => thread !== undefined);
  return judgeLogFiles({
    unreadable: survey.unreadableLogs,
    waiting: survey.waitingLogs.length,
    threadsTakingPart: new Set(threads),
  });
}
