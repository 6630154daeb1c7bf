/** SET: the settings of a session and of a RUN block. */
import { type SetStatement } from './ast';
import { type Session } from './session';

export async function runSet(session: Session, statement: SetStatement): Promise<void> {
  apply(session, statement);
  if (statement.kind === 'set-command-id') await showCommandId(session);
  const done = TITLES[statement.kind];
  if (done !== null) session.print(`executing command: ${done}`, '');
}

/** Channels that are allocated later show it with their names. */
async function showCommandId({ target, registered, commandId }: Session): Promise<void> {
  if (registered !== undefined)
    await target.client?.updateSession({ ...registered, clientInfo: `id=${commandId ?? ''}` });
}

const TITLES: Record<SetStatement['kind'], string | null> = {
  'set-encryption': 'SET encryption',
  'set-backup-copies': 'SET BACKUP COPIES',
  'set-echo': null,
  'set-maxcorrupt': 'SET MAXCORRUPT',
  'set-archivelog-destination': 'SET ARCHIVELOG DESTINATION',
  'set-command-id': 'SET COMMAND ID',
  'set-dbid': 'SET DBID',
  'set-autobackup-format': 'SET CONTROLFILE AUTOBACKUP FORMAT',
  'set-until': 'SET until clause',
  'set-newname': 'SET NEWNAME',
};

function apply(session: Session, statement: SetStatement): void {
  const { settings } = session;
  switch (statement.kind) {
    case 'set-command-id':
      session.commandId = statement.id;
      break;
    case 'set-dbid':
      session.dbid = statement.dbid;
      break;
    case 'set-encryption':
      session.encryption = statement.on;
      break;
    case 'set-echo':
      session.echo = statement.on;
      break;
    case 'set-autobackup-format':
      settings.autobackupFormats.set(statement.device, statement.format);
      break;
    case 'set-backup-copies':
      settings.backupCopies = statement.copies;
      break;
    case 'set-archivelog-destination':
      settings.archiveDestination = statement.path;
      break;
    case 'set-until':
      settings.until = statement.until;
      break;
    case 'set-newname':
      settings.newNames.push(statement);
      break;
    case 'set-maxcorrupt':
      for (const file of statement.files) settings.corruptMax.set(file, statement.max);
      break;
  }
}
