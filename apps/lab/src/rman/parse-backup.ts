/** BACKUP; the rules `backup` and below of grammar.md. */
import { type BackupOptions, type BackupSpec, type BackupStatement, type BackupWhat } from './ast';
import {
  equals,
  parseDeviceType,
  parseFile,
  parseFileChoice,
  parseKeep,
  parseLogRange,
  parseSize,
  parseTag,
  parseWithTag,
} from './parse-common';
import { type TokenReader } from './token-reader';

/** Oracle's own limits. */
const FILES_PER_SET_MAX = 2_147_483_647;
const COPIES_MAX = 4;

/** The statement behind the word BACKUP, up to its semicolon. */
export function parseBackup(reader: TokenReader): BackupStatement {
  const statement: BackupStatement = {
    kind: 'backup',
    level: null,
    cumulative: false,
    force: false,
    as: 'default',
    forRecoverOfCopy: null,
    validate: false,
    checkLogical: false,
    noExclude: false,
    device: null,
    copies: null,
    sectionBytes: null,
    options: {},
    specs: [],
    plusLogs: null,
  };
  let hasSpecs = false;
  while (!hasSpecs || !reader.accept(';')) {
    // Behind PLUS ARCHIVELOG stand the options of the logs.
    const options = statement.plusLogs ?? statement.options;
    if (parseCommandOption(reader, statement) || parseOption(reader, options)) continue;
    if (hasSpecs && statement.plusLogs === null && reader.accept('PLUS', 'ARCHIVELOG'))
      statement.plusLogs = {};
    else if (statement.plusLogs === null) {
      statement.specs.push(...parseSpec(reader));
      hasSpecs = true;
    } else reader.fail();
  }
  return statement;
}

function parseSpec(reader: TokenReader): BackupSpec[] {
  if (!reader.accept('(')) return [{ what: parseWhat(reader), options: {} }];
  const whats = [parseWhat(reader)];
  const options: BackupOptions = {};
  while (!reader.accept(')')) {
    if (parseOption(reader, options)) continue;
    whats.push(parseWhat(reader));
  }
  return whats.map((what) => ({ what, options }));
}

function parseCommandOption(reader: TokenReader, statement: BackupStatement): boolean {
  if (reader.accept('FORCE')) statement.force = true;
  else if (reader.accept('AS')) parseAs(reader, statement);
  else if (reader.accept('INCREMENTAL')) parseLevel(reader, statement);
  else if (reader.accept('CUMULATIVE')) statement.cumulative = true;
  else if (reader.accept('SECTION', 'SIZE')) statement.sectionBytes = parseSize(reader);
  else if (reader.accept('VALIDATE')) statement.validate = true;
  else if (reader.accept('CHECK', 'LOGICAL')) statement.checkLogical = true;
  else if (reader.accept('NOEXCLUDE')) statement.noExclude = true;
  else if (reader.accept('COPIES')) statement.copies = parseCopies(equals(reader));
  else if (reader.accept('DURATION')) parseDuration(reader);
  else if (reader.accept('FROM', 'SCN')) {
    equals(reader).scn();
    reader.notSimulated('BACKUP ... FROM SCN');
  } else {
    const device = parseDeviceType(reader);
    if (device === undefined)
      return reader.accept('FULL') || reader.accept('NOCHECKSUM') || reader.accept('REUSE');
    statement.device = device;
  }
  return true;
}

function parseAs(reader: TokenReader, statement: BackupStatement): void {
  if (reader.accept('COPY')) {
    statement.as = 'copy';
    return;
  }
  statement.as = reader.accept('COMPRESSED') ? 'compressed' : 'backupset';
  reader.expect('BACKUPSET');
}

function parseLevel(reader: TokenReader, statement: BackupStatement): void {
  reader.expect('LEVEL');
  equals(reader);
  statement.level = reader.number(1) as 0 | 1;
  if (!reader.accept('FOR', 'RECOVER', 'OF')) return;
  reader.expect('COPY');
  statement.forRecoverOfCopy = { tag: parseWithTag(reader) };
}

/** 1 to 4. */
export function parseCopies(reader: TokenReader): number {
  const copies = reader.number(COPIES_MAX);
  return copies === 0 ? reader.failAt('integer') : copies;
}

function parseDuration(reader: TokenReader): void {
  reader.number();
  reader.expect(':');
  reader.number();
  while (reader.accept('PARTIAL') || reader.accept('MINIMIZE', 'TIME') || reader.accept('MINIMIZE', 'LOAD'));
  reader.notSimulated('DURATION');
}

function parseOption(reader: TokenReader, options: BackupOptions): boolean {
  if (reader.accept('FORMAT')) options.format = equals(reader).list(() => reader.string());
  else if (reader.accept('TAG')) options.tag = parseTag(reader);
  else if (reader.accept('FILESPERSET')) options.filesPerSet = filesPerSet(equals(reader));
  else if (reader.accept('MAXSETSIZE')) options.maxSetBytes = parseSize(equals(reader));
  else if (reader.accept('CHANNEL')) options.channel = reader.word();
  else if (reader.accept('DISKRATIO')) equals(reader).number();
  else if (reader.accept('POOL')) {
    if (equals(reader).number() > 0) reader.notSimulated('POOL');
  } else if (reader.accept('DELETE')) {
    reader.accept('ALL');
    reader.expect('INPUT');
    options.deleteInput = true;
  } else if (reader.accept('NOT', 'BACKED', 'UP')) parseNotBackedUp(reader, options);
  else if (reader.accept('INCLUDE', 'CURRENT', 'CONTROLFILE')) options.includeControlFile = true;
  else if (reader.accept('SKIP'))
    (options.skip ??= []).push(reader.oneOf('OFFLINE', 'READONLY', 'INACCESSIBLE'));
  else {
    const keep = parseKeep(reader);
    if (keep === undefined) return false;
    options.keep = keep;
  }
  return true;
}

function filesPerSet(reader: TokenReader): number {
  const files = reader.number(FILES_PER_SET_MAX);
  return files === 0 ? reader.failAt('integer') : files;
}

function parseNotBackedUp(reader: TokenReader, options: BackupOptions): void {
  if (reader.accept('SINCE', 'TIME')) {
    options.notBackedUpSince = equals(reader).string();
    return;
  }
  options.notBackedUpTimes = 1;
  if (reader.next.kind !== 'number') return;
  options.notBackedUpTimes = reader.number();
  reader.expect('TIMES');
  if (reader.accept('TO', 'DEVICE', 'TYPE')) parseDeviceOnly(reader);
}

function parseDeviceOnly(reader: TokenReader): void {
  reader.name();
}

function parseWhat(reader: TokenReader): BackupWhat {
  const files = parseFileChoice(reader);
  if (files !== undefined) return files;
  if (reader.accept('ARCHIVELOG')) return { kind: 'archived-logs', range: parseLogRange(reader) };
  if (reader.accept('CURRENT', 'CONTROLFILE')) return { kind: 'control-file' };
  if (reader.accept('SPFILE')) return { kind: 'spfile' };
  if (
    reader.accept('RECOVERY', 'AREA') ||
    reader.accept('DB_RECOVERY_FILE_DEST') ||
    reader.accept('RECOVERY', 'FILES')
  )
    reader.notSimulated('BACKUP RECOVERY AREA');
  else if (reader.accept('BACKUPSET')) {
    if (!reader.accept('ALL')) reader.list(() => reader.number());
    reader.notSimulated('BACKUP BACKUPSET');
  } else if (reader.accept('DATAFILECOPY') || reader.accept('CONTROLFILECOPY')) {
    if (!reader.accept('ALL')) reader.list(() => parseFile(reader));
    reader.notSimulated('BACKUP of copies');
  } else if (reader.accept('COPY', 'OF')) {
    if (parseFileChoice(reader) === undefined) reader.fail();
    reader.notSimulated('BACKUP COPY OF');
  } else return reader.fail();
  return { kind: 'database' };
}
