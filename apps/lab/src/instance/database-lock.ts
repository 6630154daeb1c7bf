/** One process mounts a database at a time: dbs/lk<SID> names the holder, a dead holder's lock is taken over. */
import { closeSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { OraError } from './ora-error';

/** Field 22 of /proc/<pid>/stat, counted after the command name: tells a reused process id from the old process. */
const START_TIME_FIELD = 19;

/** Takes the lock; the answer releases it. Throws ORA-01102 while a living process holds it. */
export function lockDatabase(dbs: string, sid: string): () => void {
  const path = join(dbs, `lk${sid}`);
  for (let attempt = 0; attempt < 2; attempt++) {
    if (tryCreate(path)) {
      return () => {
        unlinkSync(path);
      };
    }
    if (isHeld(path)) throw new OraError(1102, 'cannot mount database in EXCLUSIVE mode');
    unlinkSync(path);
  }
  throw new OraError(1102, 'cannot mount database in EXCLUSIVE mode');
}

function tryCreate(path: string): boolean {
  try {
    const fd = openSync(path, 'wx');
    writeSync(fd, `${process.pid} ${startTimeOf(process.pid) ?? ''}`);
    closeSync(fd);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isHeld(path: string): boolean {
  const [pid, started] = readFileSync(path, 'utf8').split(' ');
  const found = startTimeOf(Number(pid));
  return found !== undefined && found === started;
}

function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_TIME_FIELD];
  } catch {
    return undefined;
  }
}
