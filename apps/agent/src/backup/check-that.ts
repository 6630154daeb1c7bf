// A pre-check: a verdict with its evidence, and what to do when it is not ok. And the small looks that several of them take.
import { type RunPlan } from '@adyton/contracts';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { connect } from 'node:net';

export type Check = RunPlan['checks'][number];

/** A worker that is alive accepts at once, ms. */
const SOCKET_TIMEOUT_MS = 5_000;

export function checkThat(code: string, holds: boolean, evidence: string, hint: string): Check {
  return { code, verdict: holds ? 'ok' : 'failed', evidence, hint };
}

export async function isReadable(path: string): Promise<boolean> {
  return (await can(path, constants.R_OK)) && (await stat(path)).isFile();
}

export function isExecutable(path: string): Promise<boolean> {
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
export async function accepts(socketPath: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(socketPath);
  socket.setTimeout(SOCKET_TIMEOUT_MS, () => resolve(false));
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  const answer = await promise;
  socket.destroy();
  return answer;
}
