/** Names of backup pieces and image copies (FORMAT), and of restored data files (SET NEWNAME). All dates are UTC, as everywhere on the host. */
import { basename } from 'node:path';
import { encodeSetName } from '../formats/stamp';

export interface PieceNameParts {
  dbid: number;
  dbName: string;
  setStamp: number;
  setCount: number;
  piece: number;
  copy: number;
  at: Date;
  /** The only data file of the set. */
  file?: number;
  /** Number of a control-file autobackup on its day, for %F. */
  autobackup?: number;
}

/** RMAN's name when there is no FORMAT. */
export const DEFAULT_FORMAT = '%U';

/** Replaces the % letters of the copy's format (the last one serves the copies beyond); an unknown one stays as it is. */
export function makePieceName(formats: readonly string[], parts: PieceNameParts): string {
  const format = formats[parts.copy - 1] ?? formats.at(-1) ?? '';
  const { dbid, setStamp, setCount, piece, copy, at } = parts;
  const setName = encodeSetName(setCount, setStamp);
  const day = dayOf(at);
  const sequence = (parts.autobackup ?? 0).toString(16).padStart(2, '0');
  return replaced(format, {
    ...lettersOf(parts),
    U: `${setName}_${setCount}_${piece}_${copy}`,
    p: String(piece),
    c: String(copy),
    F: `c-${dbid}-${day}-${sequence}`,
    f: String(parts.file ?? 0),
  });
}

type SetParts = Pick<PieceNameParts, 'dbid' | 'dbName' | 'setStamp' | 'setCount' | 'at'>;

/** The letters that mean the same for pieces and for image copies. */
function lettersOf({ dbid, dbName, setStamp, setCount, at }: SetParts): Record<string, string> {
  const day = dayOf(at);
  return {
    u: encodeSetName(setCount, setStamp),
    s: String(setCount),
    d: dbName,
    n: dbName.padEnd(8, 'x'),
    I: String(dbid),
    T: day,
    Y: day.slice(0, 4),
    M: day.slice(4, 6),
    D: day.slice(6, 8),
    t: String(setStamp),
    '%': '%',
  };
}

function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10).replaceAll('-', '');
}

function replaced(format: string, letters: Record<string, string>): string {
  return format.replace(/%(.)/g, (whole, letter: string) => letters[letter] ?? whole);
}

/** Name of an image copy: %b base name, %f file number, %N tablespace, %U unique. */
export function makeCopyName(
  format: string,
  parts: SetParts & { file: number; name: string; tablespace: string },
): string {
  const { dbid, dbName, file, name, tablespace } = parts;
  const letters = lettersOf(parts);
  return replaced(format, {
    ...letters,
    U: `data-D-${dbName}_id-${dbid}_TS-${tablespace}_FNO-${file}_${letters['u'] ?? ''}`,
    N: tablespace,
    f: String(file),
    b: basename(name),
  });
}

/** %b base name, %f file number, %U unique, %I DBID of a restored data file. */
export function makeFileName(
  format: string,
  parts: { file: number; name: string; dbid: number; dbName: string },
): string {
  const letters: Record<string, string> = {
    b: basename(parts.name),
    f: String(parts.file),
    U: `data_D-${parts.dbName}_FNO-${parts.file}`,
    I: String(parts.dbid),
    d: parts.dbName,
    '%': '%',
  };
  return replaced(format, letters);
}
