/**
 * The background processes a host is searched for: `ora_pmon_<SID>`, and `ora_lmon_<SID>` in a cluster. They do nothing: each waits for
 * the end of a pipe the instance holds, so that it goes when the instance goes, however that ends. The other way round, an instance whose
 * pmon dies is lost, as a real one is. The executable is bin/oracle of the home, so that /proc/<pid>/exe leads there.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

export type BackgroundProcess = 'pmon' | 'lmon';

export class BackgroundProcesses {
  private readonly children = new Map<BackgroundProcess, ChildProcess>();
  private ending = false;

  /** `onLost`: one of them was killed from outside. */
  constructor(
    private readonly place: { oracleHome: string; sid: string },
    private readonly onLost: (name: BackgroundProcess) => void,
  ) {}

  start(names: readonly BackgroundProcess[]): void {
    const { oracleHome, sid } = this.place;
    const executable = ensureExecutable(oracleHome);
    for (const name of names) {
      const child = spawn(executable, [], {
        argv0: `ora_${name}_${sid}`,
        env: { ORACLE_HOME: oracleHome, ORACLE_SID: sid },
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      const lost = () => {
        if (!this.ending) this.onLost(name);
      };
      child.once('exit', lost);
      child.once('error', lost);
      this.children.set(name, child);
    }
  }

  pid(name: BackgroundProcess): number | undefined {
    return this.children.get(name)?.pid;
  }

  /** Stops or continues them, as a hung host would. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    for (const child of this.children.values()) child.kill(signal);
  }

  end(): void {
    this.ending = true;
    for (const child of this.children.values()) child.kill('SIGKILL');
    this.children.clear();
  }
}

/** bin/oracle: a copy of cat, which only waits for the end of its input. */
function ensureExecutable(oracleHome: string): string {
  const path = join(oracleHome, 'bin', 'oracle');
  if (existsSync(path)) return path;
  mkdirSync(join(oracleHome, 'bin'), { recursive: true });
  copyFileSync('/bin/cat', path);
  chmodSync(path, EXECUTABLE);
  return path;
}

const EXECUTABLE = 0o755;
