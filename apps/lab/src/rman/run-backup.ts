/** The BACKUP command. */
import { type BackupStatement } from './ast';
import { planBackup } from './plan-backup';
import { type Session } from './session';
import { type Step, workOff } from './work-queue';

/** Answers the number of steps that had to be run on another channel. Throws RmanError. */
export async function runBackup(session: Session, statement: BackupStatement): Promise<number> {
  session.print('', `Starting backup at ${session.dateNow()}`);
  session.usableChannels();
  const steps = await planBackup(session, statement);
  if (steps.length === 0) session.print('backup cancelled because there are no files to backup');
  const reruns = await workOff(session, steps, { command: 'backup', rerun: 'any-failure' });
  session.print(`Finished backup at ${session.dateNow()}`);
  if (steps.length > 0 && (await isAutobackupOn(session))) await autobackup(session);
  return reruns;
}

async function isAutobackupOn({ target }: Session): Promise<boolean> {
  const { rmanConfiguration } = await target.instance.readControlFile({});
  return rmanConfiguration.some(
    ({ name, value }) => name === 'CONTROLFILE AUTOBACKUP' && value.toUpperCase() === 'ON',
  );
}

async function autobackup(session: Session): Promise<void> {
  const { backupPieces, dbid } = await session.target.instance.readControlFile({});
  const day = session.now().toISOString().slice(0, 10).replaceAll('-', '');
  const ofToday = backupPieces.filter(({ handle }) => handle.includes(`c-${dbid}-${day}-`)).length;
  const options = { format: session.settings.autobackupFormat, tag: '', level: null };
  const spfile = session.target.serverParameterFile;
  const step: Step = {
    channel: null,
    run: async (channel) => {
      const job = { kind: 'backup-control', options, controlFile: true, spfile } as const;
      await channel.run({ ...job, autobackup: ofToday });
    },
  };
  await workOff(session, [step], { command: 'backup', rerun: 'any-failure' });
}
