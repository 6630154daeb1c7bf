/**
 * The statements of RMAN this executable knows. Grammar (BACKUP stands in parse-backup.ts):
 *   statement := RUN '{' { statement } '}' [';'] | BACKUP … | other ';'
 *   other     := SET … | ALLOCATE CHANNEL … | RELEASE CHANNEL [name] | RESTORE … | RECOVER … | SWITCH DATAFILE ALL
 *              | CATALOG [DEVICE TYPE t] BACKUPPIECE h {, h} | CROSSCHECK (BACKUPPIECE h {, h} | BACKUP) [DEVICE TYPE t]
 *              | CHANGE BACKUPPIECE h {, h} UNCATALOG | DELETE [FORCE] [NOPROMPT] (BACKUPPIECE h {, h} | ARCHIVELOG logs)
 *              | LIST BACKUP … | CONFIGURE name (TO value | ON | OFF | CLEAR) | SHOW ALL | SQL 'text' | SEND 'text'
 *              | STARTUP [NOMOUNT|MOUNT] | SHUTDOWN [IMMEDIATE|ABORT] | ALTER DATABASE (MOUNT | OPEN [RESETLOGS])
 *              | ALTER any other SQL | CONNECT TARGET '/' | EXIT | QUIT
 */
import { type Statement } from './ast';
import { parseBackup, parseDevice, parseFile, parseLogRange } from './parse-backup';
import { parseRecover, parseRestore, parseUntil } from './parse-restore';
import { TokenReader } from './token-reader';

const DBID_MAX = 0xffff_ffff;
const STATEMENT_NAMES = [
  'allocate',
  'alter',
  'backup',
  'catalog',
  'change',
  'configure',
  'crosscheck',
  'delete',
  'exit',
];
const MORE_NAMES = [
  'list',
  'recover',
  'release',
  'restore',
  'run',
  'set',
  'shutdown',
  'sql',
  'startup',
  'switch',
];

/** Parses the text of one statement. Throws RmanError with RMAN-00558 on anything it does not know. */
export function parseStatement(source: string, firstLine = 1): Statement {
  const reader = new TokenReader(source, firstLine);
  const statement = parseOne(reader, false);
  if (reader.next.kind !== 'end') reader.fail('end-of-file');
  return statement;
}

function parseOne(reader: TokenReader, inRun: boolean): Statement {
  if (!inRun && reader.accept('RUN')) return parseRun(reader);
  const sql = parseAlter(reader);
  if (sql !== undefined) return sql;
  if (reader.accept('BACKUP')) return parseBackup(reader);
  const statement = parseOther(reader);
  // EXIT at the end of a script has no semicolon.
  if (statement.kind !== 'exit' || reader.next.kind !== 'end') reader.expect(';');
  return statement;
}

function parseRun(reader: TokenReader): Statement {
  reader.expect('{');
  const statements: Statement[] = [];
  while (!reader.accept('}')) statements.push(parseOne(reader, true));
  reader.accept(';');
  return { kind: 'run', statements };
}

function parseAlter(reader: TokenReader): Statement | undefined {
  if (reader.accept('ALTER', 'DATABASE', 'MOUNT', ';')) return { kind: 'mount' };
  if (reader.accept('ALTER', 'DATABASE', 'OPEN', ';')) return { kind: 'open', resetlogs: false };
  if (reader.accept('ALTER', 'DATABASE', 'OPEN', 'RESETLOGS', ';')) return { kind: 'open', resetlogs: true };
  const { text, kind, start } = reader.next;
  if (kind !== 'word' || text !== 'ALTER') return undefined;
  let { finish } = reader.take();
  while (reader.next.text !== ';' || reader.next.kind !== 'mark') {
    if (reader.next.kind === 'end') reader.fail(';');
    ({ finish } = reader.take());
  }
  reader.expect(';');
  return { kind: 'sql', text: reader.source.slice(start, finish) };
}

const PARSERS: Record<string, (reader: TokenReader) => Statement> = {
  SET: parseSet,
  ALLOCATE: parseAllocate,
  RELEASE: parseRelease,
  RESTORE: parseRestore,
  RECOVER: parseRecover,
  SWITCH: parseSwitch,
  CATALOG: parseCatalog,
  CROSSCHECK: parseCrosscheck,
  CHANGE: parseChange,
  DELETE: parseDelete,
  LIST: parseList,
  CONFIGURE: parseConfigure,
  SHOW: parseShow,
  SQL: (reader) => ({ kind: 'sql', text: reader.string() }),
  SEND: parseSend,
  STARTUP: parseStartup,
  SHUTDOWN: parseShutdown,
  CONNECT: parseConnect,
  EXIT: () => ({ kind: 'exit' }),
  QUIT: () => ({ kind: 'exit' }),
};

function parseOther(reader: TokenReader): Statement {
  const { kind, text } = reader.next;
  const parser = kind === 'word' && Object.hasOwn(PARSERS, text) ? PARSERS[text] : undefined;
  if (parser === undefined) return reader.fail(...STATEMENT_NAMES, ...MORE_NAMES);
  reader.take();
  return parser(reader);
}

function parseSet(reader: TokenReader): Statement {
  if (reader.accept('COMMAND', 'ID', 'TO')) return { kind: 'set-command-id', id: reader.string() };
  if (reader.accept('DBID')) {
    reader.accept('=');
    return { kind: 'set-dbid', dbid: reader.number(DBID_MAX) };
  }
  if (reader.accept('UNTIL')) return { kind: 'set-until', until: parseUntil(reader) };
  if (reader.accept('NEWNAME', 'FOR')) return parseNewName(reader);
  if (reader.accept('CONTROLFILE', 'AUTOBACKUP', 'FORMAT', 'FOR', 'DEVICE', 'TYPE')) {
    parseDevice(reader);
    reader.expect('TO');
    return { kind: 'set-autobackup-format', format: reader.string() };
  }
  return parseSetting(reader);
}

function parseSetting(reader: TokenReader): Statement {
  if (reader.accept('ENCRYPTION', 'OFF')) {
    if (reader.accept('FOR')) reader.expect('ALL', 'TABLESPACES');
    return { kind: 'set', what: 'encryption' };
  }
  if (reader.accept('BACKUP', 'COPIES')) {
    reader.accept('=');
    // Duplexed pieces are left out of the simulation.
    reader.number(1);
    return { kind: 'set', what: 'backup-copies' };
  }
  if (reader.accept('ECHO')) {
    if (!reader.accept('ON') && !reader.accept('OFF')) reader.fail('on', 'off');
    return { kind: 'set', what: 'echo' };
  }
  return reader.fail('backup', 'command', 'controlfile', 'dbid', 'echo', 'encryption', 'newname', 'until');
}

function parseNewName(reader: TokenReader): Statement {
  let file: number | string | null = null;
  if (reader.accept('DATAFILE')) file = parseFile(reader);
  else reader.expect('DATABASE');
  reader.expect('TO');
  return { kind: 'set-newname', file, to: reader.string() };
}

function parseAllocate(reader: TokenReader): Statement {
  reader.expect('CHANNEL');
  const maintenance = reader.accept('FOR', 'MAINTENANCE');
  const name = maintenance ? 'ORA_MAINT_SBT_TAPE_1' : unquoted(reader);
  reader.accept('DEVICE');
  reader.expect('TYPE');
  const channel = { name, device: parseDevice(reader), parms: null, format: null, send: null };
  while (reader.next.text !== ';') parseChannelOption(reader, channel);
  return { kind: 'allocate', maintenance, channel };
}

interface ChannelText {
  parms: string | null;
  format: string | null;
  send: string | null;
}

function parseChannelOption(reader: TokenReader, channel: ChannelText): void {
  if (reader.accept('PARMS')) {
    reader.accept('=');
    channel.parms = reader.string();
  } else if (reader.accept('FORMAT')) channel.format = reader.string();
  else if (reader.accept('SEND')) channel.send = reader.string();
  // One piece is one file's stream here, so that this changes nothing; CONNECT: one host, one instance.
  else if (reader.accept('MAXOPENFILES')) reader.number();
  else if (reader.accept('CONNECT')) reader.string();
  else reader.fail('connect', 'format', 'maxopenfiles', 'parms', 'send', ';');
}

/** Channel names keep the case they were written in. */
function unquoted(reader: TokenReader): string {
  const { start, finish } = reader.next;
  reader.word();
  return reader.source.slice(start, finish);
}

function parseRelease(reader: TokenReader): Statement {
  reader.expect('CHANNEL');
  return { kind: 'release', name: reader.next.kind === 'word' ? unquoted(reader) : null };
}

function parseSwitch(reader: TokenReader): Statement {
  reader.expect('DATAFILE', 'ALL');
  return { kind: 'switch-all' };
}

function handles(reader: TokenReader): string[] {
  return reader.list(() => reader.string());
}

function skipDevice(reader: TokenReader): void {
  if (reader.accept('DEVICE', 'TYPE')) parseDevice(reader);
}

function parseCatalog(reader: TokenReader): Statement {
  skipDevice(reader);
  reader.expect('BACKUPPIECE');
  return { kind: 'catalog', handles: handles(reader) };
}

function parseCrosscheck(reader: TokenReader): Statement {
  if (reader.accept('BACKUP')) {
    skipDevice(reader);
    return { kind: 'crosscheck', handles: null };
  }
  reader.expect('BACKUPPIECE');
  const names = handles(reader);
  skipDevice(reader);
  return { kind: 'crosscheck', handles: names };
}

function parseChange(reader: TokenReader): Statement {
  reader.expect('BACKUPPIECE');
  const names = handles(reader);
  skipDevice(reader);
  reader.expect('UNCATALOG');
  return { kind: 'uncatalog', handles: names };
}

function parseDelete(reader: TokenReader): Statement {
  let force = reader.accept('FORCE');
  reader.accept('NOPROMPT');
  force ||= reader.accept('FORCE');
  if (reader.accept('ARCHIVELOG')) return { kind: 'delete-logs', range: parseLogRange(reader) };
  reader.expect('BACKUPPIECE');
  const names = handles(reader);
  skipDevice(reader);
  return { kind: 'delete-pieces', handles: names, force };
}

function parseList(reader: TokenReader): Statement {
  reader.expect('BACKUP');
  while (reader.next.kind === 'word') reader.take();
  return { kind: 'list-backup' };
}

/** Where the string ends, when there is one. */
function takeString(reader: TokenReader): number | undefined {
  return reader.next.kind === 'string' ? reader.take().finish : undefined;
}

function parseConfigure(reader: TokenReader): Statement {
  const first = reader.next.start;
  let finish = first;
  while (reader.next.kind === 'word' && !['TO', 'ON', 'OFF', 'CLEAR'].includes(reader.next.text)) {
    ({ finish } = reader.take());
    finish = takeString(reader) ?? finish;
  }
  const name = reader.source.slice(first, finish).toUpperCase().replace(/\s+/g, ' ');
  if (name === '') reader.fail('identifier');
  if (reader.accept('CLEAR')) return { kind: 'configure', name, value: null };
  const { start } = reader.next;
  if (reader.next.text === ';') reader.fail('to', 'on', 'off', 'clear');
  reader.accept('TO');
  const from = reader.next.text === ';' ? start : reader.next.start;
  let end = from;
  while (reader.next.text !== ';' && reader.next.kind !== 'end') ({ finish: end } = reader.take());
  return { kind: 'configure', name, value: reader.source.slice(from, end) };
}

function parseShow(reader: TokenReader): Statement {
  reader.expect('ALL');
  return { kind: 'show-all' };
}

function parseSend(reader: TokenReader): Statement {
  const channel = reader.accept('CHANNEL') ? unquoted(reader) : null;
  return { kind: 'send', text: reader.string(), channel };
}

function parseStartup(reader: TokenReader): Statement {
  reader.accept('FORCE');
  const mode = reader.accept('NOMOUNT') ? 'NOMOUNT' : reader.accept('MOUNT') ? 'MOUNT' : 'OPEN';
  return { kind: 'startup', mode };
}

function parseShutdown(reader: TokenReader): Statement {
  if (reader.accept('ABORT')) return { kind: 'shutdown', mode: 'ABORT' };
  reader.accept('IMMEDIATE');
  return { kind: 'shutdown', mode: 'IMMEDIATE' };
}

function parseConnect(reader: TokenReader): Statement {
  reader.expect('TARGET');
  if (reader.next.kind === 'string') reader.string();
  else reader.expect('/');
  return { kind: 'connect' };
}
