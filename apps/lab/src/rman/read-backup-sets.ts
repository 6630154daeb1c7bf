/**
 * Reads sets of data-file backups over all channels. The header of a file is written last, when every piece of it arrived:
 * a restore that failed leaves nothing that looks like a data file.
 */
import { type BackupDataFile, type ControlFile } from '../control-file/control-file';
import { readDataFileHeader } from '../formats/data-file-header';
import { parseScn, type Scn } from '../formats/scn';
import { type Channel, ChannelError } from './channel';
import { type RestoredPart, type RestoreTarget } from './channel-protocol';
import { piecesOf, type UnreadableHandles } from './find-backups';
import { RmanError } from './rman-error';
import { type Session } from './session';
import { writeFileHeader } from './target-file';
import { type Step, workOff } from './work-queue';

interface FileToRead {
  backup: BackupDataFile;
  /** Where the blocks go. Null: read and check only. */
  path: string | null;
  mode: RestoreTarget['mode'];
  /** Recovery must go beyond this SCN already. */
  fuzzyScn: Scn;
}

export interface SetReading {
  files: FileToRead[];
  command: 'restore' | 'recover' | 'validate';
  /** RECOVER COPY: the increments go into image copies. */
  ofCopies?: boolean;
  unreadable: UnreadableHandles;
}

/** A piece that could not be read while its channel lives: another copy or an older backup may serve. */
export class UnreadablePieceError extends ChannelError {
  /** Numbers of the files that were read whole all the same. */
  readonly finished: number[] = [];

  constructor(
    readonly handle: string,
    { channel, lines }: ChannelError,
  ) {
    super(channel, lines);
  }
}

/** Throws UnreadablePieceError, ChannelError or RmanError at the first piece that cannot be read. */
export async function readBackupSets(
  session: Session,
  controlFile: ControlFile,
  { files, command, unreadable, ofCopies = false }: SetReading,
): Promise<void> {
  const parts = new Map<number, RestoredPart[]>();
  const steps = bySet(files).flatMap((ofSet) => stepsOf(controlFile, ofSet, { parts, unreadable, ofCopies }));
  const finish = (file: FileToRead): void => {
    if (file.path !== null) writeHeader(file, file.path, parts.get(file.backup.file) ?? []);
  };
  try {
    await workOff(session, steps, { command, rerun: 'lost-channel' });
  } catch (error) {
    if (!(error instanceof UnreadablePieceError)) throw error;
    for (const file of files.filter(({ backup }) => missingFrom(backup, parts) === undefined)) {
      finish(file);
      error.finished.push(file.backup.file);
    }
    throw error;
  }
  for (const file of files) {
    const missing = missingFrom(file.backup, parts);
    if (missing !== undefined) throw incomplete(file.backup, missing);
    finish(file);
  }
}

function bySet(files: FileToRead[]): FileToRead[][] {
  const sets = new Map<string, FileToRead[]>();
  for (const file of files) {
    const key = `${file.backup.setStamp}/${file.backup.setCount}`;
    sets.set(key, [...(sets.get(key) ?? []), file]);
  }
  return [...sets.values()];
}

function stepsOf(
  controlFile: ControlFile,
  files: FileToRead[],
  {
    parts,
    unreadable,
    ofCopies,
  }: { parts: Map<number, RestoredPart[]>; unreadable: UnreadableHandles; ofCopies: boolean },
): Step[] {
  const [first] = files;
  const pieces = first === undefined ? undefined : piecesOf(controlFile, first.backup, unreadable);
  if (first === undefined || pieces === undefined) throw new Error('a set without its pieces was chosen');
  const targets = files.flatMap(({ backup, path, mode }) =>
    path === null ? [] : [{ file: backup.file, path, mode }],
  );
  const incremental = first.backup.level === 1;
  const validate = first.path === null;
  return pieces.map(({ handle, piece, tag, deviceType }) => ({
    channel: null,
    device: deviceType,
    run: async (channel) => {
      const set = { handle, piece, tag, incremental, ofCopies, targets, validate };
      const job = { kind: 'restore-files', ...set } as const;
      const result = await readable(channel, handle, () => channel.run(job));
      for (const part of result.parts) parts.set(part.file, [...(parts.get(part.file) ?? []), part]);
    },
  }));
}

/** Tells a piece that cannot be read from a channel that is gone. */
export async function readable<T>(channel: Channel, handle: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ChannelError && !channel.isDead) throw new UnreadablePieceError(handle, error);
    throw error;
  }
}

/**
 * The first block no piece speaks for; undefined: all are there. A set that lacks its last piece would look whole otherwise.
 */
function missingFrom(
  { file, datafileBlocks }: BackupDataFile,
  parts: Map<number, RestoredPart[]>,
): number | undefined {
  let reached = 0;
  const found = [...(parts.get(file) ?? [])].sort((a, b) => a.from - b.from || a.to - b.to);
  for (const { from, to } of found) {
    if (from > reached + 1) break;
    reached = Math.max(reached, to);
  }
  return reached < datafileBlocks ? reached + 1 : undefined;
}

function incomplete({ file, datafileBlocks }: BackupDataFile, from: number): RmanError {
  const which = `blocks ${from} through ${datafileBlocks}`;
  return new RmanError([`ORA-19612: datafile ${file} not restored due to missing ${which} in the backup`]);
}

/** The header is the one of the backup; it says how far the blocks are ahead of it. */
function writeHeader({ backup, fuzzyScn }: FileToRead, path: string, parts: RestoredPart[]): void {
  const block = parts.find((part) => part.header !== null)?.header;
  const read =
    block === undefined || block === null ? undefined : readDataFileHeader(Buffer.from(block, 'base64'));
  if (read?.ok !== true) {
    throw new RmanError([
      `ORA-19612: datafile ${backup.file} not restored due to missing or broken header in the backup`,
    ]);
  }
  const newest = parts.reduce((max, { newestScn }) => maxOf(max, parseScn(newestScn)), fuzzyScn);
  writeFileHeader(path, read.header, newest);
}

function maxOf(a: Scn, b: Scn): Scn {
  return a > b ? a : b;
}
