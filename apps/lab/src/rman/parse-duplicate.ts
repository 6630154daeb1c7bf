/** DUPLICATE; the rules of the same name of grammar.md. */
import { type DuplicateSource, type DuplicateStatement } from './ast';
import { equals, parseDeviceType, parseSize, parseSkipTablespaces, parseUntilClause } from './parse-common';
import { type TokenReader } from './token-reader';

/** The statement behind the word DUPLICATE. */
export function parseDuplicate(reader: TokenReader): DuplicateStatement {
  reader.accept('TARGET');
  reader.expect('DATABASE');
  const original = parseOriginal(reader);
  const statement: DuplicateStatement = {
    kind: 'duplicate',
    to: parseTo(reader),
    source: { kind: 'backups' },
    until: null,
    checkNames: true,
    convert: [],
    parameters: null,
    skipTablespaces: [],
    skipReadOnly: false,
    recover: false,
    noRedo: false,
    passwordFile: false,
    open: true,
  };
  while (
    parseFlag(reader, statement) ||
    parseSource(reader, statement, original) ||
    parseOption(reader, statement)
  );
  return statement;
}

type OriginalDatabase = Pick<Extract<DuplicateSource, { kind: 'location' }>, 'dbName' | 'dbid'>;

/** Whose backups are meant, for a directory that holds those of several databases. */
function parseOriginal(reader: TokenReader): OriginalDatabase {
  const { kind, text } = reader.next;
  const isNamed = kind !== 'word' || (text !== 'TO' && text !== 'FOR');
  const dbName = isNamed ? reader.name().toUpperCase() : null;
  const dbid = dbName !== null && reader.accept('DBID') ? equals(reader).number() : null;
  return { dbName, dbid };
}

function parseTo(reader: TokenReader): string | null {
  if (reader.oneOf('TO', 'FOR') === 'TO') return reader.name();
  reader.expect('STANDBY');
  return null;
}

function parseFlag(reader: TokenReader, statement: DuplicateStatement): boolean {
  if (reader.accept('NOFILENAMECHECK')) statement.checkNames = false;
  else if (reader.accept('NOOPEN')) statement.open = false;
  else if (reader.accept('NOREDO')) statement.noRedo = true;
  else if (reader.accept('DORECOVER')) statement.recover = true;
  else if (reader.accept('PASSWORD', 'FILE')) statement.passwordFile = true;
  else if (reader.accept('SKIP', 'READONLY')) statement.skipReadOnly = true;
  else if (reader.accept('OPEN', 'RESTRICTED')) reader.notSimulated('DUPLICATE ... OPEN RESTRICTED');
  else return false;
  return true;
}

function parseSource(
  reader: TokenReader,
  statement: DuplicateStatement,
  original: OriginalDatabase,
): boolean {
  if (reader.accept('FROM', 'ACTIVE', 'DATABASE')) statement.source = { kind: 'active' };
  else if (reader.accept('BACKUP', 'LOCATION'))
    statement.source = { kind: 'location', directory: reader.string(), ...original };
  else return false;
  return true;
}

function parseOption(reader: TokenReader, statement: DuplicateStatement): boolean {
  const until = parseUntilClause(reader);
  const skipped = until === undefined ? parseSkipTablespaces(reader) : undefined;
  if (until !== undefined) statement.until = until;
  else if (skipped !== undefined) statement.skipTablespaces.push(...skipped);
  else if (reader.accept('DB_FILE_NAME_CONVERT')) statement.convert.push(...parseConvert(reader));
  else if (reader.accept('SPFILE')) parseParameters(reader, statement);
  // The auxiliary instance of the lab has read its parameters already.
  else if (reader.accept('PFILE')) equals(reader).string();
  // It says how the blocks travel, not which.
  else if (reader.accept('SECTION', 'SIZE')) parseSize(reader);
  else return parseDeviceType(reader) !== undefined;
  return true;
}

function parseConvert(reader: TokenReader): DuplicateStatement['convert'] {
  return pairsOf(equals(reader).list(() => reader.string()));
}

function pairsOf(names: string[]): DuplicateStatement['convert'] {
  const pairs: DuplicateStatement['convert'] = [];
  for (let i = 0; i < names.length; i += 2) pairs.push({ from: names[i] ?? '', to: names[i + 1] ?? '' });
  return pairs;
}

function parseParameters(reader: TokenReader, statement: DuplicateStatement): void {
  statement.parameters = [];
  while (reader.accept('SET')) {
    const name = reader.name().toLowerCase();
    const values = equals(reader).list(() => reader.string());
    statement.parameters.push({ name, value: values.join("','") });
    if (name === 'db_file_name_convert') statement.convert.push(...pairsOf(values));
  }
}
