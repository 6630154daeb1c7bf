// Running instances, from the process table: every one has an `ora_pmon_<SID>`, those of a cluster an `ora_lmon_<SID>` too. The home is where
// their executable lies.
import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface RunningInstance {
  readonly sid: string;
  /** Null when this user may not see where the executable lies. */
  readonly oracleHome: string | null;
  readonly clustered: boolean;
}

const BACKGROUND = /^ora_(pmon|lmon)_([A-Za-z][A-Za-z0-9_$#-]{0,29})$/;
/** The kernel's mark behind the path of an executable that was replaced, as patching in place does. */
const REPLACED = / \(deleted\)$/;

interface Background {
  readonly name: string;
  readonly sid: string;
  readonly oracleHome: string | null;
}

/** @param procDir `/proc` */
export async function scanProcesses(procDir: string): Promise<RunningInstance[]> {
  const pids = (await readdir(procDir)).filter((name) => /^\d+$/.test(name));
  const found: Background[] = [];
  for (const pid of pids) {
    const process = await readBackground(join(procDir, pid));
    if (process !== null) found.push(process);
  }
  const isLmon = (of: Background) => (other: Background) =>
    other.name === 'lmon' && other.sid === of.sid && other.oracleHome === of.oracleHome;
  return found
    .filter(({ name }) => name === 'pmon')
    .map((pmon) => ({
      sid: pmon.sid,
      oracleHome: pmon.oracleHome,
      clustered: found.some(isLmon(pmon)),
    }));
}

/** Null for every other process, and for one that ended while it was looked at. */
export async function readBackground(directory: string): Promise<Background | null> {
  try {
    const commandLine = await readFile(join(directory, 'cmdline'), 'utf8');
    const [, name, sid] = BACKGROUND.exec(commandLine.split('\0')[0]?.trim() ?? '') ?? [];
    if (name === undefined || sid === undefined) return null;
    return { name, sid, oracleHome: await homeOf(directory) };
  } catch {
    return null;
  }
}

async function homeOf(directory: string): Promise<string | null> {
  try {
    const executable = (await readlink(join(directory, 'exe'))).replace(REPLACED, '');
    const bin = dirname(executable);
    return basename(bin) === 'bin' ? dirname(bin) : null;
  } catch {
    return null; // another user's process: oratab has to tell
  }
}
