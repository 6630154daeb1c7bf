/** CONNECT TARGET: a login with a password, or the operating system's, to the instance of this host. */
import { ChannelError } from './channel';
import { resolveConnect } from './connect-string';
import { labLines } from './lab-error';
import { RmanError } from './rman-error';
import { type Session } from './session';

/** `"user/password@place AS SYSBACKUP"`, with or without quotes. */
const LOGIN = /^(\S+?\/[^@\s]+)@(.+?)(?:\s+AS\s+\w+)?$/i;

export async function connectTarget(session: Session, text: string): Promise<void> {
  if (session.isConnected) throw new RmanError(['RMAN-06167: already connected']);
  const written = text
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2')
    .trim();
  if (written !== '/') session.login = await logIn(session, written);
  await greetTarget(session);
}

/** Answers the login, for channels that use it again. */
async function logIn(session: Session, written: string): Promise<string> {
  const [, login, place] = LOGIN.exec(written) ?? [];
  if (login === undefined || place === undefined)
    throw new RmanError(labLines('CONNECT TARGET without user, password and place'));
  const { ipcSocket } = await resolveConnect(session.target.oracleHome, `${login}@${place}`, {
    channel: 'default',
  }).catch((error: unknown) => {
    if (!(error instanceof ChannelError)) throw error;
    throw new RmanError(['RMAN-04005: error from target database:', ...error.lines.slice(-1)]);
  });
  if (ipcSocket !== session.target.socketPath)
    throw new RmanError(labLines('CONNECT TARGET to the instance of another host'));
  return login;
}

/** Says who the target is, as rman does when it connects. */
export async function greetTarget(session: Session): Promise<void> {
  session.isConnected = true;
  const { client } = session.target;
  if (client === undefined) {
    session.print('connected to target database (not started)', '');
    return;
  }
  session.registered = await client.registerSession({
    program: 'rman',
    clientInfo: null,
    module: 'rman',
    processId: process.pid,
  });
  const { status, dbName, dbid } = await client.identity({});
  if (status === 'STARTED') session.print('connected to target database: not mounted', '');
  else {
    const state = status === 'OPEN' ? '' : ', not open';
    session.print(`connected to target database: ${dbName} (DBID=${dbid}${state})`);
    session.print('using target database control file instead of recovery catalog', '');
  }
}
