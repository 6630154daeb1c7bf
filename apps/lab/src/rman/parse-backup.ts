/**
 * BACKUP. Grammar:
 *   backup  := BACKUP { option | spec | '(' spec { option } ')' } ';'
 *   option  := FORCE | FULL | AS [COMPRESSED] BACKUPSET | INCREMENTAL LEVEL (0|1) [CUMULATIVE] | FILESPERSET n
 *            | SECTION SIZE n[K|M|G] | TAG name | FORMAT 'text' | DEVICE TYPE type | CHANNEL name | DELETE [ALL] INPUT
 *            | NOT BACKED UP n TIMES | NOT BACKED UP SINCE TIME 'text' | INCLUDE CURRENT CONTROLFILE
 *   spec    := DATABASE | DATAFILE file {, file} | TABLESPACE name {, name} | ARCHIVELOG logs | CURRENT CONTROLFILE | SPFILE
 *   logs    := ALL | (FROM SEQUENCE n [UNTIL SEQUENCE n] | SEQUENCE n | SEQUENCE BETWEEN n AND n
 *              | FROM SCN n [UNTIL SCN n]) [THREAD n]
 */
import {
  type BackupOptions,
  type BackupSpec,
  type BackupStatement,
  type BackupWhat,
  type LogRange,
} from './ast';
import { type TokenReader } from './token-reader';

const UNITS: Record<string, number> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 };
const TAG_CHARACTERS_MAX = 30;
const FILES_PER_SET_MAX = 64;

/** The statement behind the word BACKUP. */
export function parseBackup(reader: TokenReader): BackupStatement {
  const statement: BackupStatement = {
    kind: 'backup',
    level: null,
    cumulative: false,
    force: false,
    sectionBytes: null,
    options: {},
    specs: [],
  };
  while (!reader.accept(';')) {
    const isOption = parseCommandOption(reader, statement) || parseOption(reader, statement.options);
    if (!isOption) statement.specs.push(parseSpecOrGroup(reader));
  }
  if (statement.specs.length === 0) reader.fail('database', 'datafile', 'archivelog', 'current', 'spfile');
  return statement;
}

function parseSpecOrGroup(reader: TokenReader): BackupSpec {
  if (!reader.accept('(')) return { what: parseWhat(reader), options: {} };
  const spec: BackupSpec = { what: parseWhat(reader), options: {} };
  while (!reader.accept(')')) {
    if (!parseOption(reader, spec.options)) reader.fail(')', 'format', 'tag', 'filesperset');
  }
  return spec;
}

function parseCommandOption(reader: TokenReader, statement: BackupStatement): boolean {
  if (reader.accept('FORCE')) statement.force = true;
  else if (reader.accept('AS')) {
    reader.accept('COMPRESSED');
    reader.expect('BACKUPSET');
  } else if (reader.accept('INCREMENTAL')) {
    reader.expect('LEVEL');
    statement.level = reader.number(1) as 0 | 1;
    statement.cumulative = reader.accept('CUMULATIVE');
  } else if (reader.accept('CUMULATIVE')) statement.cumulative = true;
  else if (reader.accept('SECTION', 'SIZE')) statement.sectionBytes = parseSize(reader);
  else if (reader.accept('DEVICE', 'TYPE')) parseDevice(reader);
  else return reader.accept('FULL');
  return true;
}

function parseOption(reader: TokenReader, options: BackupOptions): boolean {
  if (reader.accept('FORMAT')) options.format = reader.string();
  else if (reader.accept('TAG')) options.tag = parseTag(reader);
  else if (reader.accept('FILESPERSET')) options.filesPerSet = reader.number(FILES_PER_SET_MAX);
  else if (reader.accept('CHANNEL')) options.channel = reader.word();
  else if (reader.accept('DELETE')) {
    reader.accept('ALL');
    reader.expect('INPUT');
    options.deleteInput = true;
  } else if (reader.accept('NOT', 'BACKED', 'UP')) parseNotBackedUp(reader, options);
  else if (reader.accept('INCLUDE', 'CURRENT', 'CONTROLFILE')) options.includeControlFile = true;
  else return false;
  return true;
}

function parseNotBackedUp(reader: TokenReader, options: BackupOptions): void {
  if (reader.accept('SINCE', 'TIME')) {
    options.notBackedUpSince = reader.string();
    return;
  }
  options.notBackedUpTimes = reader.next.kind === 'number' ? reader.number() : 1;
  reader.accept('TIMES');
}

function parseTag(reader: TokenReader): string {
  const { kind, text } = reader.next;
  if ((kind !== 'string' && kind !== 'word') || text.length > TAG_CHARACTERS_MAX) return reader.fail('tag');
  reader.take();
  return text.toUpperCase();
}

function parseSize(reader: TokenReader): number {
  const { text } = reader.take();
  const match = /^(\d+)([KMG])?$/.exec(text);
  if (match === null) return reader.fail('integer');
  const unit = match[2] ?? ['K', 'M', 'G'].find((letter) => reader.accept(letter)) ?? '';
  return Number(match[1]) * (UNITS[unit] ?? 1);
}

function parseWhat(reader: TokenReader): BackupWhat {
  if (reader.accept('DATABASE')) return { kind: 'database' };
  if (reader.accept('DATAFILE')) return { kind: 'data-files', files: reader.list(() => parseFile(reader)) };
  if (reader.accept('TABLESPACE'))
    return { kind: 'tablespaces', names: reader.list(() => parseName(reader)) };
  if (reader.accept('ARCHIVELOG')) return { kind: 'archived-logs', range: parseLogRange(reader) };
  if (reader.accept('CURRENT', 'CONTROLFILE')) return { kind: 'control-file' };
  if (reader.accept('SPFILE')) return { kind: 'spfile' };
  return reader.fail('archivelog', 'current', 'database', 'datafile', 'spfile', 'tablespace', ';');
}

/** The part behind the word ARCHIVELOG. */
export function parseLogRange(reader: TokenReader): LogRange {
  const range: LogRange = { from: null, until: null, thread: 1 };
  if (reader.accept('ALL')) return range;
  if (reader.accept('FROM', 'SCN')) range.fromScn = reader.scn();
  else if (reader.accept('FROM', 'SEQUENCE')) range.from = reader.number();
  else if (reader.accept('SEQUENCE', 'BETWEEN')) {
    range.from = reader.number();
    reader.expect('AND');
    range.until = reader.number();
  } else if (reader.accept('SEQUENCE')) range.from = range.until = reader.number();
  else return reader.fail('all', 'from', 'sequence');
  if (reader.accept('UNTIL', 'SEQUENCE')) range.until = reader.number();
  else if (reader.accept('UNTIL', 'SCN')) range.untilScn = reader.scn();
  if (reader.accept('THREAD')) range.thread = reader.number();
  return range;
}

/** A data file by number or by path. */
export function parseFile(reader: TokenReader): number | string {
  return reader.next.kind === 'string' ? reader.string() : reader.number();
}

/** A tablespace: a word, or a quoted name taken as it is. */
export function parseName(reader: TokenReader): string {
  return reader.next.kind === 'string' ? reader.string() : reader.word();
}

/** SBT, SBT_TAPE or DISK, quoted or not. */
export function parseDevice(reader: TokenReader): 'SBT_TAPE' | 'DISK' {
  const { text } = reader.next;
  const name = text.toUpperCase();
  if (name !== 'SBT' && name !== 'SBT_TAPE' && name !== 'DISK') return reader.fail('disk', 'sbt', 'sbt_tape');
  reader.take();
  return name === 'DISK' ? 'DISK' : 'SBT_TAPE';
}
