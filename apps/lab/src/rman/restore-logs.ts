/** Brings archived logs back from backup sets: for RESTORE ARCHIVELOG, and for RECOVER as far as they are not on disk. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BackupRedoLog, type ControlFile } from '../control-file/control-file';
import { piecesOf } from './find-backups';
import { type Session } from './session';
import { type Step, workOff } from './work-queue';

/** Answers the paths of the restored logs. Throws ChannelError or RmanError. */
export async function restoreArchivedLogs(
  session: Session,
  controlFile: ControlFile,
  logs: BackupRedoLog[],
  command: 'restore' | 'recover',
): Promise<string[]> {
  const wanted = logs.map((log) => ({ log, path: pathOf(session, controlFile, log) }));
  mkdirSync(directoryOf(session), { recursive: true });
  const sets = Map.groupBy(wanted, ({ log }) => `${log.setStamp}/${log.setCount}`);
  const steps = [...sets.values()].flatMap((ofSet) => stepsOf(controlFile, ofSet));
  await workOff(session, steps, { command, rerun: 'lost-channel' });
  await session.target.instance.catalogArchivedLogs({
    logs: wanted.map(({ log, path }) => ({
      thread: log.thread,
      sequence: log.sequence,
      resetlogsScn: log.resetlogsScn,
      resetlogsId: resetlogsIdOf(controlFile, log),
      firstScn: log.firstScn,
      nextScn: log.nextScn,
      firstAt: controlFile.createdAt,
      nextAt: controlFile.createdAt,
      blocks: log.blocks,
      blockBytes: 512,
      name: path,
    })),
  });
  return wanted.map(({ path }) => path);
}

function stepsOf(controlFile: ControlFile, wanted: { log: BackupRedoLog; path: string | null }[]): Step[] {
  const [first] = wanted;
  const pieces = first === undefined ? undefined : piecesOf(controlFile, first.log);
  const logs = wanted.map(({ log: { thread, sequence, resetlogsScn }, path }) => {
    return { thread, sequence, resetlogsScn, path };
  });
  return (pieces ?? []).map(({ handle, piece, tag, deviceType }) => ({
    channel: null,
    device: deviceType,
    run: async (channel) => {
      await channel.run({ kind: 'restore-logs', handle, piece, tag, logs });
    },
  }));
}

/** Reads the backups of the logs to their end. */
export async function validateArchivedLogs(
  session: Session,
  controlFile: ControlFile,
  logs: BackupRedoLog[],
): Promise<void> {
  const sets = Map.groupBy(logs, (log) => `${log.setStamp}/${log.setCount}`);
  const steps = [...sets.values()].flatMap((ofSet) =>
    stepsOf(
      controlFile,
      ofSet.map((log) => ({ log, path: null })),
    ),
  );
  await workOff(session, steps, { command: 'restore', rerun: 'lost-channel' });
}

/** SET ARCHIVELOG DESTINATION, else where logs are archived to. */
function directoryOf({ target, settings }: Session): string {
  return settings.archiveDestination ?? target.archiveDirectory;
}

function pathOf(session: Session, controlFile: ControlFile, log: BackupRedoLog): string {
  const name = `${log.thread}_${log.sequence}_${resetlogsIdOf(controlFile, log)}.dbf`;
  return join(directoryOf(session), name);
}

function resetlogsIdOf({ incarnations, resetlogsId }: ControlFile, { resetlogsScn }: BackupRedoLog): number {
  return incarnations.find((known) => known.resetlogsScn === resetlogsScn)?.resetlogsId ?? resetlogsId;
}
