/** Runs one statement and turns what went wrong into RMAN's error stack. */
import { type FaultName } from '../faults/rman-fault-catalog';
import { claimFault, faultsAt } from '../faults/rman-faults';
import { type MaintenanceStatement, type Statement } from './ast';
import { connectAuxiliary } from './auxiliary';
import { catalogFiles } from './catalog-files';
import { catalogLogs } from './catalog-logs';
import { catalogPieces } from './catalog-pieces';
import { runChange } from './change';
import { ChannelError } from './channel';
import { connectTarget } from './connect-target';
import { crosscheck } from './crosscheck';
import { deleteObsolete, runDelete } from './delete';
import { labLines } from './lab-error';
import { listIncarnations, listRestorePoints, runList } from './list';
import { catalogCopies } from './maintain-copies';
import { reportNeedBackup, reportObsolete, reportSchema, reportUnrecoverable } from './report';
import { formatStackDate } from './rman-date';
import { errorLines, RmanError } from './rman-error';
import { AutobackupError, runBackup } from './run-backup';
import { allocate, release, send } from './run-channels';
import { runDuplicate } from './run-duplicate';
import { runOnInstance } from './run-instance';
import { runRecover } from './run-recover';
import { runRestore } from './run-restore';
import { runSet } from './run-set';
import { runValidate } from './run-validate';
import { type Session } from './session';
import { jobOf, nameOf, objectOf } from './statement-names';
import { runSwitch } from './switch-files';

/** A statement that failed, with its whole stack. */
class StatementError extends RmanError {}

/** Answers false for EXIT. Throws StatementError. */
export async function runStatement(session: Session, statement: Statement): Promise<boolean> {
  if (statement.kind === 'exit') return false;
  if (statement.kind === 'run') {
    await runBlock(session, statement.statements);
    return true;
  }
  const job = jobOf(statement);
  try {
    if (!session.isConnected && needsTarget(session, statement))
      throw new RmanError(['RMAN-06171: not connected to target database']);
    if (job !== undefined) await session.jobs.begin(job, objectOf(statement), session.commandId);
    const fault = job === undefined ? undefined : claimedFault(session);
    if (fault !== undefined) session.lose(fault);
    const reruns = session.isFatal ? 0 : await execute(session, statement);
    if (!session.isFatal) await session.jobs.end(reruns > 0 ? 'COMPLETED WITH WARNINGS' : 'COMPLETED');
    if (job !== undefined && (await session.target.isLost())) session.lose();
    if (session.isFatal) throw new RmanError(session.fatalLines);
    return true;
  } catch (error) {
    if (!session.isFatal && (await session.target.isLost())) session.lose();
    await session.jobs.end('FAILED');
    throw new StatementError(stackOf(session, nameOf(statement), error));
  }
}

function claimedFault({ target }: Session): FaultName | undefined {
  return faultsAt('target-session').find((name) => claimFault(target.base, name) !== undefined);
}

/** Without one, all that rman does is to connect, and to duplicate a directory of pieces. */
function needsTarget({ hasAuxiliary }: Session, statement: Statement): boolean {
  switch (statement.kind) {
    case 'connect':
      return false;
    case 'duplicate':
      return statement.source.kind !== 'location';
    case 'allocate':
      return statement.role !== 'auxiliary';
    case 'release':
      return !hasAuxiliary;
    default:
      return !(hasAuxiliary && isSet(statement));
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
  if (session.isFatal) return session.fatalLines;
  const lines = errorLines(error);
  const command = error instanceof AutobackupError ? 'Control File and SPFILE Autobackup' : name;
  return error instanceof ChannelError
    ? [`RMAN-03009: failure of ${command} command on ${error.channel} channel at ${at}`, ...lines]
    : [`RMAN-03002: failure of ${command} command at ${at}`, ...lines];
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
    case 'validate':
      await runValidate(session, statement);
      return 0;
    case 'allocate':
      await allocate(session, statement.channel, statement.role);
      return 0;
    case 'release':
      await release(session, statement.name);
      return 0;
    case 'send':
      await send(session, statement);
      return 0;
    case 'switch-files':
    case 'switch-to-copy':
      await runSwitch(session, statement);
      return 0;
    case 'unsimulated':
      throw new RmanError(statement.clauses.flatMap(({ clause, at }) => [...labLines(clause), at]));
    case 'catalog-only':
      throw new RmanError(['RMAN-06002: command not allowed when not connected to a recovery catalog']);
    case 'connect':
      await connect(session, statement);
      return 0;
    case 'duplicate':
      await runDuplicate(session, statement);
      return 0;
    case 'host':
      throw new RmanError(labLines('HOST'));
    case 'spool':
      session.printer.spool(statement.to, statement);
      return 0;
    case 'startup':
    case 'shutdown':
    case 'mount':
    case 'open':
    case 'sql':
    case 'configure':
    case 'show':
      await runOnInstance(session, statement);
      return 0;
    default:
      if (isSet(statement)) await runSet(session, statement);
      else await maintain(session, statement);
      return 0;
  }
}

async function connect(
  session: Session,
  { to, login }: Extract<Statement, { kind: 'connect' }>,
): Promise<void> {
  if (to === 'CATALOG') throw new RmanError(labLines('CONNECT CATALOG'));
  if (to === 'TARGET') await connectTarget(session, login);
  else await connectAuxiliary(session, login);
}

type SetKind = Extract<Statement['kind'], `set-${string}`>;

function isSet(statement: Statement): statement is Extract<Statement, { kind: SetKind }> {
  return statement.kind.startsWith('set-');
}

async function maintain(session: Session, statement: MaintenanceStatement): Promise<void> {
  switch (statement.kind) {
    case 'crosscheck':
      return crosscheck(session, statement);
    case 'delete':
      return runDelete(session, statement);
    case 'delete-obsolete':
      return deleteObsolete(session, statement);
    case 'change':
      return runChange(session, statement);
    case 'catalog-pieces':
      return catalogPieces(session, statement);
    case 'catalog-logs':
      return catalogLogs(session, statement.paths);
    case 'catalog-files':
      return catalogFiles(session, statement.prefix);
    case 'catalog-copies':
      return catalogCopies(session, statement);
    case 'list':
      return runList(session, statement);
    case 'list-incarnations':
      return listIncarnations(session);
    case 'list-restore-points':
      return listRestorePoints(session);
    case 'report-schema':
      return reportSchema(session);
    case 'report-obsolete':
      return reportObsolete(session, statement);
    case 'report-need-backup':
      return reportNeedBackup(session, statement.retention);
    case 'report-unrecoverable':
      return reportUnrecoverable(session);
  }
}
