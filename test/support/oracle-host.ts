// The simulated host as a test sees it beside the product: its processes of RMAN, what its database says.
import { type RunDetail } from '@adyton/contracts';
import { runToken } from '@adyton/domain';
import { connectDatabase, readCredentials, type DatabaseFacts } from '@adyton/oracle';
import { readdirSync, readFileSync } from 'node:fs';
import { type RunningStack } from './running-stack';

/** rman and its channels on the simulated host: of this stack, because each has a home of its own. */
export function rmanProcesses(stack: RunningStack): number[] {
  const home = `ORACLE_HOME=${stack.lab.oracleHome}`;
  return readdirSync('/proc').flatMap((entry) => {
    const pid = Number(entry);
    return Number.isInteger(pid) &&
      read(pid, 'environ').includes(home) &&
      read(pid, 'cmdline').includes('/rman/')
      ? [pid]
      : [];
  });
}

/** Empty for a process that is gone, or not ours. */
function read(pid: number, file: 'environ' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

export async function inDatabase<T>(
  stack: RunningStack,
  ask: (database: DatabaseFacts) => Promise<T>,
): Promise<T> {
  const credentials = await readCredentials(stack.lab.credentialsFile);
  const database = await connectDatabase({ connectDescriptor: stack.lab.connectDescriptor(), credentials });
  try {
    return await ask(database);
  } finally {
    await database.close();
  }
}

/** Handles RMAN lists of a run, in order. */
export function listedPieces(stack: RunningStack, run: RunDetail): Promise<string[]> {
  return inDatabase(stack, async (database) => {
    const pieces = await database.backupPieces(`%/${runToken(run.id)}_${run.fence}_%`);
    return pieces
      .filter(({ status }) => status === 'A')
      .map(({ handle }) => handle)
      .sort();
  });
}
