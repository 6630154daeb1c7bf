/**
 * Opens the data files and logs of a mounted database. After a crash this is instance recovery: torn blocks are put right
 * from the side file, the online logs are applied from the last checkpoint on, unfinished log switches are finished.
 */
import { closeSync, existsSync, openSync } from 'node:fs';
import { type ControlFile, type DataFile, type RedoLog } from '../control-file/control-file';
import { type RedoLogHeader } from '../formats/redo-log';
import { formatScn, parseScn } from '../formats/scn';
import { stampOf } from '../formats/stamp';
import { ORA, OraError } from '../instance/ora-error';
import { applyRedo, type ApplyRedoOutcome } from '../recovery/apply-redo';
import { readRedoHeaderOf } from '../recovery/read-redo-log';
import { repairTornBlocks, sideFilePath } from './block-writer';
import { closeDataFile, type DataFileHandle, openDataFile } from './data-file-handle';
import { Database, type DatabaseOptions, type OpenFile } from './database';
import { nextGroup } from './redo-threads';
import { RedoWriter } from './redo-writer';

export interface OpenedDatabase {
  database: Database;
  recovery: { tornBlocksRepaired: number; recordsApplied: number; blocksChanged: number };
}

type Recovered = Extract<ApplyRedoOutcome, { status: 'recovered' }>;

/** Opens the database. Throws OraError when files are missing, damaged, or need media recovery. */
export async function openDatabase(options: DatabaseOptions): Promise<OpenedDatabase> {
  const { store } = options;
  const online = store.current.dataFiles.filter((file) => isOnline(file, store.current));
  const sideFile = sideFilePath(options.oradata);
  const tornBlocksRepaired = repair(online, sideFile);
  checkHeaders(online, store.current);
  const recovered = await recover(online, store.current, sideFile);
  const redo = reconcileLogs(options, recovered);
  const files = openAll(online);
  const at = recovered.checkpointAt;
  const database = new Database(options, {
    files,
    redo,
    nextScn: [...redo.values()].reduce(
      (max, { log }) => maxScn(max, parseScn(log.firstScn)),
      recovered.checkpointScn,
    ),
    lastCommitMs: recovered.lastRecord?.atMs ?? at.getTime(),
  });
  database.checkpoint();
  database.archiver.copyPending();
  return {
    database,
    recovery: {
      tornBlocksRepaired,
      recordsApplied: recovered.recordsApplied,
      blocksChanged: recovered.blocksChanged,
    },
  };
}

/** The files of a pluggable database that is closed stay closed. */
function isOnline(file: DataFile, { containers = [] }: ControlFile): boolean {
  const isClosed = containers.some((c) => c.conId === file.conId && c.openMode === 'MOUNTED');
  return !isClosed && file.enabled === 'READ WRITE' && (file.status === 'SYSTEM' || file.status === 'ONLINE');
}

/** Works on sizes from the control file: a header may be one of the torn blocks. */
function repair(online: DataFile[], sideFile: string): number {
  const handles = new Map<number, DataFileHandle>();
  try {
    for (const { file, rfile, name, blockBytes, blocks } of online) {
      if (!existsSync(name)) throw cannotIdentify(file, name);
      handles.set(file, { file, rfile, blockBytes, blocks, path: name, fd: openSync(name, 'r+') });
    }
    return repairTornBlocks(sideFile, handles);
  } finally {
    for (const { fd } of handles.values()) closeSync(fd);
  }
}

function checkHeaders(online: DataFile[], controlFile: ControlFile): void {
  for (const record of online) {
    const opening = openDataFile(record.name);
    if (!opening.ok) throw cannotIdentify(record.file, record.name);
    closeDataFile(opening.handle);
    const { header } = opening;
    if (header.dbid !== controlFile.dbid || header.file !== record.file) {
      throw new OraError(1122, `database file ${record.file} failed verification check: ${record.name}`);
    }
    if (header.resetlogsScn !== parseScn(controlFile.resetlogsScn)) {
      throw new OraError(1190, `control file or data file ${record.file} is from before the last RESETLOGS`);
    }
    if (header.checkpointScn < parseScn(record.checkpointScn) || header.absoluteFuzzyScn > 0n) {
      throw new OraError(ORA.recoveryNeeded, `file ${record.file} needs media recovery: ${record.name}`);
    }
  }
}

async function recover(online: DataFile[], controlFile: ControlFile, sideFile: string): Promise<Recovered> {
  const logs = controlFile.redoLogs.map((log) => log.path);
  const missing = logs.find((path) => !existsSync(path));
  if (missing !== undefined) throw new OraError(313, `open failed for members of log group: ${missing}`);
  const outcome = await applyRedo({
    dataFiles: online.map((file) => file.name),
    logs,
    until: { kind: 'end' },
    sideFile,
  });
  switch (outcome.status) {
    case 'recovered':
      return outcome;
    case 'needs-log':
      throw new OraError(ORA.recoveryNeeded, `files need media recovery from SCN ${outcome.firstMissingScn}`);
    case 'too-early':
      throw new OraError(1207, `file is more recent than control file - old control file: ${outcome.path}`);
    case 'unusable-file':
      throw new OraError(1157, `cannot identify/lock data file: ${outcome.path} (${outcome.reason})`);
    case 'unknown-file': // no file of a crashed database is one
      throw new OraError(ORA.internal, `redo of file ${outcome.file}, which the control file does not list`);
    case 'corrupt-log':
      throw new OraError(353, `log corruption near block ${outcome.block}: ${outcome.path}`);
    case 'lost-write':
      throw new OraError(752, `recovery detected a lost write of block ${outcome.file}/${outcome.block}`);
  }
}

/** Makes the control file agree with what the log headers say and opens the current log of each thread. */
function reconcileLogs(options: DatabaseOptions, recovered: Recovered): Map<number, RedoWriter> {
  const { store } = options;
  const controlFile = store.current;
  const { end } = recovered;
  if (end === undefined) throw new OraError(ORA.noCurrentLog, 'no online log holds the current redo');
  const headers = new Map<number, RedoLogHeader>();
  for (const log of controlFile.redoLogs) {
    const header = readRedoHeaderOf(log.path);
    if (header !== undefined && header.resetlogsScn === end.header.resetlogsScn)
      headers.set(log.group, header);
  }
  store.update(() => {
    for (const log of controlFile.redoLogs) {
      const header = headers.get(log.group);
      describeLog(log, header);
      log.archived = log.status === 'INACTIVE' && header !== undefined && isArchived(controlFile, header);
    }
  });
  const writers = new Map<number, RedoWriter>();
  for (const thread of new Set(controlFile.redoLogs.map((log) => log.thread))) {
    const current = controlFile.redoLogs.find((log) => log.status === 'CURRENT' && log.thread === thread);
    const threadEnd = recovered.ends.get(thread);
    if (current !== undefined && threadEnd !== undefined) {
      writers.set(thread, RedoWriter.resume(current, threadEnd.nextBlock));
      continue;
    }
    const last = [...headers.values()]
      .filter((header) => header.thread === thread)
      .reduce<RedoLogHeader | undefined>(
        (max, h) => (h.sequence > (max?.sequence ?? 0) ? h : max),
        undefined,
      );
    if (last === undefined) throw new OraError(ORA.noCurrentLog, `no online log of thread ${thread}`);
    writers.set(thread, beginAfter(last, controlFile, options));
  }
  return writers;
}

/** The crash came between the end of one log and the start of the next. */
function beginAfter(ended: RedoLogHeader, controlFile: ControlFile, options: DatabaseOptions): RedoWriter {
  const next = nextGroup(controlFile, ended.thread);
  const firstScn = ended.nextScn ?? ended.firstScn;
  const sequence = ended.sequence + 1;
  const redo = RedoWriter.begin(next, { ...ended, sequence, firstScn, firstStamp: stampOf(options.now()) });
  options.store.update(() => {
    describeLog(next, readRedoHeaderOf(next.path));
  });
  return redo;
}

function describeLog(log: RedoLog, header: RedoLogHeader | undefined): void {
  if (header === undefined) {
    Object.assign(log, { status: 'UNUSED', sequence: 0, nextScn: null, archived: false });
    return;
  }
  log.sequence = header.sequence;
  log.firstScn = formatScn(header.firstScn);
  log.nextScn = header.nextScn === undefined ? null : formatScn(header.nextScn);
  log.status = header.nextScn === undefined ? 'CURRENT' : 'INACTIVE';
}

function isArchived(controlFile: ControlFile, header: RedoLogHeader): boolean {
  return controlFile.archivedLogs.some(
    (log) =>
      log.sequence === header.sequence &&
      log.thread === header.thread &&
      log.resetlogsScn === formatScn(header.resetlogsScn),
  );
}

function openAll(online: DataFile[]): Map<number, OpenFile> {
  const files = new Map<number, OpenFile>();
  for (const record of online) {
    const opening = openDataFile(record.name);
    if (!opening.ok) throw cannotIdentify(record.file, record.name);
    files.set(record.file, { handle: opening.handle, header: opening.header });
  }
  return files;
}

function cannotIdentify(file: number, name: string): OraError {
  return new OraError(1157, `cannot identify/lock data file ${file} - see DBWR trace file: ${name}`);
}

function maxScn(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
