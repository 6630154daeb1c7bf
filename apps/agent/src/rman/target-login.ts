// The login of the target instance, which RMAN passes on to channels of other instances (CONNECT '@…'). It goes to RMAN's standard input and
// nowhere else: not into a script, an argument or a log.
import { type Database } from '@adyton/contracts';
import { readCredentials } from '@adyton/oracle';
import { type AgentConfig } from '../config';
import { descriptorOf } from '../instances/instance-address';
import { RunFailure } from '../runs/run-failure';

export interface TargetLogin {
  readonly user: string;
  readonly password: string;
  readonly connectDescriptor: string;
}

interface TargetToLogIn {
  readonly config: Pick<AgentConfig, 'ADYTON_ORACLE_CREDENTIALS_FILE'>;
  readonly claimed: { readonly database: Pick<Database, 'connectDescriptor' | 'oracleSid'> };
}

/** What RMAN's CONNECT takes between double quotes without mistaking a part of it for the next one. */
const PLAIN = /^[^\s"'@/\0]{1,128}$/;

/** @throws RunFailure ADY_SCRIPT_REFUSED; OracleError */
export async function targetLogin({ claimed, config }: TargetToLogIn): Promise<TargetLogin> {
  const { user, password } = await readCredentials(config.ADYTON_ORACLE_CREDENTIALS_FILE);
  if (!PLAIN.test(user) || !PLAIN.test(password))
    throw new RunFailure(
      'ADY_SCRIPT_REFUSED',
      'user and password of ADYTON_ORACLE_CREDENTIALS_FILE must have no blanks, quotes, @ or / for channels on several instances',
    );
  const { connectDescriptor, oracleSid } = claimed.database;
  return { user, password, connectDescriptor: descriptorOf(connectDescriptor, oracleSid) };
}

export function connectStatement({ user, password, connectDescriptor }: TargetLogin): string {
  return `CONNECT TARGET "${user}/${password}@${connectDescriptor} AS SYSBACKUP";`;
}
