/** Runs one statement and turns what went wrong into RMAN's error stack. */
import { type OpenJob } from './channel-protocol';
import { type ChannelOptions, type Statement } from './ast';
import { Channel, ChannelError } from './channel';
import {
  catalogPieces,
  crosscheckPieces,
  deleteLogs,
  deletePieces,
  listBackups,
  uncatalogPieces,
} from './maintain-catalog';
import { parseParms } from './parms';
import { formatStackDate } from './rman-date';
import { errorLines, RmanError } from './rman-error';
import { runBackup } from './run-backup';
import { runRecover } from './run-recover';
import { runRestore } from './run-restore';
import { type Session } from './session';

/** Most channels of one RUN block, Oracle's limit. */
const CHANNELS_MAX = 255;

/** Statements that get a row of their own in v$rman_status, with what they work on. */
const JOBS: Partial<Record<Statement['kind'], string>> = {
  backup: 'BACKUP',
  restore: 'RESTORE',
  recover: 'RECOVER',
  catalog: 'CATALOG',
  crosscheck: 'CROSSCHECK',
  'delete-pieces': 'DELETE',
  'delete-logs': 'DELETE',
};

/** The name RMAN gives a statement in RMAN-03002. */
function nameOf({ kind }: Statement): string {
  switch (kind) {
    case 'delete-pieces':
    case 'delete-logs':
      return 'delete';
    case 'uncatalog':
      return 'change';
    case 'sql':
    case 'mount':
    case 'open':
      return 'sql statement';
    case 'switch-all':
      return 'switch';
    case 'list-backup':
      return 'list';
    case 'show-all':
      return 'show';
    case 'run':
    case 'backup':
    case 'restore':
    case 'recover':
    case 'allocate':
    case 'release':
    case 'catalog':
    case 'crosscheck':
    case 'configure':
    case 'send':
    case 'startup':
    case 'shutdown':
    case 'connect':
    case 'exit':
      return kind;
    default:
      return 'set';
  }
}

/** A statement that failed, with its whole stack. */
class StatementError extends RmanError {}

/** Answers false for EXIT. Throws StatementError. */
export async function runStatement(session: Session, statement: Statement): Promise<boolean> {
  if (statement.kind === 'exit') return false;
  if (statement.kind === 'run') {
    await runBlock(session, statement.statements);
    return true;
  }
  const job = JOBS[statement.kind];
  try {
    if (job !== undefined) await session.jobs.begin(job, objectOf(statement), session.commandId);
    const reruns = await execute(session, statement);
    await session.jobs.end(reruns > 0 ? 'COMPLETED WITH WARNINGS' : 'COMPLETED');
    return true;
  } catch (error) {
    await session.jobs.end('FAILED');
    throw new StatementError(stackOf(session, nameOf(statement), error));
  }
}

async function runBlock(session: Session, statements: Statement[]): Promise<void> {
  try {
    for (const statement of statements) await runStatement(session, statement);
  } finally {
    await session.endRun();
  }
}

function stackOf(session: Session, name: string, error: unknown): string[] {
  const at = formatStackDate(session.now());
  if (error instanceof StatementError) return error.lines;
  const lines = errorLines(error);
  if (session.target.client?.gone.aborted === true) {
    return [
      'RMAN-00601: fatal error in recovery manager',
      'RMAN-03004: fatal error during execution of command',
      'RMAN-10038: database session for channel default terminated unexpectedly',
      'ORA-03113: end-of-file on communication channel',
    ];
  }
  return error instanceof ChannelError
    ? [`RMAN-03009: failure of ${name} command on ${error.channel} channel at ${at}`, ...lines]
    : [`RMAN-03002: failure of ${name} command at ${at}`, ...lines];
}

function objectOf(statement: Statement): string | null {
  if (statement.kind !== 'backup') return null;
  const [spec] = statement.specs;
  switch (spec?.what.kind) {
    case 'archived-logs':
      return 'ARCHIVELOG';
    case 'control-file':
      return 'CONTROLFILE';
    case 'spfile':
      return 'SPFILE';
    case 'database':
      return statement.level === null ? 'DB FULL' : 'DB INCR';
    default:
      return statement.level === null ? 'DATAFILE FULL' : 'DATAFILE INCR';
  }
}

/** Answers the number of steps that had to be repeated. */
async function execute(
  session: Session,
  statement: Exclude<Statement, { kind: 'run' | 'exit' }>,
): Promise<number> {
  switch (statement.kind) {
    case 'backup':
      return runBackup(session, statement);
    case 'restore':
      await runRestore(session, statement);
      return 0;
    case 'recover':
      await runRecover(session, statement);
      return 0;
    case 'allocate':
      await allocate(session, statement.channel, statement.maintenance);
      return 0;
    case 'release':
      await release(session, statement.name);
      return 0;
    case 'catalog':
      await catalogPieces(session, statement.handles);
      return 0;
    case 'crosscheck':
      await crosscheckPieces(session, statement.handles);
      return 0;
    case 'uncatalog':
      await uncatalogPieces(session, statement.handles);
      return 0;
    case 'delete-pieces':
      await deletePieces(session, statement.handles, statement.force);
      return 0;
    case 'delete-logs':
      await deleteLogs(session, statement.range);
      return 0;
    case 'list-backup':
      await listBackups(session);
      return 0;
    case 'switch-all':
      await switchAll(session);
      return 0;
    case 'send':
      await send(session, statement.text, statement.channel);
      return 0;
    case 'startup':
    case 'shutdown':
    case 'mount':
    case 'open':
    case 'sql':
    case 'configure':
    case 'show-all':
      await executeOnInstance(session, statement);
      return 0;
    case 'connect':
      session.print('', 'RMAN-06167: already connected');
      return 0;
    default:
      set(session, statement);
      return 0;
  }
}

type SetStatement = Extract<
  Statement,
  { kind: 'set' | 'set-command-id' | 'set-dbid' | 'set-autobackup-format' | 'set-until' | 'set-newname' }
>;

function set(session: Session, statement: SetStatement): void {
  switch (statement.kind) {
    case 'set-command-id':
      session.commandId = statement.id;
      session.print('executing command: SET COMMAND ID', '');
      break;
    case 'set-dbid':
      session.dbid = statement.dbid;
      session.print('executing command: SET DBID', '');
      break;
    case 'set-autobackup-format':
      session.settings.autobackupFormat = statement.format;
      session.print('executing command: SET CONTROLFILE AUTOBACKUP FORMAT', '');
      break;
    case 'set-until':
      session.settings.until = statement.until;
      session.print('executing command: SET until clause', '');
      break;
    case 'set-newname':
      session.settings.newNames.push(statement);
      session.print('executing command: SET NEWNAME', '');
      break;
    case 'set':
      if (statement.what === 'encryption') session.print('executing command: SET encryption', '');
      else if (statement.what === 'backup-copies') session.print('executing command: SET BACKUP COPIES', '');
  }
}

type InstanceStatement = Extract<
  Statement,
  { kind: 'startup' | 'shutdown' | 'mount' | 'open' | 'sql' | 'configure' | 'show-all' }
>;

async function executeOnInstance(session: Session, statement: InstanceStatement): Promise<void> {
  const { target } = session;
  switch (statement.kind) {
    case 'startup':
      await target.startup(statement.mode);
      session.print('', 'Oracle instance started');
      if (statement.mode !== 'NOMOUNT') session.print('database mounted');
      if (statement.mode === 'OPEN') session.print('database opened');
      session.print('', 'Total System Global Area: simulated', '');
      break;
    case 'shutdown':
      await target.instance.shutdown({ mode: statement.mode });
      session.print('Oracle instance shut down');
      break;
    case 'mount':
      await target.instance.mount({});
      session.print('', 'Statement processed', '');
      break;
    case 'open':
      await target.instance.open({ resetlogs: statement.resetlogs });
      session.print('', 'Statement processed', '');
      break;
    case 'sql': {
      const { message } = await target.instance.runSql({ sql: statement.text });
      session.print('', `sql statement: ${statement.text}`, message);
      break;
    }
    case 'configure':
      await target.instance.setRmanConfiguration({ name: statement.name, value: statement.value });
      session.print(
        'new RMAN configuration parameters:',
        `CONFIGURE ${statement.name} ${statement.value ?? 'CLEAR'};`,
      );
      session.print('new RMAN configuration parameters are successfully stored', '');
      break;
    case 'show-all': {
      const { dbUniqueName, rmanConfiguration } = await target.instance.readControlFile({});
      session.print(`RMAN configuration parameters for database with db_unique_name ${dbUniqueName} are:`);
      session.print(...rmanConfiguration.map(({ name, value }) => `CONFIGURE ${name} ${value};`), '');
    }
  }
}

async function allocate(session: Session, options: ChannelOptions, maintenance: boolean): Promise<void> {
  const { name, device, parms, format, send: command } = options;
  if (device === 'DISK') {
    throw new ChannelError(name, ['RMAN-06908: device type DISK is not part of this simulation']);
  }
  const { channels } = session;
  if (channels.some((known) => known.name === name)) {
    throw new RmanError([
      `RMAN-12010: automatic channel allocation initialization failed, channel ${name} exists`,
    ]);
  }
  if (channels.length >= CHANNELS_MAX) throw new RmanError(['RMAN-06900: too many channels']);
  // Without an instance there is no server process to load the library.
  void session.target.instance;
  const job: OpenJob = {
    kind: 'open',
    name,
    socketPath: session.target.socketPath,
    parms: parseParms(parms),
    dateFormat: session.dateFormat,
    commandId: session.commandId,
    send: command,
  };
  const channel = await Channel.allocate(job, format, session.listener);
  (maintenance ? session.maintenance : channels).push(channel);
}

async function release(session: Session, name: string | null): Promise<void> {
  if (name === null) {
    await session.releaseMaintenance();
    return;
  }
  const channel = session.channels.find((known) => known.name === name);
  if (channel === undefined) throw new RmanError([`RMAN-06012: channel: ${name} not allocated`]);
  session.channels = session.channels.filter((known) => known !== channel);
  await channel.close();
  session.print(`released channel: ${name}`);
}

async function send(session: Session, text: string, name: string | null): Promise<void> {
  const channels = name === null ? session.channels : session.channels.filter((known) => known.name === name);
  for (const channel of channels) await channel.run({ kind: 'send', text });
  session.print('sent command to channel');
}

/** The control file follows the copies RESTORE made under new names. */
async function switchAll(session: Session): Promise<void> {
  for (const [file, name] of session.settings.restored) {
    await session.target.instance.switchDataFile({ file, name });
    session.print(`datafile ${file} switched to datafile copy`, `input datafile copy file name=${name}`);
  }
}
