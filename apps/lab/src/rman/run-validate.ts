/** VALIDATE: reads files, logs or backup sets to their end and writes nothing. */
import { type BackupPiece, type BackupSet } from '../control-file/control-file';
import { type BackupStatement, type Statement } from './ast';
import { piecesOf } from './find-backups';
import { readBackupSets } from './read-backup-sets';
import { labLines } from './lab-error';
import { RmanError } from './rman-error';
import { runBackup } from './run-backup';
import { needRestoreChannels } from './run-channels';
import { findSet, isOfSet } from './select-pieces';
import { type Session } from './session';
import { type Step, workOff } from './work-queue';

type ValidateStatement = Extract<Statement, { kind: 'validate' }>;

export async function runValidate(
  session: Session,
  { what, checkLogical }: ValidateStatement,
): Promise<void> {
  if (what.kind === 'backupset') {
    await validateSets(session, what.keys);
    return;
  }
  if (what.kind === 'control-file' || what.kind === 'spfile') {
    throw new RmanError(labLines('VALIDATE CURRENT CONTROLFILE and SPFILE'));
  }
  const statement: BackupStatement = {
    kind: 'backup',
    level: null,
    cumulative: false,
    force: true,
    as: 'backupset',
    forRecoverOfCopy: null,
    validate: true,
    checkLogical,
    noExclude: true,
    device: null,
    copies: null,
    sectionBytes: null,
    options: {},
    specs: [{ what, options: {} }],
    plusLogs: null,
  };
  await runBackup(session, statement);
}

async function validateSets(session: Session, keys: number[]): Promise<void> {
  session.print('', `Starting validate at ${session.dateNow()}`);
  await needRestoreChannels(session, null);
  const controlFile = await session.target.instance.readControlFile({});
  for (const key of keys) {
    const set = findSet(controlFile, key);
    const files = controlFile.backupDataFiles
      .filter((backup) => isOfSet(backup, set) && backup.file > 0)
      .map((backup) => ({ backup, path: null, mode: 'create', fuzzyScn: 0n }) as const);
    if (files.length > 0) {
      await readBackupSets(session, controlFile, { files, command: 'validate', unreadable: new Set() });
    } else {
      const pieces = piecesOf(controlFile, set) ?? [];
      await workOff(
        session,
        pieces.map((piece) => stepFor(piece, set)),
        {
          command: 'validate',
          rerun: 'lost-channel',
        },
      );
    }
  }
  session.print(`Finished validate at ${session.dateNow()}`);
}

function stepFor({ handle, piece, tag, deviceType }: BackupPiece, set: BackupSet): Step {
  return {
    channel: null,
    device: deviceType,
    run: async (channel) => {
      if (set.type === 'L') await channel.run({ kind: 'restore-logs', handle, piece, tag, logs: [] });
      else {
        const which = set.controlFileIncluded ? 'control-file' : 'spfile';
        await channel.run({ kind: 'restore-whole', handle, which, path: null });
      }
    },
  };
}
