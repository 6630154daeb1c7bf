// Nodes become text here and nowhere else; every name is checked at the place where it is written.
import {
  LOGS_PER_SET,
  SBT_BLOCK_BYTES,
  SECTION_SIZE,
  SET_SIZE_MAX,
  type ChannelParms,
  type InstanceAddress,
  type JobStatement,
  type LogRange,
  type RmanScript,
  type Statement,
} from './nodes';
import { checked, checkedNumber, RmanScriptError } from './terminals';

/** Documented limits are larger; older releases were not. */
const PARMS_CHARS_MAX = 511;
const DEVICE = "DEVICE TYPE 'SBT_TAPE'";
/** Whatever is configured: every file, whoever has backed it up; a set and no copy, not compressed, of any size. */
const BACKUP = `BACKUP FORCE AS BACKUPSET MAXSETSIZE ${SET_SIZE_MAX}`;

/** The script as RMAN reads it, one statement a line. @throws RmanScriptError for a name that may not stand in a script */
export function printScript(script: RmanScript): string {
  return script.map((statement) => `${printed(statement)}\n`).join('');
}

function printed(statement: Statement): string {
  switch (statement.kind) {
    case 'run':
      return ['RUN {', ...statement.statements.map((s) => `  ${printJobStatement(s)};`), '}'].join('\n');
    case 'set-encryption-off':
      return 'SET ENCRYPTION OFF FOR ALL TABLESPACES;';
    case 'set-dbid':
      return `SET DBID ${checked('dbid', 'DBID', statement.dbid)};`;
    case 'startup-nomount':
      return 'STARTUP NOMOUNT;';
    case 'mount-database':
      return 'ALTER DATABASE MOUNT;';
    case 'shutdown-abort':
      return 'SHUTDOWN ABORT;';
    case 'allocate-maintenance-channel':
      return `ALLOCATE CHANNEL FOR MAINTENANCE ${DEVICE} PARMS '${parms(statement.parms)}';`;
    case 'allocate-disk-maintenance-channel':
      return 'ALLOCATE CHANNEL FOR MAINTENANCE DEVICE TYPE DISK;';
    case 'delete-logs':
      return `DELETE NOPROMPT ${logRange(statement)};`;
    case 'drop-data-file-offline':
      return `ALTER DATABASE DATAFILE ${checkedNumber('data file', statement.file)} OFFLINE FOR DROP;`;
    case 'report-schema':
      return 'REPORT SCHEMA;';
    case 'list-incarnation':
      return 'LIST INCARNATION;';
    case 'release-channel':
      return 'RELEASE CHANNEL;';
    case 'crosscheck-pieces':
      return `CROSSCHECK BACKUPPIECE ${quotedHandles(statement.handles)};`;
    case 'catalog-pieces':
      return `CATALOG ${DEVICE} BACKUPPIECE ${quotedHandles(statement.handles)};`;
    case 'uncatalog-piece':
      return `CHANGE BACKUPPIECE ${quotedHandle(statement.handle)} UNCATALOG;`;
  }
}

/** A statement of a RUN block, without its semicolon. @throws RmanScriptError */
export function printJobStatement(statement: JobStatement): string {
  switch (statement.kind) {
    case 'set-command-id':
      return `SET COMMAND ID TO '${checked('commandId', 'command id', statement.commandId)}'`;
    case 'set-one-backup-copy':
      return 'SET BACKUP COPIES = 1';
    case 'set-autobackup-format':
      return `SET CONTROLFILE AUTOBACKUP FORMAT FOR ${DEVICE} TO '${checked('format', 'autobackup format', statement.format)}'`;
    case 'allocate-channel':
      return allocateChannel(statement);
    case 'backup-data-files':
      return backupDataFiles(statement);
    case 'backup-logs':
      return `${BACKUP} FILESPERSET ${LOGS_PER_SET} ${labels(statement)} ${logRange(statement)}`;
    case 'backup-control-file':
      return `${BACKUP} ${labels(statement)} CURRENT CONTROLFILE`;
    case 'backup-spfile':
      return `${BACKUP} ${labels(statement)} SPFILE`;
    case 'restore-control-file':
      return `RESTORE CONTROLFILE FROM ${quotedHandle(statement.handle)}`;
    case 'set-until-scn':
      return `SET UNTIL SCN ${checked('scn', 'SCN', statement.scn)}`;
    case 'set-newname-for-database':
      return `SET NEWNAME FOR DATABASE TO '${checked('path', 'directory', statement.directory)}/%b'`;
    case 'restore-data-files':
      return `RESTORE DATAFILE ${atLeastOne('data files', statement.files)
        .map((file) => checkedNumber('data file', file))
        .join(', ')}`;
    case 'restore-database':
      return 'RESTORE DATABASE';
    case 'switch-data-files':
      return 'SWITCH DATAFILE ALL';
    case 'recover-database':
      return 'RECOVER DATABASE';
  }
}

/** The channel logs in as RMAN did; ENABLE=BROKEN keeps the connection from outliving a node that vanished. */
function allocateChannel({
  oneFileAtATime,
  connect,
  parms: channel,
}: Extract<JobStatement, { kind: 'allocate-channel' }>): string {
  return [
    `ALLOCATE CHANNEL ${checked('word', 'channel', channel.channel)} ${DEVICE}`,
    ...(oneFileAtATime ? ['MAXOPENFILES 1'] : []),
    ...(connect === null ? [] : [`CONNECT '@${descriptor(connect)}'`]),
    `PARMS '${parms(channel)}'`,
  ].join(' ');
}

/** A dedicated server of the instance that is named, and of no other that offers the service. */
export function descriptor({ host, port, service, instance }: InstanceAddress): string {
  const address = `(ADDRESS=(PROTOCOL=TCP)(HOST=${checked('host', 'host', host)})(PORT=${checkedNumber('port', port)}))`;
  const data = `(CONNECT_DATA=(SERVICE_NAME=${checked('service', 'service', service)})(INSTANCE_NAME=${checked('instance', 'instance', instance)})(SERVER=DEDICATED))`;
  return `(DESCRIPTION=(ENABLE=BROKEN)${address}${data})`;
}

/** One file per set keeps a stream's bytes in the order of its blocks. */
function backupDataFiles({
  level,
  tag,
  files,
}: Extract<JobStatement, { kind: 'backup-data-files' }>): string {
  const incremental = level === 0 ? 'LEVEL 0' : 'LEVEL 1 CUMULATIVE';
  return [
    `${BACKUP} INCREMENTAL ${incremental} FILESPERSET 1 SECTION SIZE ${SECTION_SIZE} TAG '${checked('tag', 'tag', tag)}'`,
    ...atLeastOne('data files', files).map(
      ({ file, format }) =>
        `    (DATAFILE ${checkedNumber('data file', file)} FORMAT '${checked('format', 'format', format)}')`,
    ),
  ].join('\n');
}

function labels({ tag, format }: { readonly tag: string; readonly format: string }): string {
  return `TAG '${checked('tag', 'tag', tag)}' FORMAT '${checked('format', 'format', format)}'`;
}

function logRange(range: LogRange): string {
  const [from, until, thread] = [range.fromSequence, range.untilSequence, range.thread].map((n) =>
    checkedNumber('log range', n),
  );
  return `ARCHIVELOG FROM SEQUENCE ${from} UNTIL SEQUENCE ${until} THREAD ${thread}`;
}

function parms({ libraryPath, socketPath, tokenFile, runId, channel }: ChannelParms): string {
  const env = [
    `ADY_SOCK=${checked('path', 'socket path', socketPath)}`,
    `ADY_TOKEN_FILE=${checked('path', 'token file', tokenFile)}`,
    `ADY_RUN=${checked('word', 'run id', runId)}`,
    `ADY_CHANNEL=${checked('word', 'channel', channel)}`,
  ].join(',');
  const text = `SBT_LIBRARY=${checked('path', 'library path', libraryPath)},BLKSIZE=${SBT_BLOCK_BYTES},ENV=(${env})`;
  if (text.length <= PARMS_CHARS_MAX) return text;
  throw new RmanScriptError(
    'PARMS',
    `${text.length} characters, at most ${PARMS_CHARS_MAX}: use shorter paths`,
  );
}

function quotedHandle(handle: string): string {
  return `'${checked('handle', 'handle', handle)}'`;
}

function quotedHandles(handles: readonly string[]): string {
  return atLeastOne('handles', handles).map(quotedHandle).join(', ');
}

function atLeastOne<T>(field: string, items: readonly T[]): readonly T[] {
  if (items.length === 0) throw new RmanScriptError(field, 'at least one');
  return items;
}
