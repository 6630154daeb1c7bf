// The stack that `make up` keeps running: where it lies and how another process finds it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildDir } from './repository';

export const upDir = join(buildDir, 'up');
export const stateFile = join(upDir, 'stack.json');

export interface KeptStack {
  readonly pid: number;
  readonly url: string;
  readonly tokenFile: string;
  readonly oracleHome: string;
  readonly oracleSid: string;
}

/** The running stack, or null. A pid that another program took over meanwhile does not count. */
export function keptStack(): KeptStack | null {
  if (!existsSync(stateFile)) return null;
  const state = JSON.parse(readFileSync(stateFile, 'utf8')) as KeptStack;
  return isSupervisor(state.pid) ? state : null;
}

export function isSupervisor(pid: number): boolean {
  const path = `/proc/${pid}/cmdline`;
  return existsSync(path) && readFileSync(path, 'utf8').includes('supervise.js');
}
