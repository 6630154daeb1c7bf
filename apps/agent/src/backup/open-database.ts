// A connection to the target database for the length of a run, closed by whoever opened it (`await using`).
import { connectDatabase, readCredentials, type ConnectOptions, type DatabaseFacts } from '@adyton/oracle';
import { type AgentConfig } from '../config';

export interface OpenDatabase extends DatabaseFacts, AsyncDisposable {}

/** @throws OracleError */
export async function openDatabase(
  run: {
    readonly config: AgentConfig;
    readonly claimed: { readonly database: { readonly connectDescriptor: string } };
  },
  limits: Pick<ConnectOptions, 'connectTimeoutMs' | 'callTimeoutMs'> = {},
): Promise<OpenDatabase> {
  const credentials = await readCredentials(run.config.ADYTON_ORACLE_CREDENTIALS_FILE);
  const facts = await connectDatabase({
    connectDescriptor: run.claimed.database.connectDescriptor,
    credentials,
    ...limits,
  });
  return Object.assign(facts, { [Symbol.asyncDispose]: () => facts.close() });
}
