/** RECOVER COPY OF: image copies take up the level 1 that were made for them, each one record after the other. */
import { type ControlFile, type DataFileCopy } from '../control-file/control-file';
import { closeDataFile, openDataFile } from '../engine/data-file-handle';
import { type DataFileHeader } from '../formats/data-file-header';
import { type Scn } from '../formats/scn';
import { type RecoverStatement } from './ast';
import { findIncrement } from './find-backups';
import { newestCopy } from './find-copies';
import { describeCopy } from './image-copy';
import { readBackupSets } from './read-backup-sets';
import { RmanError } from './rman-error';
import { selectDataFiles } from './select-files';
import { type Session } from './session';
import { resolveUntil } from './until-scn';

export async function recoverCopies(
  session: Session,
  statement: RecoverStatement,
  controlFile: ControlFile,
): Promise<void> {
  const tag = statement.copies?.tag ?? undefined;
  const until = resolveUntil(controlFile, statement.until ?? session.settings.until, session.dateFormat).scn;
  const copies: DataFileCopy[] = [];
  for (const { file } of selectDataFiles(controlFile, statement.what, statement.skipTablespaces)) {
    const copy = newestCopy(controlFile, file, { tag, until });
    if (copy === undefined) session.print(`no copy of datafile ${file} found to recover`);
    else copies.push(copy);
  }
  await applyIncrements(session, controlFile, { copies, until });
}

/** Each round takes every copy as far as one increment can. What a copy has become is on record after its round. */
async function applyIncrements(
  session: Session,
  controlFile: ControlFile,
  { copies, until }: { copies: DataFileCopy[]; until: Scn | undefined },
): Promise<void> {
  for (;;) {
    const next = copies.flatMap((copy) => {
      const header = readHeader(copy);
      const backup = findIncrement(controlFile, header, { until });
      if (backup === undefined) return [];
      return [{ copy, backup, path: copy.name, mode: 'apply' as const, fuzzyScn: header.absoluteFuzzyScn }];
    });
    if (next.length === 0) return;
    const reading = {
      files: next,
      command: 'recover',
      unreadable: new Set<string>(),
      ofCopies: true,
    } as const;
    await readBackupSets(session, controlFile, reading);
    for (const { copy } of next) {
      const { tag, level } = copy;
      const completedAt = session.now().toISOString();
      const now = { ...describeCopy(readHeader(copy), copy.name), tag, level, completedAt };
      await session.target.instance.recordDataFileCopy(now);
    }
  }
}

function readHeader({ name }: DataFileCopy): DataFileHeader {
  const opening = openDataFile(name);
  if (!opening.ok) throw new RmanError([`ORA-19505: failed to identify file "${name}"`]);
  closeDataFile(opening.handle);
  return opening.header;
}
