/** Which data files DUPLICATE makes, and under which names. Nothing is written before all of it is known to be right. */
import { existsSync } from 'node:fs';
import { type ControlFile, type DataFile } from '../control-file/control-file';
import { type DuplicateStatement } from './ast';
import { refusedLines } from './lab-error';
import { newPath } from './restore-data-files';
import { RmanError } from './rman-error';
import { selectDataFiles, tablespaceOf } from './select-files';
import { type Session } from './session';

/** No database opens without them. */
const NEEDED_TABLESPACE = /^([^:]+:)?(SYSTEM|SYSAUX|UNDO.*)$/;

/** SKIP TABLESPACE and SKIP READONLY: the new control file does not know them. Throws RmanError for those no database opens without. */
export function leaveOut(
  session: Session,
  original: ControlFile,
  { skipTablespaces, skipReadOnly }: DuplicateStatement,
): ControlFile {
  // Throws RMAN-20202 for a name nobody knows.
  const named = selectDataFiles(original, { kind: 'tablespaces', names: skipTablespaces });
  const readOnly = skipReadOnly ? original.dataFiles.filter(({ enabled }) => enabled === 'READ ONLY') : [];
  const skipped = new Set([...named, ...readOnly]);
  if (skipped.size === 0) return original;
  const needed = [...skipped].map((file) => tablespaceOf(original, file)).find(isNeeded);
  if (needed !== undefined) throw new RmanError(refusedLines(`SKIP TABLESPACE of ${needed}`));
  for (const { file } of skipped) session.print(`Datafile ${file} skipped by request`);
  const isOf = (record: { ts: number; conId?: number }) => (file: DataFile) =>
    file.ts === record.ts && file.conId === record.conId;
  return {
    ...original,
    dataFiles: original.dataFiles.filter((file) => !skipped.has(file)),
    tablespaces: original.tablespaces.filter((tablespace) => ![...skipped].some(isOf(tablespace))),
  };
}

function isNeeded(tablespace: string): boolean {
  return NEEDED_TABLESPACE.test(tablespace);
}

export type NewNames = ReadonlyMap<number, string>;

/** SET NEWNAME, else DB_FILE_NAME_CONVERT, else the name it has. */
export function newNames(session: Session, source: ControlFile, { convert }: DuplicateStatement): NewNames {
  return new Map(
    source.dataFiles.map((record) => {
      const set = newPath(source, record, session.settings);
      const pair = convert.find(({ from }) => record.name.includes(from));
      const isConverted = set === record.name && pair !== undefined;
      return [record.file, isConverted ? record.name.replace(pair.from, pair.to) : set];
    }),
  );
}

/** Target and auxiliary share this host: whatever NOFILENAMECHECK says, the files of an open database are locked. */
export function checkNames(
  original: ControlFile,
  names: NewNames,
  { checkNames: isChecked, source }: DuplicateStatement,
): void {
  const taken = new Set(original.dataFiles.map(({ name }) => name));
  const conflicts = [...names.values()].filter((name) => taken.has(name));
  if (isChecked && conflicts.length > 0) {
    throw new RmanError(
      conflicts.map(
        (name) => `RMAN-05001: auxiliary file name ${name} conflicts with a file used by the target database`,
      ),
    );
  }
  // A directory of backups may come from a host that is far away.
  const locked = conflicts.find((name) => source.kind !== 'location' || existsSync(name));
  if (locked === undefined) return;
  throw new RmanError([
    `ORA-19504: failed to create file "${locked}"`,
    'ORA-27086: unable to lock file - already in use',
  ]);
}
