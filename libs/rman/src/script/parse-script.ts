// Reads a composed script back into its nodes, by the grammar in docs/formats/rman-scripts.md and without a look at the printer: what it
// cannot read was not composed by us. Spelling and blanks are exact, because scripts are made and not typed.
import {
  LOGS_PER_SET,
  SBT_BLOCK_BYTES,
  SECTION_SIZE,
  SET_SIZE_MAX,
  type ChannelParms,
  type DataFileSpec,
  type InstanceAddress,
  type JobStatement,
  type LogRange,
  type Statement,
} from './nodes';

/** Where the text leaves the grammar. */
class NotAComposedScript extends Error {
  constructor(
    readonly line: number,
    readonly text: string,
  ) {
    super(`line ${line} is no statement of a composed script: ${text.slice(0, 120)}`);
    this.name = 'NotAComposedScript';
  }
}

const PATH = String.raw`(/[\w$#@%+=:./-]*)`;
const HANDLE = String.raw`'([\w$#@+:./-]+)'`;
const HANDLES = `(${HANDLE}(?:, ${HANDLE})*)`;
const FORMAT = String.raw`'([\w$#@+:./-]+%[UF])'`;
const WORD = String.raw`([\w-]+)`;
const NUMBER = String.raw`(\d+)`;
const LOG_RANGE = `ARCHIVELOG FROM SEQUENCE ${NUMBER} UNTIL SEQUENCE ${NUMBER} THREAD ${NUMBER}`;
const TAG = String.raw`'([A-Z0-9_]+)'`;
const DEVICE = "DEVICE TYPE 'SBT_TAPE'";
const DESCRIPTOR = String.raw`\(DESCRIPTION=\(ENABLE=BROKEN\)\(ADDRESS=\(PROTOCOL=TCP\)\(HOST=([\w.-]+)\)\(PORT=(\d+)\)\)\(CONNECT_DATA=\(SERVICE_NAME=([\w$#.-]+)\)\(INSTANCE_NAME=([\w+$#-]+)\)\(SERVER=DEDICATED\)\)\)`;
/** Parts that DESCRIPTOR finds. */
const ADDRESS_PARTS = 4;
const BACKUP = `BACKUP FORCE AS BACKUPSET MAXSETSIZE ${SET_SIZE_MAX}`;
const PARMS = `PARMS 'SBT_LIBRARY=${PATH},BLKSIZE=${SBT_BLOCK_BYTES},ENV=\\(ADY_SOCK=${PATH},ADY_TOKEN_FILE=${PATH},ADY_RUN=${WORD},ADY_CHANNEL=${WORD}\\)'`;

/** A statement's text, and the node its parts make. */
type Rule<T> = readonly [pattern: RegExp, node: (...parts: string[]) => T];

function rule<T>(pattern: string, node: (...parts: string[]) => T): Rule<T> {
  return [new RegExp(`^${pattern};$`), node];
}

const STATEMENTS: readonly Rule<Statement>[] = [
  rule('SET ENCRYPTION OFF FOR ALL TABLESPACES', () => ({ kind: 'set-encryption-off' })),
  rule(`SET DBID ${NUMBER}`, (dbid = '') => ({ kind: 'set-dbid', dbid })),
  rule('STARTUP NOMOUNT', () => ({ kind: 'startup-nomount' })),
  rule('ALTER DATABASE MOUNT', () => ({ kind: 'mount-database' })),
  rule('SHUTDOWN ABORT', () => ({ kind: 'shutdown-abort' })),
  rule(`ALLOCATE CHANNEL FOR MAINTENANCE ${DEVICE} ${PARMS}`, (...parts) => ({
    kind: 'allocate-maintenance-channel',
    parms: channelParms(parts),
  })),
  rule('ALLOCATE CHANNEL FOR MAINTENANCE DEVICE TYPE DISK', () => ({
    kind: 'allocate-disk-maintenance-channel',
  })),
  rule(`DELETE NOPROMPT ${LOG_RANGE}`, (...range) => ({ kind: 'delete-logs', ...logRange(range) })),
  rule(`ALTER DATABASE DATAFILE ${NUMBER} OFFLINE FOR DROP`, (file) => ({
    ...{ kind: 'drop-data-file-offline', file: Number(file) },
  })),
  rule('REPORT SCHEMA', () => ({ kind: 'report-schema' })),
  rule('LIST INCARNATION', () => ({ kind: 'list-incarnation' })),
  rule('RELEASE CHANNEL', () => ({ kind: 'release-channel' })),
  rule(`CROSSCHECK BACKUPPIECE ${HANDLES}`, (list = '') => ({
    ...{ kind: 'crosscheck-pieces', handles: handlesIn(list) },
  })),
  rule(`CATALOG ${DEVICE} BACKUPPIECE ${HANDLES}`, (list = '') => ({
    ...{ kind: 'catalog-pieces', handles: handlesIn(list) },
  })),
  rule(`CHANGE BACKUPPIECE ${HANDLE} UNCATALOG`, (handle = '') => ({ kind: 'uncatalog-piece', handle })),
];

const JOB_STATEMENTS: readonly Rule<JobStatement>[] = [
  rule(`SET COMMAND ID TO '(ady:[\\w-]+)'`, (commandId = '') => ({ kind: 'set-command-id', commandId })),
  rule('SET BACKUP COPIES = 1', () => ({ kind: 'set-one-backup-copy' })),
  rule(`SET CONTROLFILE AUTOBACKUP FORMAT FOR ${DEVICE} TO ${FORMAT}`, (format = '') => ({
    kind: 'set-autobackup-format',
    format,
  })),
  rule(
    `ALLOCATE CHANNEL ${WORD} ${DEVICE}( MAXOPENFILES 1)?(?: CONNECT '@${DESCRIPTOR}')? ${PARMS}`,
    (name, oneFile, ...parts) => ({
      kind: 'allocate-channel',
      oneFileAtATime: oneFile !== undefined,
      connect: parts[0] === undefined ? null : instanceAddress(parts.slice(0, ADDRESS_PARTS)),
      parms: channelParms(parts.slice(ADDRESS_PARTS), name),
    }),
  ),
  rule(
    `${BACKUP} INCREMENTAL LEVEL (0|1 CUMULATIVE) FILESPERSET 1 SECTION SIZE ${SECTION_SIZE} TAG ${TAG}((?:\n    \\(DATAFILE ${NUMBER} FORMAT ${FORMAT}\\))+)`,
    (level, tag = '', specs = '') => ({
      kind: 'backup-data-files',
      level: level === '0' ? 0 : 1,
      tag,
      files: dataFileSpecs(specs),
    }),
  ),
  rule(
    `${BACKUP} FILESPERSET ${LOGS_PER_SET} TAG ${TAG} FORMAT ${FORMAT} ${LOG_RANGE}`,
    (tag = '', format = '', ...range) => ({ kind: 'backup-logs', tag, format, ...logRange(range) }),
  ),
  rule(`${BACKUP} TAG ${TAG} FORMAT ${FORMAT} CURRENT CONTROLFILE`, (tag = '', format = '') => ({
    ...{ kind: 'backup-control-file', tag, format },
  })),
  rule(`${BACKUP} TAG ${TAG} FORMAT ${FORMAT} SPFILE`, (tag = '', format = '') => ({
    ...{ kind: 'backup-spfile', tag, format },
  })),
  rule(`RESTORE CONTROLFILE FROM ${HANDLE}`, (handle = '') => ({ kind: 'restore-control-file', handle })),
  rule(`SET UNTIL SCN ${NUMBER}`, (scn = '') => ({ kind: 'set-until-scn', scn })),
  rule(`SET NEWNAME FOR DATABASE TO '${PATH}/%b'`, (directory = '') => ({
    ...{ kind: 'set-newname-for-database', directory },
  })),
  rule(`RESTORE DATAFILE (${NUMBER}(?:, ${NUMBER})*)`, (list = '') => ({
    ...{ kind: 'restore-data-files', files: list.split(', ').map(Number) },
  })),
  rule('RESTORE DATABASE', () => ({ kind: 'restore-database' })),
  rule('SWITCH DATAFILE ALL', () => ({ kind: 'switch-data-files' })),
  rule('RECOVER DATABASE', () => ({ kind: 'recover-database' })),
];

/** @throws NotAComposedScript */
export function parseScript(text: string): Statement[] {
  const lines = text.split('\n');
  const script: Statement[] = [];
  let line = 0;
  while (line < lines.length - 1) {
    const first = lines[line] ?? '';
    if (first !== 'RUN {') {
      script.push(nodeOf(STATEMENTS, first, line));
      line += 1;
      continue;
    }
    const end = lines.indexOf('}', line);
    if (end < 0) throw new NotAComposedScript(line + 1, first);
    script.push({ kind: 'run', statements: statementsInRun(lines.slice(line + 1, end), line + 1) });
    line = end + 1;
  }
  if (lines.at(-1) !== '') throw new NotAComposedScript(lines.length, lines.at(-1) ?? '');
  return script;
}

/** A statement begins with two blanks; lines that begin with four continue it. */
function statementsInRun(lines: readonly string[], before: number): JobStatement[] {
  const statements: JobStatement[] = [];
  for (let at = 0; at < lines.length;) {
    let end = at + 1;
    while (lines[end]?.startsWith('    ') === true) end += 1;
    const text = lines.slice(at, end).join('\n');
    if (!text.startsWith('  ')) throw new NotAComposedScript(before + at + 1, text);
    statements.push(nodeOf(JOB_STATEMENTS, text.slice('  '.length), before + at));
    at = end;
  }
  return statements;
}

function nodeOf<T>(rules: readonly Rule<T>[], text: string, line: number): T {
  for (const [pattern, node] of rules) {
    const match = pattern.exec(text);
    if (match !== null) return node(...match.slice(1));
  }
  throw new NotAComposedScript(line + 1, text);
}

function instanceAddress([
  host = '',
  port = '',
  service = '',
  instance = '',
]: readonly string[]): InstanceAddress {
  return { host, port: Number(port), service, instance };
}

/** @param name of the channel, which the PARMS must repeat */
function channelParms(parts: readonly string[], name?: string): ChannelParms {
  const [libraryPath = '', socketPath = '', tokenFile = '', runId = '', channel = ''] = parts;
  if (name !== undefined && name !== channel) throw new NotAComposedScript(0, `${name} is not ${channel}`);
  return { libraryPath, socketPath, tokenFile, runId, channel };
}

function logRange([from, until, thread]: readonly string[]): LogRange {
  return { thread: Number(thread), fromSequence: Number(from), untilSequence: Number(until) };
}

function handlesIn(list: string): string[] {
  return list.split(', ').map((quoted) => quoted.slice(1, -1));
}

function dataFileSpecs(text: string): DataFileSpec[] {
  const specs = text.matchAll(new RegExp(`\\(DATAFILE ${NUMBER} FORMAT ${FORMAT}\\)`, 'g'));
  return [...specs].map(([, file, format = '']) => ({ file: Number(file), format }));
}
