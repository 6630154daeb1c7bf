/** The end of a restore or recovery as an SCN, as far as it can be known before the logs are read. */
import { faultLines } from '../faults/rman-faults';
import { type ControlFile } from '../control-file/control-file';
import { type RecoverUntil } from '../recovery/apply-redo';
import { parseScn, type Scn } from '../formats/scn';
import { dateOfStamp } from '../formats/stamp';
import { type Until } from './ast';
import { RmanError } from './rman-error';
import { parseDate } from './rman-date';

export interface Target {
  /** Changes with this SCN and higher ones are left out. Undefined: all there is. For a time: the last SCN known before it. */
  scn: Scn | undefined;
  recover: RecoverUntil;
}

/** Throws RmanError for a log sequence or a restore point nobody knows, or a date that is none. */
export function resolveUntil(controlFile: ControlFile, until: Until | null, dateFormat: string): Target {
  if (until === null) return { scn: undefined, recover: { kind: 'end' } };
  if (until.kind === 'scn') return { scn: until.scn, recover: until };
  if (until.kind === 'sequence') {
    const scn = firstScnOf(controlFile, until);
    return { scn, recover: { kind: 'scn', scn } };
  }
  if (until.kind === 'restore-point') {
    const scn = scnBehind(controlFile, until.name);
    return { scn, recover: { kind: 'scn', scn } };
  }
  const at = parseDate(until.text, dateFormat);
  if (at < dateOfStamp(controlFile.resetlogsId)) throw new RmanError(faultLines('until-before-resetlogs'));
  return { scn: lastScnBefore(controlFile, at), recover: { kind: 'time', at } };
}

/** A restore point is reached, not only come near to: the change with its SCN belongs to it. */
function scnBehind({ restorePoints = [] }: ControlFile, name: string): Scn {
  const point = restorePoints.find((known) => known.name === name);
  if (point !== undefined) return parseScn(point.scn) + 1n;
  throw new RmanError([`ORA-38780: Restore point '${name}' does not exist.`]);
}

function firstScnOf(
  { archivedLogs, backupRedoLogs, resetlogsScn }: ControlFile,
  { sequence, thread }: { sequence: number; thread: number },
): Scn {
  const log = [...archivedLogs, ...backupRedoLogs].find(
    (known) => known.sequence === sequence && known.thread === thread && known.resetlogsScn === resetlogsScn,
  );
  if (log !== undefined) return parseScn(log.firstScn);
  throw new RmanError([`RMAN-20242: specification does not match any archived log in the repository`]);
}

/** Backups are chosen by what was complete at that moment. */
function lastScnBefore({ backupDataFiles }: ControlFile, at: Date): Scn {
  const before = backupDataFiles.filter(({ completedAt }) => new Date(completedAt) <= at);
  const scns = before.flatMap(({ checkpointScn, absoluteFuzzyScn }) => [
    parseScn(checkpointScn),
    parseScn(absoluteFuzzyScn) + 1n,
  ]);
  return scns.reduce((max, scn) => (scn > max ? scn : max), 0n);
}
