// The pre-checks of one instance on its own host, when another host's run asks for it. One that fails makes the instance ineligible for that
// run and nothing else.
import { type JoinedRun } from '@adyton/contracts';
import {
  connectDatabase,
  readCredentials,
  type DatabaseIdentity,
  type InstanceRelease,
} from '@adyton/oracle';
import { checkHost, checkOpen } from '../checks/check-host';
import { checkThat, ofInstance, type Check } from '../checks/check-that';
import { judgeBaseRelease } from '../checks/judge-releases';
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
  const { sid, joined, background } = own;
  const [ofLogin, ofHost] = await Promise.all([checkLogin(config, own), checkHost(config)]);
  const checks = [
    checkThat(
      'connect-descriptor',
      instanceAddress(joined.connectDescriptor, sid) !== null,
      joined.connectDescriptor,
    ),
    checkThat(
      'background-processes',
      ['pmon', 'lmon'].every((name) => background.names.includes(name)),
      `running: ${background.names.join(', ') || 'none'}`,
    ),
    ...ofLogin,
    ...ofHost,
  ];
  return checks.map((check) => ofInstance(sid, check));
}

async function checkLogin(config: AgentConfig, { sid, joined }: OwnInstance): Promise<Check[]> {
  try {
    const { identity, releases } = await identify(config, { sid, joined });
    const { dbid, dbUniqueName, oracleSid } = joined.database;
    const isSame = identity.dbid === dbid && identity.dbUniqueName === dbUniqueName;
    return [
      checkThat('login', identity.instanceName === sid, `the descriptor leads to ${identity.instanceName}`),
      checkOpen(identity),
      checkThat('same-database', isSame, `DBID ${identity.dbid}, DB_UNIQUE_NAME ${identity.dbUniqueName}`),
      judgeBaseRelease(releases, { own: sid, primary: oracleSid }),
    ];
  } catch (error) {
    return [checkThat('login', false, error instanceof Error ? error.message : String(error))];
  }
}

async function identify(
  config: AgentConfig,
  { sid, joined }: Pick<OwnInstance, 'sid' | 'joined'>,
): Promise<{ readonly identity: DatabaseIdentity; readonly releases: readonly InstanceRelease[] }> {
  const database = await connectDatabase({
    connectDescriptor: descriptorOf(joined.connectDescriptor, sid),
    credentials: await readCredentials(config.ADYTON_ORACLE_CREDENTIALS_FILE),
    callTimeoutMs: LOGIN_TIMEOUT_MS,
    connectTimeoutMs: LOGIN_TIMEOUT_MS,
  });
  try {
    return { identity: await database.identity(), releases: await database.checks.releases() };
  } finally {
    await database.close();
  }
}
