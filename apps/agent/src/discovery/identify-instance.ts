// Asks a running instance who it is, through RMAN and OS authentication: no password is needed for a database that nobody registered yet.
import { type SeenInstance } from '@adyton/contracts';
import { IDENTITY_SCRIPT, readDatabaseIdentity, type PrintedIdentity } from '@adyton/rman';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { interruptRman } from '../rman/end-rman';
import { runRman } from '../rman/run-rman';
import { RunFailure } from '../runs/run-failure';
import { type ToolLog } from './tool-log';

/** RMAN starts and prints two reports: seconds; an instance that hangs costs this much and no more, ms. */
const RMAN_TIMEOUT_MS = 30_000;

export interface RunningAt {
  readonly sid: string;
  readonly oracleHome: string;
}

/** The command file of all instances; it holds nothing secret. */
export async function writeIdentityScript(stateDir: string): Promise<string> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const path = join(stateDir, 'identity.rman');
  await writeFile(path, IDENTITY_SCRIPT, { mode: 0o600 });
  return path;
}

export async function identifyInstance(
  { sid, oracleHome }: RunningAt,
  scriptFile: string,
  log: ToolLog,
): Promise<SeenInstance['identity']> {
  const timeout = AbortSignal.timeout(RMAN_TIMEOUT_MS);
  try {
    const { output } = await runRman({
      oracleHome,
      oracleSid: sid,
      scriptFile,
      signal: timeout,
      target: null,
      onOutput: () => undefined,
      end: interruptRman,
    });
    return identityOf(sid, readDatabaseIdentity(output), log);
  } catch (error) {
    if (timeout.aborted) log.note('rman', 'timed-out', `${sid}: no answer in ${RMAN_TIMEOUT_MS / 1000} s`);
    else if (error instanceof RunFailure) log.note('rman', 'failed', `${sid}: ${error.message}`);
    else throw error;
    return null;
  }
}

function identityOf(sid: string, printed: PrintedIdentity, log: ToolLog): SeenInstance['identity'] {
  const { dbid, dbName, dbUniqueName, resetlogsScn } = printed;
  if (dbid === null || dbName === null || dbUniqueName === null || resetlogsScn === null) {
    log.note('rman', 'failed', `${sid}: ${printed.errors[0] ?? 'it did not say who it is'}`);
    return null;
  }
  log.note('rman', 'ok');
  return { dbid, dbName, dbUniqueName, resetlogsScn };
}
