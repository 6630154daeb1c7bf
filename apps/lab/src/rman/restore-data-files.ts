/** RESTORE DATABASE, TABLESPACE, DATAFILE: the newest base of every file, to its own or a new place; or VALIDATE. */
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type BackupDataFile, type ControlFile, type DataFile } from '../control-file/control-file';
import { makeFileBlockZero } from '../formats/data-file-header';
import { claimFault } from '../faults';
import { type FileChoice, type NewNameFor, type RestoreStatement } from './ast';
import { findBase, type UnreadableHandles } from './find-backups';
import { makeFileName } from './piece-name';
import { readBackupSets, UnreadablePieceError } from './read-backup-sets';
import { RmanError } from './rman-error';
import { isOpenFile, selectDataFiles, tablespaceOf } from './select-files';
import { type Session, type Settings } from './session';
import { resolveUntil } from './until-scn';

export interface PlannedFile {
  record: DataFile;
  backup: BackupDataFile;
  path: string;
}

type FilesStatement = RestoreStatement & { what: FileChoice };

/** Goes to other copies and older backups when a piece cannot be read, until nothing is left to go to. */
export async function restoreDataFiles(session: Session, statement: FilesStatement): Promise<void> {
  const controlFile = await session.target.instance.readControlFile({});
  const unreadable = new Set<string>();
  const finished = new Set<number>();
  for (;;) {
    const planned = planFiles(session, controlFile, { statement, unreadable }).filter(
      ({ record }) => !finished.has(record.file),
    );
    try {
      await carryOut(session, controlFile, { statement, planned, unreadable });
      return;
    } catch (error) {
      if (!(error instanceof UnreadablePieceError)) throw error;
      unreadable.add(error.handle);
      for (const file of error.finished) finished.add(file);
      noteNewPlaces(
        session,
        planned.filter(({ record }) => finished.has(record.file)),
      );
      const [first = '', ...others] = error.lines;
      session.print(`channel ${error.channel}: ${first}`, ...others, 'failover to previous backup', '');
    }
  }
}

interface Plan {
  statement: FilesStatement;
  planned: PlannedFile[];
  unreadable: UnreadableHandles;
}

async function carryOut(
  session: Session,
  controlFile: ControlFile,
  { statement, planned, unreadable }: Plan,
): Promise<void> {
  if (statement.validate) {
    const files = planned.map(
      ({ backup }) => ({ backup, path: null, mode: 'create', fuzzyScn: 0n }) as const,
    );
    await readBackupSets(session, controlFile, { files, command: 'restore', unreadable });
    return;
  }
  const { status } = await session.target.instance.identity({});
  if (status === 'OPEN') for (const file of planned) refuseOpenFile(controlFile, file);
  for (const { record, path } of planned) {
    session.print(`destination of datafile ${String(record.file).padStart(5, '0')}: ${path}`);
  }
  await restoreFiles(session, controlFile, { planned, unreadable });
  noteNewPlaces(session, planned);
}

function noteNewPlaces(session: Session, planned: PlannedFile[]): void {
  for (const { record, path } of planned) {
    if (path !== record.name) session.settings.restored.set(record.file, path);
  }
}

/** The base of every file. Throws RmanError with RMAN-06026 when one has none. */
export function planFiles(
  session: Session,
  controlFile: ControlFile,
  { statement, unreadable }: { statement: FilesStatement; unreadable: UnreadableHandles },
): PlannedFile[] {
  const { what, until, from, skipTablespaces } = statement;
  const target = resolveUntil(controlFile, until ?? session.settings.until, session.dateFormat);
  const tag = from?.kind === 'tag' ? from.tag : undefined;
  const planned: PlannedFile[] = [];
  const missing: number[] = [];
  for (const record of selectDataFiles(controlFile, what, skipTablespaces)) {
    const backup = findBase(controlFile, record.file, { until: target.scn, tag, unreadable });
    const isStruck = strikes(session, record);
    if (backup === undefined || isStruck) missing.push(record.file);
    else planned.push({ record, backup, path: newPath(controlFile, record, session.settings) });
  }
  if (missing.length === 0) return planned;
  throw new RmanError([
    'RMAN-06026: some targets not found - aborting restore',
    ...missing.map((file) => `RMAN-06023: no backup or copy of datafile ${file} found to restore`),
  ]);
}

function strikes({ target }: Session, record: DataFile): boolean {
  return claimFault(target.base, 'no-backup-found', { subject: record.name }) !== undefined;
}

/** SET NEWNAME of the file, else of its tablespace, else of the database, else where it was. */
function newPath(controlFile: ControlFile, record: DataFile, { newNames }: Settings): string {
  const { dbid, dbName } = controlFile;
  const { file, name } = record;
  const tablespace = tablespaceOf(controlFile, record);
  const last = (fits: (of: NewNameFor) => boolean) => newNames.filter(({ of }) => fits(of)).at(-1);
  const rule =
    last((of) => of.kind === 'file' && (of.file === file || of.file === name)) ??
    last((of) => of.kind === 'tablespace' && of.name === tablespace) ??
    last((of) => of.kind === 'database');
  return rule === undefined ? name : makeFileName(rule.to, { file, name, dbid, dbName });
}

function refuseOpenFile(controlFile: ControlFile, { record, path }: PlannedFile): void {
  if (!isOpenFile(controlFile, record) || path !== record.name) return;
  throw new RmanError([`ORA-19573: cannot obtain exclusive enqueue for datafile ${record.file}`]);
}

async function restoreFiles(
  session: Session,
  controlFile: ControlFile,
  { planned, unreadable }: Omit<Plan, 'statement'>,
): Promise<void> {
  try {
    for (const file of planned) createEmpty(file);
    const files = planned.map(
      ({ backup, path }) => ({ backup, path, mode: 'create', fuzzyScn: 0n }) as const,
    );
    await readBackupSets(session, controlFile, { files, command: 'restore', unreadable });
  } catch (error) {
    const kept = error instanceof UnreadablePieceError ? error.finished : [];
    for (const { record, path } of planned) if (!kept.includes(record.file)) rmSync(path, { force: true });
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
