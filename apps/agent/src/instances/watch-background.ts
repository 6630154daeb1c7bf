// The fastest witness of a lost instance: its process monitor, seen on its own host. Without it an instance does not live.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readBackground } from '../discovery/scan-processes';

const PROC = '/proc';

export interface WatchedInstance {
  readonly sid: string;
  readonly oracleHome: string;
}

export interface Background {
  /** False: the process monitor that was seen is gone. One that never was seen proves nothing. */
  isAlive(): Promise<boolean>;
  /** Names of the watched background processes that run: `pmon`, in a cluster `lmon` too. */
  readonly names: readonly string[];
}

/** Looks once through the process table; afterwards only at the process that was found. */
export async function findBackground({ sid, oracleHome }: WatchedInstance): Promise<Background> {
  const names: string[] = [];
  let pmon: string | null = null;
  for (const pid of (await readdir(PROC)).filter((name) => /^\d+$/.test(name))) {
    const directory = join(PROC, pid);
    const process = await readBackground(directory);
    if (process?.sid !== sid || (process.oracleHome ?? oracleHome) !== oracleHome) continue;
    names.push(process.name);
    if (process.name === 'pmon') pmon = directory;
  }
  return { names, isAlive: async () => pmon === null || (await isPmonOf(pmon, sid)) };
}

/** The number of a process that ended may be another's by now. */
async function isPmonOf(directory: string, sid: string): Promise<boolean> {
  try {
    const commandLine = await readFile(join(directory, 'cmdline'), 'utf8');
    return commandLine.split('\0')[0]?.trim() === `ora_pmon_${sid}`;
  } catch {
    return false;
  }
}
