// The pre-checks of one instance on its own host, when another host's run asks for it. One that fails makes the instance ineligible for that
// run and nothing else.
import { type JoinedRun } from '@adyton/contracts';
import {
  connectDatabase,
  readCredentials,
  type DatabaseIdentity,
  type InstanceRelease,
} from '@adyton/oracle';
import { type InstanceAddress } from '@adyton/rman';
import { type ChannelToOpen } from '../checks/check-channel';
import { checkHost, checkOpen } from '../checks/check-host';
import { checkThat, ofInstance, type Check } from '../checks/check-that';
import { judgeBaseRelease } from '../checks/judge-releases';
import { type AgentConfig } from '../config';
import { targetLogin } from '../rman/target-login';
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
  const connect = instanceAddress(joined.connectDescriptor, sid);
  const isUp = background.names.includes('pmon');
  const [ofLogin, ofHost] = await Promise.all([
    checkLogin(config, own),
    checkHost(config, joined.oracleHome, isUp && connect !== null ? channelTo(config, own, connect) : null),
  ]);
  const checks = [
    checkThat('connect-descriptor', connect !== null, joined.connectDescriptor),
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

/** As the channels of the run will come in: through the listener of the instance. */
function channelTo(
  config: AgentConfig,
  { sid, joined }: Pick<OwnInstance, 'sid' | 'joined'>,
  connect: InstanceAddress,
): ChannelToOpen {
  const { oracleHome, connectDescriptor } = joined;
  const claimed = { database: { connectDescriptor, oracleSid: sid } };
  return { oracleHome, oracleSid: sid, connect, login: () => targetLogin({ config, claimed }) };
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
