// The pre-checks of one instance on its own host, when another host's run or dry run asks for it. One that fails makes the instance ineligible
// for that run and nothing else.
import { type ChannelPlace, type InstanceToCheck, type InstanceVerdict } from '@adyton/contracts';
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
  readonly asked: InstanceToCheck;
  readonly background: Background;
}

export async function checkOwnInstance(config: AgentConfig, own: OwnInstance): Promise<Check[]> {
  const { sid, asked, background } = own;
  const connect = instanceAddress(asked.connectDescriptor, sid);
  const isUp = background.names.includes('pmon');
  const [ofLogin, ofHost] = await Promise.all([
    checkLogin(config, own),
    checkHost(config, asked.oracleHome, isUp && connect !== null ? channelTo(config, own, connect) : null),
  ]);
  const checks = [
    checkThat('connect-descriptor', connect !== null, asked.connectDescriptor),
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

/** @param tokenFile of the channels it gets when it is eligible */
export function verdictOf(config: AgentConfig, checks: readonly Check[], tokenFile: string): InstanceVerdict {
  if (checks.some((c) => c.verdict === 'ineligible')) return { state: 'ineligible', checks: [...checks] };
  const place: ChannelPlace = {
    libraryPath: config.ADYTON_SBT_LIBRARY,
    socketPath: config.ADYTON_SBT_SOCKET,
    tokenFile,
  };
  return { state: 'eligible', checks: [...checks], place };
}

/** As the channels of the run will come in: through the listener of the instance. */
function channelTo(
  config: AgentConfig,
  { sid, asked }: Pick<OwnInstance, 'sid' | 'asked'>,
  connect: InstanceAddress,
): ChannelToOpen {
  const { oracleHome, connectDescriptor } = asked;
  const claimed = { database: { connectDescriptor, oracleSid: sid } };
  return { oracleHome, oracleSid: sid, connect, login: () => targetLogin({ config, claimed }) };
}

async function checkLogin(config: AgentConfig, { sid, asked }: OwnInstance): Promise<Check[]> {
  try {
    const { identity, releases } = await identify(config, { sid, asked });
    const { dbid, dbUniqueName, oracleSid } = asked.database;
    // before its first backup nobody has told yet which database it is
    const isSame = dbid === null || (identity.dbid === dbid && identity.dbUniqueName === dbUniqueName);
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
  { sid, asked }: Pick<OwnInstance, 'sid' | 'asked'>,
): Promise<{ readonly identity: DatabaseIdentity; readonly releases: readonly InstanceRelease[] }> {
  const database = await connectDatabase({
    connectDescriptor: descriptorOf(asked.connectDescriptor, sid),
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
