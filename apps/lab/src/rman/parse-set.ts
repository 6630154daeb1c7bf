/** SET; the rules `set`, `set-prompt` and `set-job` of grammar.md. */
import { type SetStatement, type Statement } from './ast';
import { equals, parseDevice, parseFile, parseUntilClause } from './parse-common';
import { parseCopies } from './parse-backup';
import { type TokenReader } from './token-reader';

const DBID_MAX = 0xffff_ffff;

/** The statement behind SET. `inRun`: what stands between the braces of RUN. */
export function parseSet(reader: TokenReader, inRun: boolean): Statement {
  const statement = parseSetAnywhere(reader) ?? (inRun ? parseSetJob(reader) : parseSetPrompt(reader));
  return statement ?? reader.fail();
}

function parseSetAnywhere(reader: TokenReader): SetStatement | undefined {
  if (reader.accept('COMMAND', 'ID', 'TO')) return { kind: 'set-command-id', id: reader.string() };
  if (reader.accept('CONTROLFILE', 'AUTOBACKUP', 'FORMAT', 'FOR', 'DEVICE', 'TYPE')) {
    const device = parseDevice(reader);
    reader.expect('TO');
    return { kind: 'set-autobackup-format', device, format: reader.string() };
  }
  if (reader.accept('DBID')) return { kind: 'set-dbid', dbid: equals(reader).number(DBID_MAX) };
  if (reader.accept('ENCRYPTION')) return parseEncryption(reader);
  if (reader.accept('DECRYPTION')) {
    reader.expect('IDENTIFIED', 'BY');
    reader.list(() => reader.string());
    reader.notSimulated('SET DECRYPTION');
    return { kind: 'set-encryption', on: false };
  }
  if (reader.accept('COMPRESSION', 'ALGORITHM')) {
    reader.string();
    reader.notSimulated('SET COMPRESSION ALGORITHM');
    return { kind: 'set-encryption', on: false };
  }
  return undefined;
}

function parseEncryption(reader: TokenReader): SetStatement {
  if (reader.accept('ALGORITHM') || reader.accept('IDENTIFIED', 'BY')) {
    reader.string();
    reader.accept('ONLY');
    return { kind: 'set-encryption', on: true };
  }
  const on = reader.oneOf('ON', 'OFF') === 'ON';
  if (reader.accept('FOR', 'ALL')) reader.expect('TABLESPACES');
  else if (reader.accept('FOR', 'TABLESPACE')) {
    reader.list(() => reader.name());
    reader.notSimulated('SET ENCRYPTION FOR TABLESPACE');
  }
  return { kind: 'set-encryption', on };
}

function parseSetPrompt(reader: TokenReader): SetStatement | undefined {
  if (!reader.accept('ECHO')) return undefined;
  return { kind: 'set-echo', on: reader.oneOf('ON', 'OFF') === 'ON' };
}

function parseSetJob(reader: TokenReader): SetStatement | undefined {
  const until = parseUntilClause(reader);
  if (until !== undefined) return { kind: 'set-until', until };
  if (reader.accept('NEWNAME', 'FOR')) return parseNewName(reader);
  if (reader.accept('BACKUP', 'COPIES')) {
    return { kind: 'set-backup-copies', copies: parseCopies(equals(reader)) };
  }
  if (reader.accept('ARCHIVELOG', 'DESTINATION', 'TO')) {
    return { kind: 'set-archivelog-destination', path: reader.string() };
  }
  if (!reader.accept('MAXCORRUPT', 'FOR', 'DATAFILE')) return undefined;
  const files = reader.list(() => parseFile(reader));
  reader.expect('TO');
  return { kind: 'set-maxcorrupt', files, max: reader.number() };
}

function parseNewName(reader: TokenReader): SetStatement {
  if (reader.accept('DATAFILE')) {
    const file = parseFile(reader);
    return { kind: 'set-newname', of: { kind: 'file', file }, to: parseNewNameTarget(reader) };
  }
  if (reader.accept('TABLESPACE')) {
    const name = reader.name();
    return { kind: 'set-newname', of: { kind: 'tablespace', name }, to: parseNewNameTarget(reader) };
  }
  if (reader.accept('TEMPFILE')) {
    parseFile(reader);
    reader.notSimulated('SET NEWNAME FOR TEMPFILE');
  } else reader.expect('DATABASE');
  return { kind: 'set-newname', of: { kind: 'database' }, to: parseNewNameTarget(reader) };
}

function parseNewNameTarget(reader: TokenReader): string {
  reader.expect('TO');
  if (!reader.accept('NEW')) return reader.string();
  reader.notSimulated('SET NEWNAME ... TO NEW');
  return '';
}
