/** Which data files or archived logs a specification means. */
import {
  type ArchivedLog,
  type ControlFile,
  type DataFile,
  type RecordStatus,
} from '../control-file/control-file';
import { parseScn } from '../formats/scn';
import { type FileChoice, type LogRange, type Qualifiers } from './ast';
import { parseDate } from './rman-date';
import { RmanError } from './rman-error';

/** Throws RmanError with RMAN-20201, RMAN-20202 or RMAN-06813 for a name the control file does not know. */
export function selectDataFiles(
  controlFile: ControlFile,
  choice: FileChoice,
  skippedTablespaces: string[] = [],
): DataFile[] {
  const found = chosenFiles(controlFile, choice);
  return found.filter((file) => !skippedTablespaces.includes(tablespaceOf(controlFile, file)));
}

function chosenFiles(controlFile: ControlFile, choice: FileChoice): DataFile[] {
  const { dataFiles } = controlFile;
  if (choice.kind === 'database') return dataFiles;
  if (choice.kind === 'data-files') {
    return choice.files.map((wanted) => {
      const found = dataFiles.find(({ file, name }) => file === wanted || name === wanted);
      if (found === undefined) throw notFound('20201: datafile', String(wanted));
      return found;
    });
  }
  if (choice.kind === 'pluggable-databases')
    return choice.names.flatMap((name) => filesOfContainer(controlFile, name));
  return choice.names.flatMap((name) => {
    const files = dataFiles.filter((file) => tablespaceOf(controlFile, file) === name);
    if (files.length === 0) throw notFound('20202: tablespace', name);
    return files;
  });
}

function filesOfContainer({ dataFiles, containers = [] }: ControlFile, name: string): DataFile[] {
  const container = containers.find((candidate) => candidate.name === name);
  if (container === undefined)
    throw new RmanError([`RMAN-06813: could not translate pluggable database ${name}`]);
  return dataFiles.filter(({ conId }) => conId === container.conId);
}

/** Its tablespace as RMAN writes it: `USERS`, in a pluggable database `PDB1:USERS`. */
export function tablespaceOf({ tablespaces, containers = [] }: ControlFile, { ts, conId }: DataFile): string {
  const { name = '' } = tablespaces.find((known) => known.ts === ts && known.conId === conId) ?? {};
  const container = conId === ROOT ? undefined : containers.find((known) => known.conId === conId);
  return container === undefined ? name : `${container.name}:${name}`;
}

/** CON_ID of CDB$ROOT, whose tablespaces need no qualifier. */
const ROOT = 1;

/** Whether an instance has the file open: not those that are offline, nor those of a closed pluggable database. */
export function isOpenFile({ containers = [] }: ControlFile, { status, conId }: DataFile): boolean {
  const container = containers.find((known) => known.conId === conId);
  return (status === 'SYSTEM' || status === 'ONLINE') && container?.openMode !== 'MOUNTED';
}

function notFound(what: string, name: string): RmanError {
  return new RmanError([
    `RMAN-${what} not found in the recovery catalog`,
    `RMAN-06010: error while looking up ${name}`,
  ]);
}

/** Logs of the current incarnation, by default those on disk, one copy of each, by thread and sequence. */
export function selectLogs(
  controlFile: ControlFile,
  range: LogRange,
  { dateFormat, statuses = ['A'] }: { dateFormat: string; statuses?: RecordStatus[] },
): ArchivedLog[] {
  const copies = new Map<string, ArchivedLog>();
  const fits = logFilter(range, dateFormat);
  for (const log of controlFile.archivedLogs) {
    const isHere =
      statuses.includes(log.status) && log.name !== null && log.resetlogsScn === controlFile.resetlogsScn;
    if (isHere && fits(log)) copies.set(`${log.thread}/${log.sequence}`, log);
  }
  return [...copies.values()].sort((a, b) => a.thread - b.thread || a.sequence - b.sequence);
}

type RangedLog = Pick<ArchivedLog, 'thread' | 'sequence' | 'firstScn' | 'nextScn'> &
  Partial<Pick<ArchivedLog, 'name' | 'firstAt' | 'nextAt'>>;

/** Whether a log is of the range. Throws RmanError for a date that is none. */
export function logFilter(range: LogRange, dateFormat: string): (log: RangedLog) => boolean {
  const { from, until, thread, fromScn, untilScn, like } = range;
  const fromTime =
    range.fromTime === undefined ? undefined : parseDate(range.fromTime, dateFormat).toISOString();
  const untilTime =
    range.untilTime === undefined ? undefined : parseDate(range.untilTime, dateFormat).toISOString();
  const pattern = like === undefined ? undefined : likePattern(like);
  return (log) =>
    (thread === null || log.thread === thread) &&
    (from === null || log.sequence >= from) &&
    (until === null || log.sequence <= until) &&
    (fromScn === undefined || parseScn(log.nextScn) > fromScn) &&
    (untilScn === undefined || parseScn(log.firstScn) < untilScn) &&
    (fromTime === undefined || (log.nextAt ?? '') > fromTime) &&
    (untilTime === undefined || (log.firstAt ?? '') < untilTime) &&
    (pattern === undefined || pattern.test(log.name ?? ''));
}

/** Whether a piece or an image copy is what the qualifiers of a maintenance command leave. */
export function qualifierFilter(
  { device, tag, like, completedAfter, completedBefore }: Qualifiers,
  dateFormat: string,
): (record: { deviceType: string; tag: string | null; name: string; completedAt: string }) => boolean {
  const pattern = like === undefined ? undefined : likePattern(like);
  const after = completedAfter === undefined ? '' : parseDate(completedAfter, dateFormat).toISOString();
  const before = completedBefore === undefined ? '~' : parseDate(completedBefore, dateFormat).toISOString();
  return (record) =>
    (device === undefined || record.deviceType === device) &&
    (tag === undefined || record.tag === tag) &&
    (pattern === undefined || pattern.test(record.name)) &&
    record.completedAt >= after &&
    record.completedAt <= before;
}

/** SQL's LIKE: % any text, _ any character. */
function likePattern(like: string): RegExp {
  const escaped = like.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('%', '.*').replaceAll('_', '.')}$`, 's');
}
