/**
 * Reads sets of data-file backups over all channels. The header of a file is written last, when every piece of it arrived:
 * a restore that failed leaves nothing that looks like a data file.
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { type BackupDataFile, type ControlFile } from '../control-file/control-file';
import { makeDataFileHeader, readDataFileHeader } from '../formats/data-file-header';
import { parseScn, type Scn } from '../formats/scn';
import { type RestoredPart, type RestoreTarget } from './channel-protocol';
import { piecesOf } from './find-backups';
import { RmanError } from './rman-error';
import { type Session } from './session';
import { type Step, workOff } from './work-queue';

export interface FileToRead {
  backup: BackupDataFile;
  /** Where the blocks go. Null: read and check only. */
  path: string | null;
  mode: RestoreTarget['mode'];
  /** Recovery must go beyond this SCN already. */
  fuzzyScn: Scn;
}

/** Throws ChannelError or RmanError at the first piece that cannot be read. */
export async function readBackupSets(
  session: Session,
  controlFile: ControlFile,
  files: FileToRead[],
  command: 'restore' | 'recover',
): Promise<void> {
  const parts = new Map<number, RestoredPart[]>();
  const steps = bySet(files).flatMap((ofSet) => stepsOf(controlFile, ofSet, parts));
  await workOff(session, steps, { command, rerun: 'lost-channel' });
  for (const file of files) {
    if (file.path !== null) writeHeader(file, file.path, parts.get(file.backup.file) ?? []);
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

function stepsOf(controlFile: ControlFile, files: FileToRead[], parts: Map<number, RestoredPart[]>): Step[] {
  const [first] = files;
  const pieces = first === undefined ? undefined : piecesOf(controlFile, first.backup);
  if (first === undefined || pieces === undefined) throw new Error('a set without its pieces was chosen');
  const targets = files.flatMap(({ backup, path, mode }) =>
    path === null ? [] : [{ file: backup.file, path, mode }],
  );
  const incremental = first.backup.level === 1;
  return pieces.map(({ handle, piece, tag }) => ({
    channel: null,
    run: async (channel) => {
      const job = { kind: 'restore-files', handle, piece, tag, incremental, targets } as const;
      const result = await channel.run(job);
      for (const part of result.parts) parts.set(part.file, [...(parts.get(part.file) ?? []), part]);
    },
  }));
}

/** The header is the one of the backup; it says how far the blocks are ahead of it. */
function writeHeader({ backup, fuzzyScn }: FileToRead, path: string, parts: RestoredPart[]): void {
  const block = parts.find((part) => part.header !== null)?.header;
  const read =
    block === undefined || block === null ? undefined : readDataFileHeader(Buffer.from(block, 'base64'));
  if (read?.ok !== true) {
    throw new RmanError([
      `ORA-19612: data file ${backup.file} not restored due to missing or broken header in the backup`,
    ]);
  }
  const newest = parts.reduce((max, { newestScn }) => maxOf(max, parseScn(newestScn)), fuzzyScn);
  const { header } = read;
  const absoluteFuzzyScn = newest >= header.checkpointScn ? newest : 0n;
  const bytes = makeDataFileHeader({ ...header, absoluteFuzzyScn });
  const fd = openSync(path, 'r+');
  try {
    if (writeSync(fd, bytes, 0, bytes.length, header.blockBytes) !== bytes.length) {
      throw new Error(`${path}: short write`);
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function maxOf(a: Scn, b: Scn): Scn {
  return a > b ? a : b;
}
