// The pre-checks of one instance on its own host, when another host's run asks for it. One that fails makes the instance ineligible for that
// run and nothing else.
import { type JoinedRun } from '@adyton/contracts';
import { connectDatabase, readCredentials, type DatabaseIdentity } from '@adyton/oracle';
import { checkDedupWorker, checkOpen, checkSbtLibrary } from '../backup/check-host';
import { checkThat, type Check } from '../backup/check-that';
import { type AgentConfig } from '../config';
import { descriptorOf, instanceAddress } from './instance-address';
import { type Background } from './watch-background';

/** Until the instance answers its first question, ms; a listener that hangs must not cost the run more. */
const LOGIN_TIMEOUT_MS = 10_000;

export interface OwnInstance {
  readonly sid: string;
  readonly joined: JoinedRun;
  readonly background: Background;
}

export async function checkOwnInstance(config: AgentConfig, own: OwnInstance): Promise<Check[]> {
  const { sid, joined } = own;
  const checks = [
    checkThat(
      'connect-descriptor',
      instanceAddress(joined.connectDescriptor, sid) !== null,
      joined.connectDescriptor,
      'register the instance with its listener as host:port/service, and discover again',
    ),
    checkThat(
      'background-processes',
      ['pmon', 'lmon'].every((name) => own.background.names.includes(name)),
      `running: ${own.background.names.join(', ') || 'none'}`,
      'start the instance; the agent must see the processes of the Oracle user',
    ),
    ...(await checkLogin(config, own)),
    await checkSbtLibrary(config),
    await checkDedupWorker(config),
  ];
  return checks.map((check) => ({
    ...check,
    instance: sid,
    verdict: check.verdict === 'failed' ? 'ineligible' : check.verdict,
  }));
}

async function checkLogin(config: AgentConfig, { sid, joined }: OwnInstance): Promise<Check[]> {
  const hint =
    'the user of ADYTON_ORACLE_CREDENTIALS_FILE needs SYSBACKUP in the password file of each instance';
  try {
    const identity = await identify(config, { sid, joined });
    const { dbid, dbUniqueName } = joined.database;
    const isSame = identity.dbid === dbid && identity.dbUniqueName === dbUniqueName;
    return [
      checkThat(
        'login',
        identity.instanceName === sid,
        `the descriptor leads to ${identity.instanceName}`,
        'correct the listener: the service must lead to the instance that was asked for',
      ),
      checkOpen(identity),
      checkThat(
        'same-database',
        isSame,
        `DBID ${identity.dbid}, DB_UNIQUE_NAME ${identity.dbUniqueName}`,
        'only instances of the registered database may take part',
      ),
    ];
  } catch (error) {
    return [checkThat('login', false, error instanceof Error ? error.message : String(error), hint)];
  }
}

async function identify(
  config: AgentConfig,
  { sid, joined }: Pick<OwnInstance, 'sid' | 'joined'>,
): Promise<DatabaseIdentity> {
  const database = await connectDatabase({
    connectDescriptor: descriptorOf(joined.connectDescriptor, sid),
    credentials: await readCredentials(config.ADYTON_ORACLE_CREDENTIALS_FILE),
    callTimeoutMs: LOGIN_TIMEOUT_MS,
    connectTimeoutMs: LOGIN_TIMEOUT_MS,
  });
  try {
    return await database.identity();
  } finally {
    await database.close();
  }
}
