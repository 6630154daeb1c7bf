/** The BACKUP command, with its PLUS ARCHIVELOG and the autobackup of the control file behind it. */
import { existsSync } from 'node:fs';
import { type BackupStatement, type LogRange } from './ast';
import { onDisk } from './backup-plan';
import { type Channel, ChannelError } from './channel';
import { autobackupFormatOf, isAutobackupOn } from './configuration';
import { planBackup } from './plan-backup';
import { needChannels } from './run-channels';
import { type Session } from './session';
import { type Step, workOff } from './work-queue';

/** A failure of another command than the statement under way. */
export class AutobackupError extends ChannelError {}

const ALL_LOGS: LogRange = { from: null, until: null, thread: null };

/** Answers the number of steps that had to be run on another channel. Throws RmanError. */
export async function runBackup(session: Session, statement: BackupStatement): Promise<number> {
  const { plusLogs } = statement;
  if (plusLogs === null) return backUp(session, statement, { autobackup: true });
  const { instance } = session.target;
  const logs: BackupStatement = { ...statement, level: null, sectionBytes: null, plusLogs: null };
  logs.options = { format: statement.options.format, ...plusLogs } as BackupStatement['options'];
  logs.specs = [{ what: { kind: 'archived-logs', range: ALL_LOGS }, options: {} }];
  let reruns = await backUp(session, logs, { autobackup: false });
  const { archivedLogs } = await instance.readControlFile({});
  const last = archivedLogs.reduce((max, { nextScn }) => (BigInt(nextScn) > max ? BigInt(nextScn) : max), 0n);
  reruns += await backUp(session, { ...statement, plusLogs: null }, { autobackup: false });
  // The logs written while the files were read make the backup recoverable.
  const rest = { ...ALL_LOGS, fromScn: last };
  logs.specs = [{ what: { kind: 'archived-logs', range: rest }, options: {} }];
  return reruns + (await backUp(session, logs, { autobackup: true }));
}

async function backUp(
  session: Session,
  statement: BackupStatement,
  { autobackup }: { autobackup: boolean },
): Promise<number> {
  const { validate } = statement;
  session.print('', `Starting ${validate ? 'validate' : 'backup'} at ${session.dateNow()}`);
  const channels = await needChannels(session, statement.device);
  const steps = await planBackup(session, statement, channels);
  if (steps.length === 0) session.print('backup cancelled because there are no files to backup');
  const command = validate ? 'validate' : 'backup';
  const reruns = await workOff(session, steps, { command, rerun: 'any-failure' });
  session.print(`Finished ${command} at ${session.dateNow()}`);
  if (validate || !autobackup || steps.length === 0) return reruns;
  if (isAutobackupOn(await session.target.instance.readControlFile({}))) await backUpControlFile(session);
  return reruns;
}

async function backUpControlFile(session: Session): Promise<void> {
  const controlFile = await session.target.instance.readControlFile({});
  const formatFor = ({ device }: Channel): string => {
    const own =
      session.settings.autobackupFormats.get(device) ?? autobackupFormatOf(controlFile, device) ?? '%F';
    return device === 'DISK' ? onDisk(session, own) : own;
  };
  const path = session.target.serverParameterFile;
  const step: Step = {
    channel: null,
    run: async (channel) => {
      const options = {
        formats: [formatFor(channel)],
        tag: null,
        level: null,
        copies: 1,
        compressed: false,
        keepUntil: null,
        validate: false,
      };
      const spfile = existsSync(path) ? path : null;
      const job = { kind: 'backup-control', options, controlFile: true, spfile } as const;
      await channel.run({ ...job, autobackup: true });
    },
  };
  try {
    await workOff(session, [step], { command: 'backup', rerun: 'any-failure' });
  } catch (error) {
    throw error instanceof ChannelError ? new AutobackupError(error.channel, error.lines) : error;
  }
}
