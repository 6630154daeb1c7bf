/** One statement of RMAN; the whole language is written down in grammar.md, which a spec holds against this parser. */
import { type Statement } from './ast';
import { parseBackup } from './parse-backup';
import { parseAllocate, parseAllocateMaintenance, parseSend } from './parse-channel';
import { equals } from './parse-common';
import { parseConfigure, parseShow } from './parse-configure';
import {
  parseCatalog,
  parseChange,
  parseCrosscheck,
  parseDelete,
  parseList,
  parseReport,
} from './parse-maintain';
import { parseDuplicate } from './parse-duplicate';
import { parseRecover, parseRestore, parseSwitch, parseValidate } from './parse-restore';
import { parseSet } from './parse-set';
import { TokenReader } from './token-reader';
import { START } from './tokens';

type Parser = (reader: TokenReader) => Statement;

/** Parses the text of one statement. Throws RmanError with RMAN-00558 on anything it does not know. */
export function parseStatement(source: string, place = START): Statement {
  const reader = new TokenReader(source, place);
  const statement = reader.accept('RUN') ? parseRun(reader) : parseOne(reader, PROMPT);
  if (!reader.atEnd) reader.fail();
  return statement;
}

function parseRun(reader: TokenReader): Statement {
  reader.expect('{');
  const statements: Statement[] = [];
  while (!reader.accept('}')) statements.push(parseOne(reader, JOB));
  reader.accept(';');
  return { kind: 'run', statements };
}

function parseOne(reader: TokenReader, parsers: Map<string, Parser>): Statement {
  const { start } = reader.next;
  const name = [...parsers.keys()].find((word) => reader.accept(word));
  const parser = name === undefined ? undefined : parsers.get(name);
  if (name === undefined || parser === undefined) return reader.fail();
  const from = reader.unsimulated.length;
  const statement = SQL_WORDS.includes(name) ? parseSql(reader, start) : parser(reader);
  // BACKUP has taken its semicolon; EXIT needs none at the end of a script.
  if (statement.kind !== 'backup' && !(statement.kind === 'exit' && reader.atEnd)) {
    if (!reader.accept(';')) reader.fail();
  }
  const clauses = reader.unsimulated.slice(from);
  return clauses.length === 0 ? statement : { kind: 'unsimulated', name, clauses };
}

/** SQL that RMAN passes on since 12c. */
const SQL_WORDS = [
  'ALTER',
  'CREATE',
  'DROP',
  'SELECT',
  'INSERT',
  'UPDATE',
  'TRUNCATE',
  'GRANT',
  'REVOKE',
  'COMMIT',
  'ROLLBACK',
];

function parseSql(reader: TokenReader, start: number): Statement {
  const text = reader.untilSemicolon(start);
  if (/^ALTER\s+DATABASE\s+MOUNT$/i.test(text)) return { kind: 'mount' };
  const open = /^ALTER\s+DATABASE\s+OPEN(\s+RESETLOGS)?$/i.exec(text);
  return open === null ? { kind: 'sql', text } : { kind: 'open', resetlogs: open[1] !== undefined };
}

function unsimulated(name: string, parse: (reader: TokenReader) => void): Parser {
  return (reader) => {
    parse(reader);
    reader.notSimulated(name);
    return { kind: 'unsimulated', name, clauses: [] };
  };
}

function catalogOnly(name: string, parse: (reader: TokenReader) => void): Parser {
  return (reader) => {
    parse(reader);
    return { kind: 'catalog-only', name };
  };
}

function parseStartup(reader: TokenReader): Statement {
  const force = reader.accept('FORCE');
  const mode = reader.accept('NOMOUNT') ? 'NOMOUNT' : reader.accept('MOUNT') ? 'MOUNT' : 'OPEN';
  if (mode === 'OPEN') reader.accept('OPEN');
  reader.accept('DBA');
  if (reader.accept('PFILE')) {
    equals(reader).string();
    reader.notSimulated('STARTUP ... PFILE');
  }
  return { kind: 'startup', mode, force };
}

function parseShutdown(reader: TokenReader): Statement {
  if (reader.accept('ABORT')) return { kind: 'shutdown', mode: 'ABORT' };
  if (!reader.accept('IMMEDIATE') && !reader.accept('NORMAL')) reader.accept('TRANSACTIONAL');
  return { kind: 'shutdown', mode: 'IMMEDIATE' };
}

function parseConnect(reader: TokenReader): Statement {
  const to = reader.oneOf('TARGET', 'CATALOG', 'AUXILIARY');
  const login = reader.untilSemicolon(reader.next.start);
  return { kind: 'connect', to, login };
}

function parseSpool(reader: TokenReader): Statement {
  reader.expect('LOG');
  if (reader.accept('OFF')) return { kind: 'spool', to: null, append: false };
  reader.expect('TO');
  const { kind } = reader.next;
  const to = kind === 'word' ? reader.writtenWord() : reader.string();
  return { kind: 'spool', to, append: reader.accept('APPEND') };
}

function parseReleaseNamed(reader: TokenReader): Statement {
  reader.expect('CHANNEL');
  return { kind: 'release', name: reader.writtenWord() };
}

function parseReleaseMaintenance(reader: TokenReader): Statement {
  reader.expect('CHANNEL');
  return { kind: 'release', name: null };
}

function parseHost(reader: TokenReader): Statement {
  return { kind: 'host', command: reader.next.kind === 'string' ? reader.string() : null };
}

function parseFlashback(reader: TokenReader): void {
  if (!reader.accept('PLUGGABLE')) reader.accept('STANDBY');
  reader.expect('DATABASE');
  reader.untilSemicolon(reader.next.start);
}

function parseScript(reader: TokenReader): void {
  reader.accept('GLOBAL');
  reader.expect('SCRIPT');
  reader.name();
}

const ANYWHERE: [string, Parser][] = [
  [
    'ADVISE',
    unsimulated('ADVISE FAILURE', (reader) => {
      reader.expect('FAILURE');
      reader.accept('ALL');
    }),
  ],
  ...SQL_WORDS.map((word): [string, Parser] => [word, (reader) => reader.fail()]),
  ['BACKUP', parseBackup],
  ['CATALOG', parseCatalog],
  ['CHANGE', parseChange],
  ['CROSSCHECK', parseCrosscheck],
  ['DEBUG', unsimulated('DEBUG', (reader) => void reader.oneOf('ON', 'OFF'))],
  ['DELETE', parseDelete],
  ['DUPLICATE', parseDuplicate],
  ['EXECUTE', catalogOnly('EXECUTE SCRIPT', parseScript)],
  ['FLASHBACK', unsimulated('FLASHBACK', parseFlashback)],
  ['HOST', parseHost],
  ['LIST', parseList],
  ['RECOVER', parseRecover],
  [
    'REPAIR',
    unsimulated('REPAIR FAILURE', (reader) => {
      reader.expect('FAILURE');
      reader.accept('PREVIEW');
    }),
  ],
  ['REPORT', parseReport],
  ['RESTORE', parseRestore],
  [
    'RESYNC',
    catalogOnly('RESYNC CATALOG', (reader) => {
      reader.expect('CATALOG');
    }),
  ],
  ['SEND', parseSend],
  ['SHUTDOWN', parseShutdown],
  ['SQL', (reader) => ({ kind: 'sql', text: reader.string() })],
  ['STARTUP', parseStartup],
  ['SWITCH', parseSwitch],
  ['VALIDATE', parseValidate],
];

/** At the prompt, and in a command file outside of RUN. */
const PROMPT = new Map<string, Parser>([
  ...ANYWHERE,
  ['ALLOCATE', parseAllocateMaintenance],
  ['CONFIGURE', parseConfigure],
  ['CONNECT', parseConnect],
  ['EXIT', () => ({ kind: 'exit' })],
  ['QUIT', () => ({ kind: 'exit' })],
  ['PRINT', catalogOnly('PRINT SCRIPT', parseScript)],
  [
    'REGISTER',
    catalogOnly('REGISTER DATABASE', (reader) => {
      reader.expect('DATABASE');
    }),
  ],
  [
    'UNREGISTER',
    catalogOnly('UNREGISTER DATABASE', (reader) => {
      reader.expect('DATABASE');
      reader.accept('NOPROMPT');
    }),
  ],
  ['RELEASE', parseReleaseMaintenance],
  ['SET', (reader) => parseSet(reader, false)],
  ['SHOW', parseShow],
  ['SPOOL', parseSpool],
]);

/** Between the braces of RUN. */
const JOB = new Map<string, Parser>([
  ...ANYWHERE,
  ['ALLOCATE', parseAllocate],
  ['RELEASE', parseReleaseNamed],
  ['SET', (reader) => parseSet(reader, true)],
]);
