/** RESTORE, RECOVER, SWITCH, VALIDATE; the rules of the same names of grammar.md. */
import {
  type FileChoice,
  type RecoverStatement,
  type RestoreFrom,
  type RestoreStatement,
  type RestoreWhat,
  type Statement,
  type ValidateWhat,
} from './ast';
import {
  equals,
  parseDeviceType,
  parseFile,
  parseFileChoice,
  parseLogRange,
  parseSize,
  parseSkipTablespaces,
  parseTag,
  parseUntilClause,
  parseWithTag,
} from './parse-common';
import { type TokenReader } from './token-reader';

/** How far back RMAN looks for an autobackup unless it is told. */
const AUTOBACKUP_DAYS = 7;
const AUTOBACKUP_SEQUENCES_MAX = 256;

/** The statement behind the word RESTORE. */
export function parseRestore(reader: TokenReader): RestoreStatement {
  const inParentheses = reader.accept('(');
  const what = parseFileChoice(reader) ?? parseSingle(reader);
  if (inParentheses) reader.expect(')');
  const statement: RestoreStatement = {
    kind: 'restore',
    what,
    from: null,
    validate: false,
    preview: 'no',
    checkLogical: false,
    force: false,
    device: null,
    until: null,
    skipTablespaces: [],
  };
  while (parseRestoreOption(reader, statement));
  return statement;
}

function parseSingle(reader: TokenReader): RestoreWhat {
  if (reader.accept('ARCHIVELOG')) return { kind: 'archived-logs', range: parseLogRange(reader) };
  if (reader.accept('STANDBY', 'CONTROLFILE')) return { kind: 'control-file', to: null, standby: true };
  if (reader.accept('PRIMARY', 'CONTROLFILE') || reader.accept('CONTROLFILE')) {
    return { kind: 'control-file', to: reader.accept('TO') ? reader.string() : null };
  }
  reader.expect('SPFILE');
  if (!reader.accept('TO')) return { kind: 'spfile', to: null };
  if (reader.accept('PFILE')) reader.notSimulated('RESTORE SPFILE TO PFILE');
  return { kind: 'spfile', to: reader.string() };
}

function parseRestoreOption(reader: TokenReader, statement: RestoreStatement): boolean {
  if (reader.accept('FROM')) statement.from = parseFrom(reader);
  else if (reader.accept('VALIDATE')) {
    statement.validate = true;
    if (reader.accept('HEADER')) reader.notSimulated('VALIDATE HEADER');
  } else if (reader.accept('PREVIEW')) {
    statement.preview = reader.accept('SUMMARY') ? 'summary' : 'list';
    if (reader.accept('RECALL')) reader.notSimulated('PREVIEW RECALL');
  } else if (reader.accept('CHECK', 'LOGICAL')) statement.checkLogical = true;
  else if (reader.accept('CHECK', 'READONLY')) return true;
  else if (reader.accept('FORCE')) statement.force = true;
  else if (reader.accept('CHANNEL')) reader.word();
  else if (reader.accept('SECTION', 'SIZE')) parseSize(reader);
  else return parseCommonClause(reader, statement);
  return true;
}

/** The clauses RESTORE and RECOVER have in common. Recovery takes the channels of any device. */
function parseCommonClause(
  reader: TokenReader,
  statement: Pick<RestoreStatement, 'until' | 'skipTablespaces'> & Partial<Pick<RestoreStatement, 'device'>>,
): boolean {
  const device = parseDeviceType(reader);
  if (device !== undefined) {
    if (statement.device !== undefined) statement.device = device;
    return true;
  }
  const until = parseUntilClause(reader);
  if (until !== undefined) {
    statement.until = until;
    return true;
  }
  const skipped = parseSkipTablespaces(reader);
  if (skipped === undefined) return false;
  statement.skipTablespaces.push(...skipped);
  return true;
}

function parseFrom(reader: TokenReader): RestoreFrom | null {
  if (reader.accept('AUTOBACKUP')) return parseAutobackup(reader);
  if (reader.accept('TAG')) return { kind: 'tag', tag: parseTag(reader) };
  if (reader.accept('BACKUPSET')) return { kind: 'backupset' };
  if (reader.accept('DATAFILECOPY')) return { kind: 'datafilecopy' };
  if (reader.accept('SERVICE')) {
    reader.name();
    reader.notSimulated('FROM SERVICE');
    return null;
  }
  return { kind: 'piece', handle: reader.string() };
}

function parseAutobackup(reader: TokenReader): RestoreFrom {
  const from = {
    kind: 'autobackup' as const,
    sequencesMax: AUTOBACKUP_SEQUENCES_MAX,
    daysMax: AUTOBACKUP_DAYS,
  };
  for (;;) {
    if (reader.accept('MAXSEQ')) from.sequencesMax = equals(reader).number(AUTOBACKUP_SEQUENCES_MAX);
    else if (reader.accept('MAXDAYS')) from.daysMax = equals(reader).number(366);
    else return from;
  }
}

/** The statement behind the word RECOVER. */
export function parseRecover(reader: TokenReader): RecoverStatement {
  const isOfCopies = reader.accept('COPY', 'OF');
  const what = isOfCopies ? (parseFileChoice(reader) ?? reader.fail()) : parseRecovered(reader);
  const statement: RecoverStatement = {
    kind: 'recover',
    what,
    copies: isOfCopies ? { tag: parseWithTag(reader) } : null,
    until: null,
    noRedo: false,
    skipTablespaces: [],
  };
  while (parseRecoverOption(reader, statement));
  return statement;
}

function parseRecovered(reader: TokenReader): FileChoice {
  if (reader.accept('TABLE')) {
    reader.list(() => parseQualifiedName(reader));
    reader.notSimulated('RECOVER TABLE');
    return { kind: 'database' };
  }
  if (reader.accept('CORRUPTION', 'LIST')) {
    reader.notSimulated('RECOVER CORRUPTION LIST');
    return { kind: 'database' };
  }
  return parseFileChoice(reader) ?? reader.fail();
}

function parseQualifiedName(reader: TokenReader): void {
  reader.name();
  if (reader.accept('.')) reader.name();
}

function parseRecoverOption(reader: TokenReader, statement: RecoverStatement): boolean {
  if (reader.accept('NOREDO')) statement.noRedo = true;
  // Restored logs stay where they are; deleting them changes nothing for the simulation.
  else if (reader.accept('DELETE', 'ARCHIVELOG')) {
    if (reader.accept('MAXSIZE')) parseSize(reader);
  } else if (reader.accept('CHECK', 'READONLY')) return true;
  else if (reader.accept('FROM')) parseRecoverFrom(reader);
  else if (reader.accept('ALLOW')) {
    reader.number();
    reader.expect('CORRUPTION');
    reader.notSimulated('ALLOW n CORRUPTION');
  } else if (reader.accept('TEST')) reader.notSimulated('RECOVER ... TEST');
  else if (reader.accept('BLOCK')) {
    reader.list(() => reader.number());
    reader.notSimulated('RECOVER ... BLOCK');
  } else if (reader.accept('AUXILIARY', 'DESTINATION') || reader.accept('DATAPUMP', 'DESTINATION')) {
    reader.string();
    reader.notSimulated('AUXILIARY DESTINATION');
  } else return parseCommonClause(reader, statement);
  return true;
}

function parseRecoverFrom(reader: TokenReader): void {
  if (reader.accept('TAG')) parseTag(reader);
  else reader.oneOf('BACKUPSET', 'DATAFILECOPY');
  reader.notSimulated('RECOVER ... FROM');
}

/** The statement behind the word SWITCH. */
export function parseSwitch(reader: TokenReader): Statement {
  if (reader.accept('DATABASE')) {
    reader.expect('TO', 'COPY');
    return { kind: 'switch-to-copy', files: null, copy: null };
  }
  if (reader.accept('TEMPFILE', 'ALL')) {
    reader.notSimulated('SWITCH TEMPFILE');
    return { kind: 'switch-files', files: [] };
  }
  reader.expect('DATAFILE');
  if (reader.accept('ALL')) return { kind: 'switch-files', files: null };
  const files = reader.list(() => parseFile(reader));
  if (!reader.accept('TO')) return { kind: 'switch-files', files };
  const isNamed = reader.oneOf('COPY', 'DATAFILECOPY') === 'DATAFILECOPY';
  return { kind: 'switch-to-copy', files, copy: isNamed ? reader.string() : null };
}

/** The statement behind the word VALIDATE. */
export function parseValidate(reader: TokenReader): Statement {
  let checkLogical = false;
  let what: ValidateWhat | undefined;
  for (;;) {
    if (reader.accept('CHECK', 'LOGICAL')) checkLogical = true;
    else if (reader.accept('SECTION', 'SIZE')) parseSize(reader);
    else if (reader.accept('NOEXCLUDE')) continue;
    else if (parseDeviceType(reader) !== undefined) continue;
    else if (what === undefined) what = parseValidated(reader);
    else return { kind: 'validate', what, checkLogical };
  }
}

function parseValidated(reader: TokenReader): ValidateWhat {
  const files = parseFileChoice(reader);
  if (files !== undefined) return files;
  if (reader.accept('BACKUPSET')) return { kind: 'backupset', keys: reader.list(() => reader.number()) };
  if (reader.accept('ARCHIVELOG')) return { kind: 'archived-logs', range: parseLogRange(reader) };
  if (reader.accept('CURRENT', 'CONTROLFILE')) return { kind: 'control-file' };
  if (reader.accept('CORRUPTION', 'LIST') || reader.accept('RECOVERY', 'AREA')) {
    reader.notSimulated('VALIDATE of this');
    return { kind: 'database' };
  }
  reader.expect('SPFILE');
  return { kind: 'spfile' };
}
