/** Statements for the instance itself: STARTUP, SHUTDOWN, ALTER DATABASE, SQL, CONFIGURE, SHOW. */
import { type Statement } from './ast';
import { showLines } from './configuration';
import { type Session } from './session';

export type InstanceStatement = Extract<
  Statement,
  { kind: 'startup' | 'shutdown' | 'mount' | 'open' | 'sql' | 'configure' | 'show' }
>;

export async function runOnInstance(session: Session, statement: InstanceStatement): Promise<void> {
  const { target } = session;
  switch (statement.kind) {
    case 'startup':
      await startUp(session, statement);
      break;
    case 'shutdown':
      await target.shutdown(statement.mode);
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
      await configure(session, statement);
      break;
    case 'show': {
      const controlFile = await target.instance.readControlFile({});
      const name = controlFile.dbUniqueName.toUpperCase();
      session.print(
        `RMAN configuration parameters for database with db_unique_name ${name} are:`,
        ...showLines(controlFile, statement.names),
        '',
      );
    }
  }
}

/** RMAN takes an instance that runs as it is, and goes on from there. */
async function startUp(
  session: Session,
  { mode, force }: Extract<Statement, { kind: 'startup' }>,
): Promise<void> {
  const { target } = session;
  if (force && target.client !== undefined) {
    await target.shutdown('ABORT');
    session.print('Oracle instance shut down');
  }
  const wasStarted = await target.isStarted();
  if (!wasStarted) await target.start();
  session.print('', wasStarted ? 'database is already started' : 'Oracle instance started');
  if (mode !== 'NOMOUNT') {
    await target.instance.mount({});
    session.print('database mounted');
  }
  if (mode === 'OPEN') {
    await target.instance.open({ resetlogs: false });
    session.print('database opened');
  }
  session.print('', ...(wasStarted ? [] : ['Total System Global Area: simulated', '']));
}

async function configure(
  session: Session,
  { name, value, show }: Extract<Statement, { kind: 'configure' }>,
): Promise<void> {
  await session.target.instance.setRmanConfiguration({ name, value });
  if (value === null) {
    session.print(
      'old RMAN configuration parameters:',
      show,
      'RMAN configuration parameters are successfully reset to default value',
      '',
    );
    return;
  }
  session.print('new RMAN configuration parameters:', show);
  session.print('new RMAN configuration parameters are successfully stored', '');
}
