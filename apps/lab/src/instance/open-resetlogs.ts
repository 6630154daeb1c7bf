/** ALTER DATABASE OPEN RESETLOGS: a new incarnation from recovered files, with fresh online logs. */
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type ControlFile } from '../control-file/control-file';
import { type ControlFileStore } from '../control-file/control-file-store';
import { closeDataFile, type DataFileHandle, openDataFile, writeRun } from '../engine/data-file-handle';
import { makeOnlineLogs } from '../engine/create-database';
import { type DataFileHeader, makeDataFileHeader } from '../formats/data-file-header';
import { formatScn, type Scn } from '../formats/scn';
import { dateOfStamp, stampOf } from '../formats/stamp';
import { ORA, OraError } from './ora-error';

interface RecoveredFile {
  handle: DataFileHandle;
  header: DataFileHeader;
}

/**
 * Starts the new incarnation at the checkpoint all online files share. Online logs and temp files go to `oradata`, wherever
 * the control file had them: a database restored elsewhere must not touch the original's. Throws ORA-01194 when the files
 * are not at one SCN.
 */
export function startIncarnation(
  store: ControlFileStore,
  options: { oradata: string; now: () => Date },
): void {
  const controlFile = store.current;
  const files = openRecovered(controlFile);
  try {
    const scn = commonCheckpoint(files);
    const resetlogsId = Math.max(stampOf(options.now()), controlFile.resetlogsId + 1);
    mkdirSync(options.oradata, { recursive: true });
    for (const { handle, header } of files) {
      const block = makeDataFileHeader({ ...header, resetlogsScn: scn, resetlogsStamp: resetlogsId });
      writeRun(handle, 1, [block]);
    }
    const redoLogs = makeOnlineLogs({
      directory: options.oradata,
      bytes: controlFile.redoLogs[0]?.bytes ?? 0,
      dbid: controlFile.dbid,
      dbName: controlFile.dbName,
      resetlogsScn: scn,
      resetlogsId,
      firstScn: scn,
      firstAt: options.now(),
      threads: [...new Set(controlFile.redoLogs.map((log) => log.thread))].sort((a, b) => a - b),
    });
    store.update((changed) => {
      noteIncarnation(changed, scn, resetlogsId);
      delete changed.restored;
      changed.redoLogs = redoLogs;
      for (const temp of changed.tempFiles) temp.name = join(options.oradata, basename(temp.name));
      noteCheckpoints(changed, files);
    });
  } finally {
    for (const { handle } of files) closeDataFile(handle);
  }
}

function openRecovered(controlFile: ControlFile): RecoveredFile[] {
  const files: RecoveredFile[] = [];
  for (const record of controlFile.dataFiles) {
    if ((record.status !== 'SYSTEM' && record.status !== 'ONLINE') || record.enabled === 'READ ONLY')
      continue;
    const opening = openDataFile(record.name);
    if (!opening.ok) {
      for (const { handle } of files) closeDataFile(handle);
      throw new OraError(
        1157,
        `cannot identify/lock data file ${record.file}: ${record.name} (${opening.reason})`,
      );
    }
    files.push(opening);
  }
  return files;
}

function commonCheckpoint(files: RecoveredFile[]): Scn {
  const newest = files.reduce(
    (max, { header }) => (header.checkpointScn > max ? header.checkpointScn : max),
    0n,
  );
  const behind = files.find(({ header }) => header.checkpointScn !== newest || header.absoluteFuzzyScn > 0n);
  if (behind !== undefined) {
    const { file } = behind.handle;
    throw new OraError(
      ORA.inconsistent,
      `file ${file} needs more recovery to be consistent: ${behind.handle.path}`,
    );
  }
  return newest;
}

function noteIncarnation(controlFile: ControlFile, scn: Scn, resetlogsId: number): void {
  const priorResetlogsScn = controlFile.resetlogsScn;
  for (const incarnation of controlFile.incarnations) {
    if (incarnation.status === 'CURRENT') incarnation.status = 'PARENT';
  }
  const last = controlFile.incarnations.reduce((max, { incarnation }) => Math.max(max, incarnation), 0);
  const resetlogsScn = formatScn(scn);
  controlFile.incarnations.push({
    incarnation: last + 1,
    resetlogsScn,
    resetlogsId,
    priorResetlogsScn,
    status: 'CURRENT',
  });
  controlFile.resetlogsScn = resetlogsScn;
  controlFile.resetlogsId = resetlogsId;
  controlFile.checkpointScn = resetlogsScn;
}

function noteCheckpoints(controlFile: ControlFile, files: RecoveredFile[]): void {
  for (const { header } of files) {
    const record = controlFile.dataFiles.find((candidate) => candidate.file === header.file);
    if (record === undefined) continue;
    record.checkpointScn = formatScn(header.checkpointScn);
    record.checkpointAt = dateOfStamp(header.checkpointStamp).toISOString();
  }
}
