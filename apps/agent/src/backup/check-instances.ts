// Step 4, first half: the pre-checks. Each has a verdict with its evidence; one that failed ends the run before RMAN starts.
import { type RunPlan } from '@adyton/contracts';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { RunFailure } from '../runs/run-failure';
import { type Identity, type Planning } from './backup-run';

export type Check = RunPlan['checks'][number];

/** A worker that is alive accepts at once, ms. */
const SOCKET_TIMEOUT_MS = 5_000;

export async function checkInstances(
  { config, claimed }: Pick<Planning, 'config' | 'claimed'>,
  identity: Identity,
): Promise<Check[]> {
  return [
    checkThat(
      'instance-open',
      identity.instanceStatus === 'OPEN',
      `${identity.instanceName} is ${identity.instanceStatus}`,
      'open the instance',
    ),
    checkThat(
      'archivelog-mode',
      identity.logMode === 'ARCHIVELOG',
      `log mode is ${identity.logMode}`,
      'ALTER DATABASE ARCHIVELOG in mount state',
    ),
    checkThat(
      'primary-role',
      identity.role === 'PRIMARY',
      `database role is ${identity.role}`,
      'back up the primary',
    ),
    checkThat(
      'sbt-library',
      await isReadable(config.ADYTON_SBT_LIBRARY),
      config.ADYTON_SBT_LIBRARY,
      'install libobk.so where ADYTON_SBT_LIBRARY says, readable by the Oracle user',
    ),
    checkThat(
      'rman',
      await isExecutable(join(claimed.database.oracleHome, 'bin', 'rman')),
      join(claimed.database.oracleHome, 'bin', 'rman'),
      'correct ORACLE_HOME of the registered database',
    ),
    checkThat(
      'dedup-worker',
      await accepts(config.ADYTON_SBT_SOCKET),
      `socket ${config.ADYTON_SBT_SOCKET}`,
      'start adyton-dedup-worker on this host',
    ),
  ];
}

/** @throws RunFailure naming every failed check; a warning stops nobody */
export function assertPassed(checks: readonly Check[]): void {
  const failed = checks.filter((c) => c.verdict === 'failed');
  const noArchivelog = failed.find((c) => c.code === 'archivelog-mode');
  if (noArchivelog !== undefined) throw new RunFailure('ADY_NOARCHIVELOG', noArchivelog.evidence);
  const gap = failed.find((c) => c.code === 'archived-logs');
  if (gap !== undefined) throw new RunFailure('ADY_LOG_GAP', gap.evidence);
  if (failed.length > 0)
    throw new RunFailure(
      'ADY_PRECHECK_FAILED',
      failed.map((c) => `${c.code}: ${c.evidence} (${c.hint})`).join('; '),
    );
}

function checkThat(code: string, holds: boolean, evidence: string, hint: string): Check {
  return { code, verdict: holds ? 'ok' : 'failed', evidence, hint };
}

async function isReadable(path: string): Promise<boolean> {
  return (await can(path, constants.R_OK)) && (await stat(path)).isFile();
}

function isExecutable(path: string): Promise<boolean> {
  return can(path, constants.X_OK);
}

async function can(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode);
    return true;
  } catch {
    return false; // why not does not matter: the evidence names the path
  }
}

/** Whether something accepts connections at the Unix socket. */
async function accepts(socketPath: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(socketPath);
  socket.setTimeout(SOCKET_TIMEOUT_MS, () => resolve(false));
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  const answer = await promise;
  socket.destroy();
  return answer;
}
