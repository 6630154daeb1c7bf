/** DUPLICATE; the rules of the same name of grammar.md. */
import { type DuplicateStatement } from './ast';
import { equals, parseDeviceType, parseSize, parseSkipTablespaces, parseUntilClause } from './parse-common';
import { type TokenReader } from './token-reader';

/** The statement behind the word DUPLICATE. */
export function parseDuplicate(reader: TokenReader): DuplicateStatement {
  reader.accept('TARGET');
  reader.expect('DATABASE');
  const { kind, text } = reader.next;
  if (kind !== 'word' || (text !== 'TO' && text !== 'FOR')) reader.name();
  const statement: DuplicateStatement = {
    kind: 'duplicate',
    to: parseTo(reader),
    until: null,
    checkNames: true,
    convert: [],
    parameters: null,
    open: true,
  };
  while (parseOption(reader, statement));
  return statement;
}

function parseTo(reader: TokenReader): string {
  if (reader.oneOf('TO', 'FOR') === 'TO') return reader.name();
  reader.expect('STANDBY');
  reader.notSimulated('DUPLICATE ... FOR STANDBY');
  return '';
}

/** What the lab understands and does not do. */
const UNSIMULATED = [
  ['DORECOVER'],
  ['NOREDO'],
  ['OPEN', 'RESTRICTED'],
  ['FROM', 'ACTIVE', 'DATABASE'],
  ['PASSWORD', 'FILE'],
  ['SKIP', 'READONLY'],
];

function parseOption(reader: TokenReader, statement: DuplicateStatement): boolean {
  const until = parseUntilClause(reader);
  if (until !== undefined) statement.until = until;
  else if (reader.accept('NOFILENAMECHECK')) statement.checkNames = false;
  else if (reader.accept('NOOPEN')) statement.open = false;
  else if (reader.accept('DB_FILE_NAME_CONVERT')) parseConvert(reader, statement);
  else if (reader.accept('SPFILE')) parseParameters(reader, statement);
  // The auxiliary instance of the lab has read its parameters already.
  else if (reader.accept('PFILE')) equals(reader).string();
  else return parseUnsimulated(reader);
  return true;
}

function parseConvert(reader: TokenReader, statement: DuplicateStatement): void {
  const names = equals(reader).list(() => reader.string());
  for (let i = 0; i < names.length; i += 2) {
    statement.convert.push({ from: names[i] ?? '', to: names[i + 1] ?? '' });
  }
}

function parseParameters(reader: TokenReader, statement: DuplicateStatement): void {
  statement.parameters = [];
  while (reader.accept('SET')) {
    const name = reader.name().toLowerCase();
    statement.parameters.push({ name, value: equals(reader).string() });
  }
}

function parseUnsimulated(reader: TokenReader): boolean {
  const words = UNSIMULATED.find((candidate) => reader.accept(...candidate));
  if (words !== undefined) reader.notSimulated(`DUPLICATE ... ${words.join(' ')}`);
  else if (reader.accept('BACKUP', 'LOCATION')) {
    reader.string();
    reader.notSimulated('DUPLICATE ... BACKUP LOCATION');
  } else if (reader.accept('SECTION', 'SIZE')) {
    parseSize(reader);
    reader.notSimulated('DUPLICATE ... SECTION SIZE');
  } else if (parseSkipTablespaces(reader) !== undefined) {
    reader.notSimulated('DUPLICATE ... SKIP TABLESPACE');
  } else return parseDeviceType(reader) !== undefined;
  return true;
}
