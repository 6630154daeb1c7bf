/** SWITCH: the control file takes restored files, or image copies, for its data files. */
import { type ControlFile, type DataFile } from '../control-file/control-file';
import { closeDataFile, openDataFile } from '../engine/data-file-handle';
import { type Statement } from './ast';
import { findCopy, newestCopy } from './find-copies';
import { describeCopy } from './image-copy';
import { RmanError } from './rman-error';
import { selectDataFiles } from './select-files';
import { type Session } from './session';

type SwitchStatement = Extract<Statement, { kind: 'switch-files' | 'switch-to-copy' }>;

export function runSwitch(session: Session, statement: SwitchStatement): Promise<void> {
  return statement.kind === 'switch-files'
    ? switchFiles(session, statement.files)
    : switchToCopies(session, statement);
}

/** To what RESTORE made under new names; null: all of them. */
export async function switchFiles(session: Session, files: (number | string)[] | null): Promise<void> {
  for (const [file, name] of session.settings.restored) {
    if (files !== null && !files.includes(file)) continue;
    await session.target.instance.switchDataFile({ file, name });
    session.print(`datafile ${file} switched to datafile copy`, `input datafile copy file name=${name}`);
  }
}

/** The copy becomes the data file, and what was the data file becomes a copy. Throws RMAN-06571 before anything is switched. */
async function switchToCopies(
  session: Session,
  { files, copy }: Extract<Statement, { kind: 'switch-to-copy' }>,
): Promise<void> {
  const { instance } = session.target;
  const controlFile = await instance.readControlFile({});
  const records =
    files === null ? controlFile.dataFiles : selectDataFiles(controlFile, { kind: 'data-files', files });
  const pairs = records.map((record) => ({ record, copy: copyFor(controlFile, record, copy) }));
  for (const pair of pairs) {
    await instance.switchDataFile({ file: pair.record.file, name: pair.copy.name });
    await instance.setCopyStatus({ recids: [pair.copy.recid], status: null });
    await keepAsCopy(session, pair.record.name);
    session.print(`datafile ${pair.record.file} switched to datafile copy "${pair.copy.name}"`);
  }
}

function copyFor(controlFile: ControlFile, { file }: DataFile, named: string | null) {
  const copy = named === null ? newestCopy(controlFile, file) : findCopy(controlFile, named);
  if (copy?.file === file) return copy;
  throw new RmanError([`RMAN-06571: datafile ${file} does not have recoverable copy`]);
}

/** One that is lost leaves no record. */
async function keepAsCopy(session: Session, name: string): Promise<void> {
  const opening = openDataFile(name);
  if (!opening.ok) return;
  closeDataFile(opening.handle);
  const completedAt = session.now().toISOString();
  const copy = { ...describeCopy(opening.header, name), level: null, tag: null, completedAt };
  await session.target.instance.recordDataFileCopy(copy);
}
