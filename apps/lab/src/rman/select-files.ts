/** Which data files or archived logs a specification means. */
import { type ArchivedLog, type ControlFile, type DataFile } from '../control-file/control-file';
import { parseScn } from '../formats/scn';
import { type LogRange } from './ast';
import { RmanError } from './rman-error';

export type DataFileChoice =
  | { kind: 'database' }
  | { kind: 'data-files'; files: (number | string)[] }
  | { kind: 'tablespaces'; names: string[] };

/** Throws RmanError with RMAN-20201 or RMAN-20202 for a name the control file does not know. */
export function selectDataFiles({ dataFiles, tablespaces }: ControlFile, choice: DataFileChoice): DataFile[] {
  if (choice.kind === 'database') return dataFiles;
  if (choice.kind === 'data-files') {
    return choice.files.map((wanted) => {
      const found = dataFiles.find(({ file, name }) => file === wanted || name === wanted);
      if (found === undefined) throw notFound('20201: datafile', String(wanted));
      return found;
    });
  }
  return choice.names.flatMap((name) => {
    const tablespace = tablespaces.find((candidate) => candidate.name === name);
    if (tablespace === undefined) throw notFound('20202: tablespace', name);
    return dataFiles.filter(({ ts, conId }) => ts === tablespace.ts && conId === tablespace.conId);
  });
}

function notFound(what: string, name: string): RmanError {
  return new RmanError([
    `RMAN-${what} not found in the recovery catalog`,
    `RMAN-06010: error while looking up ${name}`,
  ]);
}

/** Logs on disk of the current incarnation, one copy of each, ascending. */
export function selectLogs(controlFile: ControlFile, range: LogRange): ArchivedLog[] {
  const copies = new Map<number, ArchivedLog>();
  for (const log of controlFile.archivedLogs) {
    const isWanted =
      log.status === 'A' &&
      log.name !== null &&
      log.thread === range.thread &&
      log.resetlogsScn === controlFile.resetlogsScn &&
      isInRange(log, range);
    if (isWanted) copies.set(log.sequence, log);
  }
  return [...copies.values()].sort((a, b) => a.sequence - b.sequence);
}

function isInRange(log: ArchivedLog, { from, until, fromScn, untilScn }: LogRange): boolean {
  if (from !== null && log.sequence < from) return false;
  if (until !== null && log.sequence > until) return false;
  if (fromScn !== undefined && parseScn(log.nextScn) <= fromScn) return false;
  return untilScn === undefined || parseScn(log.firstScn) < untilScn;
}
