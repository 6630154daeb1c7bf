/** RESTORE DATABASE, TABLESPACE, DATAFILE: the newest base of every file, to its own or a new place; or VALIDATE. */
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type BackupDataFile, type ControlFile, type DataFile } from '../control-file/control-file';
import { makeFileBlockZero } from '../formats/data-file-header';
import { type RestoreStatement } from './ast';
import { findBase } from './find-backups';
import { makeFileName } from './piece-name';
import { readBackupSets } from './read-backup-sets';
import { RmanError } from './rman-error';
import { type DataFileChoice, selectDataFiles } from './select-files';
import { type Session, type Settings } from './session';
import { resolveUntil } from './until-scn';

interface PlannedFile {
  record: DataFile;
  backup: BackupDataFile;
  path: string;
}

export async function restoreDataFiles(
  session: Session,
  statement: RestoreStatement & { what: DataFileChoice },
): Promise<void> {
  const { instance } = session.target;
  const controlFile = await instance.readControlFile({});
  const planned = planFiles(session, controlFile, statement);
  if (statement.validate) {
    const files = planned.map(
      ({ backup }) => ({ backup, path: null, mode: 'create', fuzzyScn: 0n }) as const,
    );
    await readBackupSets(session, controlFile, files, 'restore');
    return;
  }
  const { status } = await instance.identity({});
  for (const file of planned) refuseOpenFile(file, status);
  for (const { record, path } of planned) {
    session.print(`destination of datafile ${String(record.file).padStart(5, '0')}: ${path}`);
  }
  await restoreFiles(session, controlFile, planned);
  for (const { record, path } of planned) {
    if (path !== record.name) session.settings.restored.set(record.file, path);
  }
}

function planFiles(
  session: Session,
  controlFile: ControlFile,
  { what, until }: RestoreStatement & { what: DataFileChoice },
): PlannedFile[] {
  const target = resolveUntil(controlFile, until ?? session.settings.until, session.dateFormat);
  const planned: PlannedFile[] = [];
  const missing: number[] = [];
  for (const record of selectDataFiles(controlFile, what)) {
    const backup = findBase(controlFile, record.file, target.scn);
    if (backup === undefined) missing.push(record.file);
    else planned.push({ record, backup, path: newPath(controlFile, record, session.settings) });
  }
  if (missing.length === 0) return planned;
  throw new RmanError([
    'RMAN-06026: some targets not found - aborting restore',
    ...missing.map((file) => `RMAN-06023: no backup or copy of datafile ${file} found to restore`),
  ]);
}

/** SET NEWNAME of the file, else of the database, else where it was. */
function newPath({ dbid, dbName }: ControlFile, { file, name }: DataFile, { newNames }: Settings): string {
  const own = newNames.filter((known) => known.file === file || known.file === name).at(-1);
  const rule = own ?? newNames.filter((known) => known.file === null).at(-1);
  return rule === undefined ? name : makeFileName(rule.to, { file, name, dbid, dbName });
}

function refuseOpenFile({ record, path }: PlannedFile, status: string): void {
  if (status !== 'OPEN' || path !== record.name) return;
  throw new RmanError([`ORA-19573: cannot obtain exclusive enqueue for datafile ${record.file}`]);
}

async function restoreFiles(
  session: Session,
  controlFile: ControlFile,
  planned: PlannedFile[],
): Promise<void> {
  try {
    for (const file of planned) createEmpty(file);
    const files = planned.map(
      ({ backup, path }) => ({ backup, path, mode: 'create', fuzzyScn: 0n }) as const,
    );
    await readBackupSets(session, controlFile, files, 'restore');
  } catch (error) {
    for (const { path } of planned) rmSync(path, { force: true });
    throw error;
  }
}

/** Block 0 and the full length; no header yet. */
function createEmpty({ backup, path }: PlannedFile): void {
  const { blockBytes, datafileBlocks } = backup;
  if (!existsSync(dirname(path))) mkdirSync(dirname(path), { recursive: true });
  const fd = openSync(path, 'w');
  try {
    const zero = makeFileBlockZero(blockBytes, datafileBlocks);
    if (writeSync(fd, zero, 0, zero.length, 0) !== zero.length) throw new Error(`${path}: short write`);
    ftruncateSync(fd, (datafileBlocks + 1) * blockBytes);
  } finally {
    closeSync(fd);
  }
}
