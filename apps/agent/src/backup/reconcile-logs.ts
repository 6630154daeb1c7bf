// The logs of a recovery point: those of its run, and what other runs wrote between the first checkpoint of its data files and there. An
// interrupted attempt may have read a file long before this run; the logs since then become the point's own, and no retention takes them away.
import { compareScn } from '@adyton/domain';
import { type BackupRun } from './backup-run';
import { consistencyOf, type Consistency, type PointFiles } from './judge-consistency';
import { logContents, type BackedUpLogs, type LogContents } from './point-contents';

/** Logs that the vault holds of other runs and that may be needed. @param redoLogs all on RMAN's record. @param own handles of this run */
export async function logsOfOthers(
  run: Pick<BackupRun, 'claimed' | 'controlPlane'>,
  found: PointFiles,
  { redoLogs, own }: { readonly redoLogs: BackedUpLogs; readonly own: ReadonlySet<string> },
): Promise<LogContents[]> {
  if (found.files.length === 0) return [];
  const { redoFromScn } = consistencyOf(found, []);
  const wanted = redoLogs.filter((l) => !own.has(l.handle) && compareScn(l.nextScn, redoFromScn) > 0);
  return (await logsInVault(run, wanted)).map(logContents);
}

/** Those whose piece the vault holds. */
export async function logsInVault<L extends { readonly handle: string }>(
  { claimed, controlPlane }: Pick<BackupRun, 'claimed' | 'controlPlane'>,
  logs: readonly L[],
): Promise<L[]> {
  if (logs.length === 0) return [];
  const handles = [...new Set(logs.map((l) => l.handle))];
  const known = await controlPlane.handlesInVault(claimed.database.id, handles);
  return logs.filter((l) => known.has(l.handle));
}

/** With those of others that recovery to the consistent SCN reads. */
export function withLogsNeeded(
  own: readonly LogContents[],
  others: readonly LogContents[],
  { redoFromScn, consistentScn }: Consistency,
): LogContents[] {
  const nameOf = ({ thread, sequence }: LogContents): string => `${thread}/${sequence}`;
  const logs = new Map(own.map((l) => [nameOf(l), l]));
  for (const log of others) {
    const isRead = compareScn(log.nextScn, redoFromScn) > 0 && compareScn(log.firstScn, consistentScn) < 0;
    if (isRead && !logs.has(nameOf(log))) logs.set(nameOf(log), log);
  }
  return [...logs.values()];
}
