/** The RECOVER command: increments first, then redo, to the end of the SET UNTIL. */
import { existsSync } from 'node:fs';
import { type ControlFile, type DataFile } from '../control-file/control-file';
import { openDataFile, closeDataFile } from '../engine/data-file-handle';
import { type DataFileHeader } from '../formats/data-file-header';
import { formatScn, type Scn } from '../formats/scn';
import { claimFault, faultLines } from '../faults/rman-faults';
import { applyRedo, type ApplyRedoOutcome } from '../recovery/apply-redo';
import { type RecoverStatement } from './ast';
import { labLines } from './lab-error';
import { formatElapsed } from './elapsed';
import { findIncrement, findLogBackups, logKey } from './find-backups';
import { readBackupSets } from './read-backup-sets';
import { recoverCopies } from './recover-copies';
import { restoreArchivedLogs } from './restore-logs';
import { RmanError } from './rman-error';
import { needRestoreChannels } from './run-channels';
import { missingLog } from './run-restore';
import { selectDataFiles } from './select-files';
import { type Session } from './session';
import { resolveUntil, type Target } from './until-scn';

export async function runRecover(session: Session, statement: RecoverStatement): Promise<void> {
  session.print('', `Starting recover at ${session.dateNow()}`);
  const { instance, base } = session.target;
  for (const fault of ['log-backup-missing', 'log-unknown'] as const) {
    if (claimFault(base, fault)) throw new RmanError(faultLines(fault));
  }
  if (session.channels.length === 0) await needRestoreChannels(session, null);
  const controlFile = await instance.readControlFile({});
  if (statement.copies === null) await recoverFiles(session, statement, controlFile);
  else await recoverCopies(session, statement, controlFile);
  session.print('', `Finished recover at ${session.dateNow()}`);
}

/** The data files themselves. */
export async function recoverFiles(
  session: Session,
  statement: RecoverStatement,
  controlFile: ControlFile,
): Promise<void> {
  const target = resolveUntil(controlFile, statement.until ?? session.settings.until, session.dateFormat);
  const chosen = selectDataFiles(controlFile, statement.what, statement.skipTablespaces);
  const records = statement.what.kind === 'database' ? chosen.filter(isWrittenTo) : chosen;
  await applyIncrements(session, controlFile, { records, target });
  if (!statement.noRedo) await applyLogs(session, controlFile, { records, target });
}

/** RECOVER DATABASE leaves offline and read-only files alone, and tells nobody. */
function isWrittenTo({ status, enabled }: DataFile): boolean {
  return enabled === 'READ WRITE' && (status === 'SYSTEM' || status === 'ONLINE');
}

interface Recovery {
  records: DataFile[];
  target: Target;
}

/** Each round takes every file as far as one increment can; there are as many rounds as the longest chain has links. */
async function applyIncrements(
  session: Session,
  controlFile: ControlFile,
  { records, target }: Recovery,
): Promise<void> {
  for (;;) {
    const next = records.flatMap((record) => {
      const header = readHeader(record);
      const backup = findIncrement(controlFile, header, { until: target.scn });
      if (backup === undefined) return [];
      return [{ backup, path: record.name, mode: 'apply' as const, fuzzyScn: header.absoluteFuzzyScn }];
    });
    if (next.length === 0) return;
    await readBackupSets(session, controlFile, { files: next, command: 'recover', unreadable: new Set() });
  }
}

function readHeader(record: DataFile): DataFileHeader {
  const opening = openDataFile(record.name);
  if (!opening.ok) throw unusable(record);
  closeDataFile(opening.handle);
  return opening.header;
}

function unusable({ file, name }: { file: number; name: string }): RmanError {
  return new RmanError([
    `ORA-01157: cannot identify/lock data file ${file} - see DBWR trace file`,
    `ORA-01110: data file ${file}: '${name}'`,
  ]);
}

async function applyLogs(
  session: Session,
  controlFile: ControlFile,
  { records, target }: Recovery,
): Promise<void> {
  session.print('', 'starting media recovery');
  const started = session.now();
  const from = records
    .map((record) => readHeader(record).checkpointScn)
    .reduce((min, scn) => (scn < min ? scn : min));
  const logs = await gatherLogs(session, controlFile, { from, until: target.scn, target });
  const outcome = await applyRedo({
    dataFiles: records.map(({ name }) => name),
    logs,
    until: target.recover,
    known: new Set(controlFile.dataFiles.map(({ file }) => file)),
    onLog: ({ path, header }) => {
      session.print(`archived log file name=${path} thread=${header.thread} sequence=${header.sequence}`);
    },
  });
  if (outcome.status !== 'recovered') throw new RmanError(failureLines(outcome, { records, target }));
  session.print(`media recovery complete, elapsed time: ${formatElapsed(started, session.now())}`);
  const checkpointScn = formatScn(outcome.checkpointScn);
  const checkpointAt = outcome.checkpointAt.toISOString();
  await session.target.instance.setDataFileCheckpoints({
    files: records.map(({ file }) => ({ file, checkpointScn, checkpointAt })),
  });
}

/** Logs on disk first, the others from their backups, the online logs when the control file is the current one. */
async function gatherLogs(
  session: Session,
  controlFile: ControlFile,
  { from, until, target }: { from: Scn; until: Scn | undefined; target: Target },
): Promise<string[]> {
  const onDisk = new Map<string, string>();
  for (const log of controlFile.archivedLogs) {
    if (log.status === 'A' && log.name !== null && existsSync(log.name)) onDisk.set(logKey(log), log.name);
  }
  const last = target.recover.kind === 'scn' ? until : undefined;
  const backups = findLogBackups(controlFile, { from, until: last });
  for (const log of backups) {
    const path = onDisk.get(logKey(log));
    if (path === undefined) continue;
    const which = `thread ${log.thread} with sequence ${log.sequence}`;
    session.print(`archived log for ${which} is already on disk as file ${path}`);
  }
  const missing = backups.filter((log) => !onDisk.has(logKey(log)));
  const restored =
    missing.length === 0 ? [] : await restoreArchivedLogs(session, controlFile, missing, 'recover');
  const online =
    controlFile.restored === true
      ? []
      : controlFile.redoLogs.map(({ path }) => path).filter((path) => existsSync(path));
  return [...onDisk.values(), ...restored, ...online];
}

function failureLines(
  outcome: Exclude<ApplyRedoOutcome, { status: 'recovered' }>,
  { records, target }: Recovery,
): string[] {
  const recordOf = (path: string) => {
    const record = records.find(({ name }) => name === path);
    return { file: record?.file ?? 0, name: path };
  };
  switch (outcome.status) {
    case 'needs-log': {
      const { sequence, firstMissingScn } = outcome;
      const scn = formatScn(firstMissingScn);
      if (target.recover.kind === 'end') {
        const which = `thread 1 with sequence ${sequence ?? 'unknown'} and starting SCN of ${scn}`;
        return [`RMAN-06054: media recovery requesting unknown archived log for ${which}`];
      }
      return [
        'RMAN-06053: unable to perform media recovery because of missing log',
        missingLog(1, sequence, scn),
      ];
    }
    case 'too-early': {
      const { file, name } = recordOf(outcome.path);
      return [
        `RMAN-06556: datafile ${file} must be restored from backup older than SCN ${formatScn(outcome.neededScn)}`,
        `ORA-01110: data file ${file}: '${name}'`,
      ];
    }
    case 'unusable-file':
      return unusable(recordOf(outcome.path)).lines;
    case 'unknown-file':
      return labLines(`a data file made by RECOVER (${outcome.file}, which the control file does not list)`);
    case 'corrupt-log':
      return [
        `ORA-00353: log corruption near block ${outcome.block}`,
        `ORA-00334: archived log: '${outcome.path}'`,
      ];
    case 'lost-write': {
      const place = `block ${outcome.block} of data file ${outcome.file}`;
      return [`ORA-00752: recovery detected a lost write of a data block (${place})`];
    }
  }
}
