// RESTORE CONTROLFILE writes to every place that CONTROL_FILES names, and overwrites what lies there: the control files of a database that is
// down, when the SID is its own or the parameter file of a copy still names them. What cannot be seen counts as there.
import { lstat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { RunFailure } from '../runs/run-failure';

/** @param names values of CONTROL_FILES. @throws RunFailure ADY_TARGET_CONTROL_FILE */
export async function assertNoControlFiles(names: readonly string[]): Promise<void> {
  const obstacles = await Promise.all(names.map(obstacleAt));
  const found = obstacles.filter((obstacle) => obstacle !== null);
  if (names.length === 0) found.push('the parameter control_files of the instance names no place');
  if (found.length > 0) throw new RunFailure('ADY_TARGET_CONTROL_FILE', found.join('; '));
}

/** Null: nothing is there to be overwritten. A link, a device, a directory is something. */
async function obstacleAt(name: string): Promise<string | null> {
  if (!isAbsolute(name)) return `${name} is no path of a file system, so that nobody sees what lies there`;
  try {
    await lstat(name);
    return `${name} exists`;
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? null : `${name} cannot be looked at: ${code}`;
  }
}
