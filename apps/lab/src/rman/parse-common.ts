/** Parts that many statements share; the rules of the same names stand in grammar.md. */
import {
  type DeviceType,
  type FileChoice,
  type Keep,
  type LogRange,
  type Retention,
  type Until,
} from './ast';
import { type TokenReader } from './token-reader';

const UNITS: Record<string, number> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };
const TAG_CHARACTERS_MAX = 30;

/** SBT, SBT_TAPE or DISK, quoted or not. */
export function parseDevice(reader: TokenReader): DeviceType {
  const { kind, text } = reader.next;
  const name = kind === 'word' || kind === 'string' ? text.toUpperCase() : '';
  if (name !== 'SBT' && name !== 'SBT_TAPE' && name !== 'DISK') {
    return reader.failAt('disk', 'sbt', 'sbt_tape', 'single-quoted-string');
  }
  reader.take();
  return name === 'DISK' ? 'DISK' : 'SBT_TAPE';
}

/** DEVICE TYPE, when it comes next. */
export function parseDeviceType(reader: TokenReader): DeviceType | undefined {
  return reader.accept('DEVICE', 'TYPE') ? parseDevice(reader) : undefined;
}

/** 64G, 64 G or 65536: bytes, or `unit` of them when no letter says so. */
export function parseSize(reader: TokenReader): number {
  const { kind, text } = reader.next;
  const match = kind === 'word' || kind === 'number' ? /^(\d+)([KMGT])?$/.exec(text) : null;
  if (match === null) return reader.failAt('integer');
  reader.take();
  const unit = match[2] ?? ['K', 'M', 'G', 'T'].find((letter) => reader.accept(letter)) ?? '';
  // A size nothing reaches limits nothing.
  return Math.min(Number(match[1]) * (UNITS[unit] ?? 1), Number.MAX_SAFE_INTEGER);
}

export function parseTag(reader: TokenReader): string {
  reader.accept('=');
  const { text } = reader.next;
  const tag = reader.name();
  return tag.length > TAG_CHARACTERS_MAX
    ? text.slice(0, TAG_CHARACTERS_MAX).toUpperCase()
    : tag.toUpperCase();
}

/** WITH TAG …, when it comes next. */
export function parseWithTag(reader: TokenReader): string | null {
  if (!reader.accept('WITH')) return null;
  reader.expect('TAG');
  return parseTag(reader);
}

/** A data file by number or by path. */
export function parseFile(reader: TokenReader): number | string {
  if (reader.next.kind === 'string') return reader.string();
  return reader.next.kind === 'number'
    ? reader.number()
    : reader.failAt('double-quoted-string', 'integer', 'single-quoted-string');
}

/** DATABASE, DATAFILE, TABLESPACE, PLUGGABLE DATABASE. */
export function parseFileChoice(reader: TokenReader): FileChoice | undefined {
  if (reader.accept('DATABASE')) return { kind: 'database' };
  if (reader.accept('DATAFILE')) return { kind: 'data-files', files: reader.list(() => parseFile(reader)) };
  if (reader.accept('TABLESPACE'))
    return { kind: 'tablespaces', names: reader.list(() => parseTablespace(reader)) };
  if (reader.accept('PLUGGABLE', 'DATABASE'))
    return { kind: 'pluggable-databases', names: reader.list(() => reader.name()) };
  return undefined;
}

/** A tablespace, in a PDB with the PDB's name before a colon. */
function parseTablespace(reader: TokenReader): string {
  const name = reader.name();
  return reader.accept(':') ? `${name}:${reader.name()}` : name;
}

/** The part behind the word ARCHIVELOG. */
export function parseLogRange(reader: TokenReader): LogRange {
  const range: LogRange = { from: null, until: null, thread: null };
  if (reader.accept('ALL')) return range;
  if (reader.accept('LIKE')) {
    range.like = reader.string();
    parseThread(reader, range);
    return range;
  }
  parsePoints(reader, range);
  parseThread(reader, range);
  if (reader.accept('INCARNATION')) {
    if (reader.next.kind === 'number') reader.number();
    else reader.oneOf('ALL', 'CURRENT');
    reader.notSimulated('ARCHIVELOG ... INCARNATION');
  }
  if (reader.accept('LIKE')) range.like = reader.string();
  return range;
}

function parseThread(reader: TokenReader, range: LogRange): void {
  if (reader.accept('THREAD')) range.thread = equals(reader).number();
}

function parsePoints(reader: TokenReader, range: LogRange): void {
  if (reader.accept('FROM')) {
    const unit = reader.oneOf('SEQUENCE', 'SCN', 'TIME');
    setFrom(reader, range, unit);
    if (reader.accept('UNTIL')) {
      reader.expect(unit);
      setUntil(reader, range, unit);
    }
    return;
  }
  if (reader.accept('UNTIL')) {
    setUntil(reader, range, reader.oneOf('SEQUENCE', 'SCN', 'TIME'));
    return;
  }
  const unit = reader.oneOf('SEQUENCE', 'SCN', 'TIME');
  if (reader.accept('BETWEEN')) {
    setFrom(reader, range, unit);
    reader.expect('AND');
    setUntil(reader, range, unit);
  } else if (unit === 'SEQUENCE') range.from = range.until = equals(reader).number();
  else reader.fail();
}

type Unit = 'SEQUENCE' | 'SCN' | 'TIME';

function setFrom(reader: TokenReader, range: LogRange, unit: Unit): void {
  equals(reader);
  if (unit === 'SEQUENCE') range.from = reader.number();
  else if (unit === 'SCN') range.fromScn = reader.scn();
  else range.fromTime = reader.string();
}

function setUntil(reader: TokenReader, range: LogRange, unit: Unit): void {
  equals(reader);
  if (unit === 'SEQUENCE') range.until = reader.number();
  else if (unit === 'SCN') range.untilScn = reader.scn();
  else range.untilTime = reader.string();
}

/** Takes the `=` that may stand in front of a value. */
export function equals(reader: TokenReader): TokenReader {
  reader.accept('=');
  return reader;
}

/** The part behind UNTIL; undefined when none of its words comes next. */
export function parseUntil(reader: TokenReader): Until {
  if (reader.accept('SCN')) return { kind: 'scn', scn: equals(reader).scn() };
  if (reader.accept('TIME')) return { kind: 'time', text: equals(reader).string() };
  if (reader.accept('RESTORE', 'POINT')) return restorePoint(reader);
  reader.expect('SEQUENCE');
  const sequence = equals(reader).number();
  const thread = reader.accept('THREAD') ? equals(reader).number() : 1;
  return { kind: 'sequence', sequence, thread };
}

/** UNTIL …, or TO RESTORE POINT …, when one of them comes next. */
export function parseUntilClause(reader: TokenReader): Until | undefined {
  if (reader.accept('UNTIL')) return parseUntil(reader);
  return reader.accept('TO', 'RESTORE', 'POINT') ? restorePoint(reader) : undefined;
}

function restorePoint(reader: TokenReader): Until {
  return { kind: 'restore-point', name: reader.name().toUpperCase() };
}

/** KEEP …, NOKEEP. */
export function parseKeep(reader: TokenReader): Keep | undefined {
  if (reader.accept('NOKEEP')) return { kind: 'nokeep' };
  if (!reader.accept('KEEP')) return undefined;
  let keep: Keep = { kind: 'forever' };
  if (!reader.accept('FOREVER')) {
    reader.expect('UNTIL', 'TIME');
    keep = { kind: 'until', text: equals(reader).string() };
  }
  if (reader.accept('RESTORE', 'POINT')) {
    reader.name();
    reader.notSimulated('KEEP ... RESTORE POINT');
  } else if (!reader.accept('LOGS')) reader.accept('NOLOGS');
  return keep;
}

/** REDUNDANCY …, RECOVERY WINDOW OF …; undefined when neither comes next. */
export function parseRetention(reader: TokenReader): Retention | undefined {
  if (reader.accept('REDUNDANCY')) return { kind: 'redundancy', copies: equals(reader).number() };
  if (!reader.accept('RECOVERY', 'WINDOW', 'OF')) return undefined;
  const days = reader.number();
  reader.expect('DAYS');
  return { kind: 'window', days };
}

/** SKIP [FOREVER] TABLESPACE …, when it comes next. */
export function parseSkipTablespaces(reader: TokenReader): string[] | undefined {
  if (!reader.accept('SKIP', 'FOREVER', 'TABLESPACE') && !reader.accept('SKIP', 'TABLESPACE'))
    return undefined;
  return reader.list(() => parseTablespace(reader));
}
