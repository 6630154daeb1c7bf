/** CROSSCHECK, DELETE, CHANGE, CATALOG, LIST, REPORT; the rules of the same names of grammar.md. */
import { type BackupWhat, type ChangeTo, type MaintainObject, type Qualifiers, type Statement } from './ast';
import {
  equals,
  parseDevice,
  parseDeviceType,
  parseFile,
  parseFileChoice,
  parseKeep,
  parseLogRange,
  parseRetention,
  parseSkipTablespaces,
  parseTag,
  parseUntil,
} from './parse-common';
import { type TokenReader } from './token-reader';

function parseObject(reader: TokenReader, qualifiers: Qualifiers): MaintainObject {
  if (reader.accept('BACKUPPIECE')) return { kind: 'pieces', pieces: parsePieces(reader, qualifiers) };
  if (reader.accept('BACKUPSET')) {
    if (reader.accept('OF')) return { kind: 'backup', of: parseOf(reader) };
    const keys = reader.next.kind === 'number' ? reader.list(() => reader.number()) : null;
    return { kind: 'backupset', keys };
  }
  if (reader.accept('BACKUP')) return { kind: 'backup', of: reader.accept('OF') ? parseOf(reader) : null };
  if (reader.accept('ARCHIVELOG')) return { kind: 'archived-logs', range: parseLogRange(reader) };
  if (reader.accept('COPY')) return parseCopies(reader);
  if (reader.accept('CONTROLFILECOPY')) {
    reader.notSimulated('copies of the control file');
    parseNamed(reader);
    return { kind: 'backup', of: null };
  }
  if (!reader.accept('DATAFILECOPY')) return reader.fail();
  return { kind: 'copies', of: null, named: parseNamed(reader) };
}

/** COPY [OF …]: of archived logs these are the logs themselves. */
function parseCopies(reader: TokenReader): MaintainObject {
  const of = reader.accept('OF') ? parseOf(reader) : null;
  if (of?.kind === 'archived-logs') return of;
  if (of === null || (of.kind !== 'control-file' && of.kind !== 'spfile'))
    return { kind: 'copies', of, named: null };
  reader.notSimulated('copies of the control file');
  return { kind: 'copies', of: null, named: null };
}

/** ALL, or files; null: all. */
function parseNamed(reader: TokenReader): (number | string)[] | null {
  return reader.accept('ALL') ? null : reader.list(() => parseFile(reader));
}

function parsePieces(reader: TokenReader, qualifiers: Qualifiers): (number | string)[] | null {
  if (reader.accept('TAG')) {
    qualifiers.tag = parseTag(reader);
    return null;
  }
  const { kind } = reader.next;
  return kind === 'string' || kind === 'number' ? reader.list(() => parseFile(reader)) : null;
}

function parseOf(reader: TokenReader): BackupWhat {
  const files = parseFileChoice(reader);
  if (files !== undefined) {
    if (files.kind === 'database') parseSkipTablespaces(reader);
    return files;
  }
  if (reader.accept('ARCHIVELOG')) return { kind: 'archived-logs', range: parseLogRange(reader) };
  if (reader.accept('CONTROLFILE')) return { kind: 'control-file' };
  reader.expect('SPFILE');
  return { kind: 'spfile' };
}

function parseQualifiers(reader: TokenReader, qualifiers: Qualifiers): void {
  while (parseQualifier(reader, qualifiers));
}

function parseQualifier(reader: TokenReader, qualifiers: Qualifiers): boolean {
  if (reader.accept('TAG')) qualifiers.tag = parseTag(reader);
  else if (reader.accept('LIKE')) qualifiers.like = reader.string();
  else if (reader.accept('COMPLETED')) parseCompleted(reader, qualifiers);
  else if (reader.accept('BACKED', 'UP')) {
    qualifiers.backedUpTimes = reader.number();
    reader.expect('TIMES', 'TO');
    if (!reader.accept('DEVICE', 'TYPE')) reader.fail();
    parseDevice(reader);
  } else if (reader.accept('RECOVERABLE')) reader.notSimulated('RECOVERABLE');
  else {
    const device = parseDeviceType(reader);
    if (device === undefined) return false;
    qualifiers.device = device;
  }
  return true;
}

function parseCompleted(reader: TokenReader, qualifiers: Qualifiers): void {
  const when = reader.oneOf('BEFORE', 'AFTER', 'BETWEEN');
  if (when !== 'BEFORE') qualifiers.completedAfter = equals(reader).string();
  if (when === 'BETWEEN') reader.expect('AND');
  if (when !== 'AFTER') qualifiers.completedBefore = equals(reader).string();
}

/** The statement behind CROSSCHECK. */
export function parseCrosscheck(reader: TokenReader): Statement {
  const qualifiers: Qualifiers = {};
  const object = parseObject(reader, qualifiers);
  parseQualifiers(reader, qualifiers);
  return { kind: 'crosscheck', object, qualifiers };
}

/** The statement behind DELETE. */
export function parseDelete(reader: TokenReader): Statement {
  let force = false;
  for (;;) {
    if (reader.accept('FORCE')) force = true;
    else if (!reader.accept('NOPROMPT')) break;
  }
  if (reader.accept('OBSOLETE')) return parseDeleteObsolete(reader, force);
  const expired = reader.accept('EXPIRED');
  const qualifiers: Qualifiers = {};
  const object = parseObject(reader, qualifiers);
  parseQualifiers(reader, qualifiers);
  return { kind: 'delete', object, qualifiers, expired, force };
}

function parseDeleteObsolete(reader: TokenReader, force: boolean): Statement {
  const obsolete = parseObsolete(reader);
  return { kind: 'delete-obsolete', ...obsolete, force };
}

function parseObsolete(reader: TokenReader) {
  const retention = parseRetention(reader) ?? ({ kind: 'configured' } as const);
  if (reader.accept('ORPHAN')) reader.notSimulated('ORPHAN');
  return { retention, device: parseDeviceType(reader) ?? null };
}

/** The statement behind CHANGE. */
export function parseChange(reader: TokenReader): Statement {
  const qualifiers: Qualifiers = {};
  const object = parseObject(reader, qualifiers);
  parseQualifiers(reader, qualifiers);
  return { kind: 'change', object, qualifiers, to: parseChangeTo(reader) };
}

function parseChangeTo(reader: TokenReader): ChangeTo {
  const keep = parseKeep(reader);
  if (keep !== undefined) return { kind: 'KEEP', keep };
  return { kind: reader.oneOf('AVAILABLE', 'UNAVAILABLE', 'UNCATALOG', 'DELETE') };
}

/** The statement behind CATALOG. */
export function parseCatalog(reader: TokenReader): Statement {
  const device = parseDeviceType(reader) ?? null;
  if (device !== null || reader.accept('BACKUPPIECE')) {
    if (device !== null) reader.expect('BACKUPPIECE');
    return { kind: 'catalog-pieces', handles: reader.list(() => reader.string()), device };
  }
  if (reader.accept('ARCHIVELOG')) return { kind: 'catalog-logs', paths: reader.list(() => reader.string()) };
  if (reader.accept('DATAFILECOPY')) return parseCatalogCopies(reader);
  if (reader.accept('CONTROLFILECOPY')) {
    reader.list(() => reader.string());
    reader.notSimulated('CATALOG CONTROLFILECOPY');
    return { kind: 'catalog-logs', paths: [] };
  }
  const prefix = parsePrefix(reader);
  // Nobody is there to be asked: YES is taken for granted.
  reader.accept('NOPROMPT');
  return { kind: 'catalog-files', prefix };
}

/** START WITH …; null: the recovery area. */
function parsePrefix(reader: TokenReader): string | null {
  if (reader.accept('START', 'WITH')) return reader.string();
  if (!reader.accept('DB_RECOVERY_FILE_DEST')) reader.expect('RECOVERY', 'AREA');
  return null;
}

function parseCatalogCopies(reader: TokenReader): Statement {
  const paths = reader.list(() => reader.string());
  let level: 0 | null = null;
  let tag: string | null = null;
  for (;;) {
    if (reader.accept('LEVEL')) level = equals(reader).number(0) as 0;
    else if (reader.accept('TAG')) tag = parseTag(reader);
    else return { kind: 'catalog-copies', paths, level, tag };
  }
}

/** The statement behind LIST. */
export function parseList(reader: TokenReader): Statement {
  if (reader.accept('INCARNATION')) {
    if (reader.accept('OF')) {
      reader.expect('DATABASE');
      if (reader.next.kind === 'word' || reader.next.kind === 'string') reader.name();
    }
    return { kind: 'list-incarnations' };
  }
  if (reader.accept('RESTORE', 'POINT', 'ALL')) return { kind: 'list-restore-points' };
  if (reader.accept('FAILURE') || reader.accept('DB_UNIQUE_NAME', 'ALL')) {
    reader.notSimulated('LIST of this');
    return { kind: 'list-incarnations' };
  }
  const expired = reader.accept('EXPIRED');
  const qualifiers: Qualifiers = {};
  const object = parseObject(reader, qualifiers);
  let summary = false;
  for (;;) {
    if (reader.accept('SUMMARY')) summary = true;
    else if (reader.accept('BY', 'FILE')) reader.notSimulated('LIST ... BY FILE');
    else if (!reader.accept('BY', 'BACKUP') && !parseQualifier(reader, qualifiers)) break;
  }
  return { kind: 'list', object, qualifiers, expired, summary };
}

/** The statement behind REPORT. */
export function parseReport(reader: TokenReader): Statement {
  if (reader.accept('SCHEMA')) {
    if (reader.accept('AT')) {
      parseUntil(reader);
      reader.notSimulated('REPORT SCHEMA AT');
    }
    return { kind: 'report-schema' };
  }
  if (reader.accept('OBSOLETE')) return { kind: 'report-obsolete', ...parseObsolete(reader) };
  if (reader.accept('UNRECOVERABLE')) {
    parseFileChoice(reader);
    return { kind: 'report-unrecoverable' };
  }
  reader.expect('NEED', 'BACKUP');
  const retention = parseRetention(reader) ?? ({ kind: 'configured' } as const);
  if (retention.kind === 'configured' && (reader.accept('INCREMENTAL') || reader.accept('DAYS'))) {
    equals(reader).number();
    reader.notSimulated('NEED BACKUP INCREMENTAL or DAYS');
  }
  parseFileChoice(reader);
  parseDeviceType(reader);
  return { kind: 'report-need-backup', retention };
}
