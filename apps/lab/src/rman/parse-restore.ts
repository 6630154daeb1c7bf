/**
 * RESTORE and RECOVER. Grammar:
 *   restore := RESTORE (DATABASE | DATAFILE file {, file} | TABLESPACE name {, name} | ARCHIVELOG logs
 *              | CONTROLFILE [TO 'path'] FROM 'handle' | SPFILE [TO 'path'] FROM 'handle') { VALIDATE | UNTIL until }
 *   recover := RECOVER (DATABASE | DATAFILE … | TABLESPACE …) { NOREDO | DELETE ARCHIVELOG | UNTIL until }
 */
import { type RecoverStatement, type RestoreStatement, type RestoreWhat, type Until } from './ast';
import { parseFile, parseLogRange, parseName } from './parse-backup';
import { type TokenReader } from './token-reader';

/** The statement behind the word RESTORE, up to its semicolon. */
export function parseRestore(reader: TokenReader): RestoreStatement {
  const what = parseFiles(reader) ?? parseSingle(reader);
  const statement: RestoreStatement = { kind: 'restore', what, validate: false, until: null };
  while (reader.next.text !== ';') {
    if (reader.accept('VALIDATE')) statement.validate = true;
    else if (reader.accept('UNTIL')) statement.until = parseUntil(reader);
    else if (!reader.accept('FORCE')) reader.fail('force', 'until', 'validate', ';');
  }
  return statement;
}

/** The statement behind the word RECOVER, up to its semicolon. */
export function parseRecover(reader: TokenReader): RecoverStatement {
  const what = parseFiles(reader) ?? reader.fail('database', 'datafile', 'tablespace');
  const statement: RecoverStatement = { kind: 'recover', what, until: null, noRedo: false };
  while (reader.next.text !== ';') {
    if (reader.accept('NOREDO')) statement.noRedo = true;
    else if (reader.accept('UNTIL')) statement.until = parseUntil(reader);
    // Restored logs stay where they are; deleting them changes nothing for the simulation.
    else if (!reader.accept('DELETE', 'ARCHIVELOG')) reader.fail('delete', 'noredo', 'until', ';');
  }
  return statement;
}

function parseFiles(reader: TokenReader): RecoverStatement['what'] | undefined {
  if (reader.accept('DATABASE')) return { kind: 'database' };
  if (reader.accept('DATAFILE')) return { kind: 'data-files', files: reader.list(() => parseFile(reader)) };
  if (reader.accept('TABLESPACE'))
    return { kind: 'tablespaces', names: reader.list(() => parseName(reader)) };
  return undefined;
}

function parseSingle(reader: TokenReader): RestoreWhat {
  if (reader.accept('ARCHIVELOG')) return { kind: 'archived-logs', range: parseLogRange(reader) };
  const kind = reader.accept('CONTROLFILE') ? 'control-file' : 'spfile';
  if (kind === 'spfile' && !reader.accept('SPFILE')) {
    return reader.fail('archivelog', 'controlfile', 'database', 'datafile', 'spfile', 'tablespace');
  }
  const to = reader.accept('TO') ? reader.string() : null;
  reader.expect('FROM');
  return { kind, from: reader.string(), to };
}

/** The part behind the word UNTIL. */
export function parseUntil(reader: TokenReader): Until {
  if (reader.accept('SCN')) {
    reader.accept('=');
    return { kind: 'scn', scn: reader.scn() };
  }
  if (reader.accept('TIME')) {
    reader.accept('=');
    return { kind: 'time', text: reader.string() };
  }
  reader.expect('SEQUENCE');
  reader.accept('=');
  const sequence = reader.number();
  return { kind: 'sequence', sequence, thread: reader.accept('THREAD') ? reader.number() : 1 };
}
