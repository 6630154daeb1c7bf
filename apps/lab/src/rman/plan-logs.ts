/** The archived logs of a BACKUP, and which of them may be deleted. */
import { existsSync } from 'node:fs';
import { claimFault, faultLines } from '../faults/rman-faults';
import { type ArchivedLog, type ControlFile } from '../control-file/control-file';
import { type BackupOptions, type LogRange } from './ast';
import { filesPerSet, type Plan, setOptions } from './backup-plan';
import { backupsBeforeDeletion, copiesOf, isOptimizationOn, maxSetBytesOf } from './configuration';
import { parseDate } from './rman-date';
import { RmanError } from './rman-error';
import { selectLogs } from './select-files';
import { type Session } from './session';
import { type Step } from './work-queue';

export async function planLogs(plan: Plan, range: LogRange, options: BackupOptions): Promise<Step[]> {
  const { session } = plan;
  const controlFile = await archiveCurrent(plan, range);
  const matching = selectLogs(controlFile, range, { dateFormat: session.dateFormat });
  if (matching.length === 0) session.print('specification does not match any archived log in the repository');
  const logs = wantedLogs(plan, matching, options);
  const missing = logs.find(({ name }) => isMissing(session, name));
  if (missing !== undefined) throw lostLog(missing.name ?? '');
  checkSizes(logs, options.maxSetBytes ?? maxSetBytesOf(plan.controlFile));
  const groups = inGroups(logs, filesPerSet(plan, options, logs.length));
  return groups.map((group) => ({
    channel: options.channel ?? null,
    run: async (channel) => {
      const forSet = setOptions(plan, options, { channel, of: 'ARCHIVELOG' });
      const deleting = options.deleteInput ?? false;
      const kept = deleting ? keptLogs(session, controlFile, group, forSet.copies) : [];
      const job = { kind: 'backup-logs', logs: group, deleteInput: deleting, kept } as const;
      await channel.run({ ...job, options: forSet });
    },
  }));
}

/** An open end means up to now: the current log is archived first. */
async function archiveCurrent(
  { session, statement, controlFile }: Plan,
  range: LogRange,
): Promise<ControlFile> {
  const { instance } = session.target;
  const isOpenEnded =
    range.until === null &&
    range.untilScn === undefined &&
    range.untilTime === undefined &&
    range.like === undefined;
  if (!isOpenEnded || statement.validate || (await instance.identity({})).status !== 'OPEN')
    return controlFile;
  await instance.archiveLogCurrent({});
  session.print('current log archived');
  return instance.readControlFile({});
}

function wantedLogs(plan: Plan, logs: ArchivedLog[], options: BackupOptions): ArchivedLog[] {
  const { session, statement, controlFile, device } = plan;
  const since =
    options.notBackedUpSince === undefined
      ? undefined
      : parseDate(options.notBackedUpSince, session.dateFormat).toISOString();
  const optimized = isOptimizationOn(controlFile) && !statement.force && !statement.validate;
  const enough = Math.min(
    options.notBackedUpTimes ?? Infinity,
    optimized ? copiesOf(controlFile, 'ARCHIVELOG', device) : Infinity,
  );
  return logs.filter(({ backupCount, thread, sequence, completedAt }) => {
    const isSince = since !== undefined && completedAt < since && backupCount > 0;
    const isDone = backupCount >= enough || isSince;
    const name = `archived log of thread ${thread} with sequence ${sequence}`;
    if (isDone) session.print(`skipping ${name}; already backed up`);
    return !isDone;
  });
}

function checkSizes(logs: ArchivedLog[], bytesMax: number): void {
  const tooLarge = logs.find(({ blocks, blockBytes }) => (blocks + 1) * blockBytes > bytesMax);
  if (tooLarge === undefined) return;
  const { thread, sequence } = tooLarge;
  throw new RmanError([
    `RMAN-06182: archive log thread ${thread} sequence ${sequence} larger than MAXSETSIZE`,
  ]);
}

function isMissing({ target }: Session, name: string | null): boolean {
  if (name === null || !existsSync(name)) return true;
  return claimFault(target.base, 'archived-log-lost', { subject: name }) !== undefined;
}

function lostLog(name: string): RmanError {
  return new RmanError([
    'RMAN-06059: expected archived log not found, loss of archived log compromises recoverability',
    `ORA-19625: error identifying file ${name}`,
    'ORA-27037: unable to obtain file status',
    'Linux-x86_64 Error: 2: No such file or directory',
    'Additional information: 3',
  ]);
}

/** Why logs must stay, by record id; `copies` more backups of each are about to be there. */
export function keptLogs(
  { target }: Session,
  controlFile: ControlFile,
  logs: ArchivedLog[],
  copies: number,
): { recid: number; warning: string }[] {
  const needed = backupsBeforeDeletion(controlFile);
  return logs.flatMap(({ recid, name, backupCount }) => {
    const struck = (['log-needed-by-standby', 'log-not-applied'] as const).find(
      (fault) => claimFault(target.base, fault, { subject: name ?? '' }) !== undefined,
    );
    if (struck !== undefined) return [{ recid, warning: faultLines(struck)[0] ?? '' }];
    if (backupCount + copies >= needed) return [];
    return [{ recid, warning: 'RMAN-08138: warning: archived log not deleted - must create more backups' }];
  });
}

function inGroups<T>(items: T[], size: number): T[][] {
  const groups: T[][] = [];
  for (let i = 0; i < items.length; i += size) groups.push(items.slice(i, i + size));
  return groups;
}
