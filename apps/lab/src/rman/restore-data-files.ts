/** RESTORE DATABASE, TABLESPACE, DATAFILE: the newest base of every file, to its own or a new place; or VALIDATE. */
import { rmSync } from 'node:fs';
import {
  type BackupDataFile,
  type ControlFile,
  type DataFile,
  type DataFileCopy,
} from '../control-file/control-file';
import { type AddedFile, headerOfAdded, isAdded } from '../engine/added-file';
import { parseScn } from '../formats/scn';
import { claimFault } from '../faults/rman-faults';
import { type FileChoice, type NewNameFor, type RestoreStatement } from './ast';
import { findBase, type BackupChoice, type UnreadableHandles } from './find-backups';
import { newestCopy } from './find-copies';
import { makeFileName } from './piece-name';
import { readBackupSets, readable, UnreadablePieceError } from './read-backup-sets';
import { RmanError } from './rman-error';
import { isOpenFile, selectDataFiles, tablespaceOf } from './select-files';
import { type Session, type Settings } from './session';
import { createAddedFile, createEmptyFile } from './target-file';
import { resolveUntil } from './until-scn';
import { type Step, workOff } from './work-queue';

export interface PlannedFile {
  record: DataFile;
  base: Base;
  path: string;
}

type Base =
  | { kind: 'set'; backup: BackupDataFile }
  | { kind: 'copy'; copy: DataFileCopy }
  /** The file is made empty, and the redo since its creation fills it. */
  | { kind: 'redo'; record: AddedFile };

/** Checkpoint of what a file is restored from. */
export function checkpointOf({ base }: PlannedFile): bigint {
  switch (base.kind) {
    case 'set':
      return parseScn(base.backup.checkpointScn);
    case 'copy':
      return parseScn(base.copy.checkpointScn);
    case 'redo':
      return parseScn(base.record.creationScn);
  }
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
    await readBases(session, controlFile, { planned, unreadable, validate: true });
    return;
  }
  const { status } = await session.target.instance.identity({});
  if (status === 'OPEN') for (const file of planned) refuseOpenFile(controlFile, file);
  for (const { record, base, path } of planned) {
    session.print(
      base.kind === 'redo'
        ? `creating datafile file number=${record.file} name=${path}`
        : `destination of datafile ${String(record.file).padStart(5, '0')}: ${path}`,
    );
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
    const choice = { until: target.scn, tag, unreadable };
    const base = chooseBase(session, controlFile, { record, choice, from });
    const isStruck = strikes(session, record);
    if (base === undefined || isStruck) missing.push(record.file);
    else planned.push({ record, base, path: newPath(controlFile, record, session.settings) });
  }
  if (missing.length === 0) return planned;
  throw new RmanError([
    'RMAN-06026: some targets not found - aborting restore',
    ...missing.map((file) => `RMAN-06023: no backup or copy of datafile ${file} found to restore`),
  ]);
}

/**
 * The newest of both kinds; of a set and a copy of the same checkpoint the copy. Copies need a channel of the disk. Without either it is redo, of
 * a file that a statement added before the end.
 */
function chooseBase(
  session: Session,
  controlFile: ControlFile,
  { record, choice, from }: { record: DataFile; choice: BackupChoice; from: RestoreStatement['from'] },
): Base | undefined {
  const { file } = record;
  const hasDisk = session.usableChannels().some(({ device }) => device === 'DISK');
  const backup = from?.kind === 'datafilecopy' ? undefined : findBase(controlFile, file, choice);
  const copy = from?.kind === 'backupset' || !hasDisk ? undefined : newestCopy(controlFile, file, choice);
  if (copy === undefined && backup === undefined)
    return from === null && isAdded(record) && isBefore(record, choice)
      ? { kind: 'redo', record }
      : undefined;
  if (copy === undefined) return backup === undefined ? undefined : { kind: 'set', backup };
  const isOlder = backup !== undefined && parseScn(copy.checkpointScn) < parseScn(backup.checkpointScn);
  return isOlder ? { kind: 'set', backup } : { kind: 'copy', copy };
}

function isBefore({ creationScn }: DataFile, { until }: BackupChoice): boolean {
  return until === undefined || parseScn(creationScn) < until;
}

function strikes({ target }: Session, record: DataFile): boolean {
  return claimFault(target.base, 'no-backup-found', { subject: record.name }) !== undefined;
}

/** SET NEWNAME of the file, else of its tablespace, else of the database, else where it was. */
export function newPath(controlFile: ControlFile, record: DataFile, { newNames }: Settings): string {
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
    for (const { base, path } of planned) {
      if (base.kind === 'set')
        createEmptyFile(path, { blockBytes: base.backup.blockBytes, blocks: base.backup.datafileBlocks });
      if (base.kind === 'redo') await createAddedFile(path, headerOfAdded(controlFile, base.record));
    }
    await readBases(session, controlFile, { planned, unreadable, validate: false });
  } catch (error) {
    const kept = error instanceof UnreadablePieceError ? error.finished : [];
    for (const { record, path } of planned) if (!kept.includes(record.file)) rmSync(path, { force: true });
    throw error;
  }
}

/** Throws UnreadablePieceError, which names the files that are whole, ChannelError or RmanError. */
async function readBases(
  session: Session,
  controlFile: ControlFile,
  { planned, unreadable, validate }: Omit<Plan, 'statement'> & { validate: boolean },
): Promise<void> {
  const copies = planned.flatMap(({ base, path }) =>
    base.kind === 'copy' ? [{ copy: base.copy, path: validate ? null : path }] : [],
  );
  const finished = copies.length === 0 ? [] : await readCopies(session, copies);
  const files = planned.flatMap(({ base, path }) =>
    base.kind === 'set'
      ? [{ backup: base.backup, path: validate ? null : path, mode: 'create' as const, fuzzyScn: 0n }]
      : [],
  );
  if (files.length === 0) return;
  try {
    await readBackupSets(session, controlFile, { files, command: 'restore', unreadable });
  } catch (error) {
    if (error instanceof UnreadablePieceError) error.finished.push(...finished);
    throw error;
  }
}

/** Answers the numbers of their files. */
async function readCopies(
  session: Session,
  copies: { copy: DataFileCopy; path: string | null }[],
): Promise<number[]> {
  const finished: number[] = [];
  const steps = copies.map(({ copy, path }): Step => ({
    channel: null,
    device: 'DISK',
    run: async (channel) => {
      await readable(channel, copy.name, () => channel.run({ kind: 'restore-copy', copy, path }));
      finished.push(copy.file);
    },
  }));
  try {
    await workOff(session, steps, { command: 'restore', rerun: 'lost-channel' });
  } catch (error) {
    if (error instanceof UnreadablePieceError) error.finished.push(...finished);
    throw error;
  }
  return finished;
}
