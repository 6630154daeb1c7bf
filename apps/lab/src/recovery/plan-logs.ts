/** Puts redo logs in the order in which recovery applies them. */
import { type RedoLogHeader } from '../formats/redo-log';
import { SCN_MAX, type Scn } from '../formats/scn';
import { readRedoHeaderOf } from './read-redo-log';

export interface PlannedLog {
  path: string;
  header: RedoLogHeader;
  /** Changes from here on are not this log's: its next SCN, or where the next incarnation begins. */
  endScn: Scn;
}

/**
 * Orders the logs by incarnation and sequence and leaves out those that end at or before `position`. Of a log that is
 * there twice (online and archived) the closed copy wins. Files that are no redo logs are left out.
 */
export function planLogs(paths: string[], position: Scn): PlannedLog[] {
  const logs = new Map<string, { path: string; header: RedoLogHeader }>();
  for (const path of paths) {
    const header = readRedoHeaderOf(path);
    if (header === undefined) continue;
    const key = `${header.resetlogsScn}/${header.thread}/${header.sequence}`;
    const known = logs.get(key);
    if (known === undefined || known.header.nextScn === undefined) logs.set(key, { path, header });
  }
  const ordered = [...logs.values()].sort(byIncarnationAndSequence);
  return ordered
    .map((log) => ({ ...log, endScn: endOf(log.header, ordered) }))
    .filter((log) => log.endScn > position && log.header.firstScn < log.endScn);
}

function endOf(header: RedoLogHeader, all: { header: RedoLogHeader }[]): Scn {
  const own = header.nextScn ?? SCN_MAX;
  const later = all.find((log) => log.header.resetlogsScn > header.resetlogsScn);
  return later !== undefined && later.header.resetlogsScn < own ? later.header.resetlogsScn : own;
}

function byIncarnationAndSequence(a: { header: RedoLogHeader }, b: { header: RedoLogHeader }): number {
  if (a.header.resetlogsScn !== b.header.resetlogsScn) {
    return a.header.resetlogsScn < b.header.resetlogsScn ? -1 : 1;
  }
  return a.header.sequence - b.header.sequence;
}
