/**
 * An open database: the buffer cache in front of its data files, the redo log behind every change, checkpoints, log
 * switches. Everything here is synchronous and short, so that one turn of the event loop sees whole states only; what takes
 * long (a workload, a truth mark) runs in slices under `exclusively`.
 */
import { join } from 'node:path';
import { addArchivedLog } from '../control-file/change-records';
import { type DataFile, type RedoLog } from '../control-file/control-file';
import { type ControlFileStore } from '../control-file/control-file-store';
import { blockScn } from '../formats/block';
import { type DataFileHeader, makeDataFileHeader } from '../formats/data-file-header';
import { type RedoLogHeader } from '../formats/redo-log';
import { applyVector, type ChangeVector, encodeRedoRecord } from '../formats/redo-record';
import { formatScn, parseScn, type Scn } from '../formats/scn';
import { dateOfStamp, stampOf } from '../formats/stamp';
import { ORA, OraError } from '../instance/ora-error';
import { archivedLogPath, archiveLog } from './archive-log';
import { BlockWriter } from './block-writer';
import { BufferCache } from './buffer-cache';
import { closeDataFile, type DataFileHandle, openDataFile } from './data-file-handle';
import { RedoWriter } from './redo-writer';

export interface BlockChange {
  file: number;
  block: number;
  change: ChangeVector['change'];
}

export interface DatabaseOptions {
  store: ControlFileStore;
  /** Where archived logs go. */
  archiveDirectory: string;
  /** Where the side file of the block writer lies (see block-writer.ts). */
  oradata: string;
  now: () => Date;
  cacheBytes?: number;
  splitWrites?: boolean;
  /**
   * Called when a write failed half-way (a full disk, say): memory and disk disagree now, and only instance recovery can put
   * that right. The database answers ORA-01092 from then on.
   */
  onFatal?: (error: unknown) => void;
}

export interface OpenFile {
  handle: DataFileHandle;
  header: DataFileHeader;
}

/** What instance recovery leaves behind. */
export interface RecoveredState {
  files: Map<number, OpenFile>;
  redo: RedoWriter;
  nextScn: Scn;
  lastCommitMs: number;
}

const DEFAULT_CACHE_BYTES = 32 * 1024 * 1024;
const HEADER_BLOCK = 1;

/** Path of the block writer's side file. */
export function sideFilePath(oradata: string): string {
  return join(oradata, '.block-writer.side');
}

export class Database {
  readonly files: Map<number, OpenFile>;
  readonly cache: BufferCache;
  private readonly handles = new Map<number, DataFileHandle>();
  private readonly writer: BlockWriter;
  private redo: RedoWriter;
  private nextFreeScn: Scn;
  private lastCommitMs: number;
  private turn: Promise<unknown> = Promise.resolve();
  private hasFailed = false;

  constructor(
    private readonly options: DatabaseOptions,
    state: RecoveredState,
  ) {
    this.files = state.files;
    for (const { handle } of state.files.values()) this.handles.set(handle.file, handle);
    this.writer = new BlockWriter({
      files: this.handles,
      sideFile: sideFilePath(options.oradata),
      splitWrites: options.splitWrites === true,
    });
    this.cache = new BufferCache(this.handles, this.writer, options.cacheBytes ?? DEFAULT_CACHE_BYTES);
    this.redo = state.redo;
    this.nextFreeScn = state.nextScn;
    this.lastCommitMs = state.lastCommitMs;
  }

  get store(): ControlFileStore {
    return this.options.store;
  }

  /** Every committed change has a lower SCN. */
  get nextScn(): Scn {
    return this.nextFreeScn;
  }

  /** Time of the last commit: what headers carry as checkpoint time. */
  get lastCommitAt(): Date {
    return new Date(this.lastCommitMs);
  }

  /** Runs long work that must not meet other long work; short operations still run in between. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }

  /** The block as committed, not to be written to. Valid until the next commit. */
  read(file: number, block: number): Buffer {
    return this.cache.get(file, block).bytes;
  }

  /** Commits one transaction: redo first, then the cached blocks. Each block may appear once. Answers its SCN. */
  commit(changes: BlockChange[]): Scn {
    const vectors = changes.map((change): ChangeVector => {
      const cached = this.cache.get(change.file, change.block);
      return { ...change, seq: 1, previousScn: blockScn(cached.bytes) };
    });
    const atMs = Math.max(this.options.now().getTime(), this.lastCommitMs);
    const encode = () => encodeRedoRecord({ scn: this.nextFreeScn, atMs, vectors });
    let record = encode();
    if (!this.redo.fits(record)) {
      this.switchLog();
      record = encode();
    }
    return this.critical(() => this.write(record, vectors, atMs));
  }

  private write(record: Buffer, vectors: ChangeVector[], atMs: number): Scn {
    this.redo.append(record);
    const scn = this.nextFreeScn++;
    this.lastCommitMs = atMs;
    for (const vector of vectors) {
      const cached = this.cache.get(vector.file, vector.block);
      if (applyVector(cached.bytes, vector, scn) !== 'applied') {
        throw new Error(`change of block ${vector.file}/${vector.block} at ${scn} does not apply`);
      }
      this.cache.markDirty(cached);
    }
    this.cache.trim();
    return scn;
  }

  /** Writes changed blocks and header(s) of one file or of all. Every change below the SCN answered is in them. */
  checkpoint(file?: number): { scn: Scn; at: Date } {
    if (file !== undefined) this.openFile(file);
    return this.critical(() => {
      this.writeFiles(file);
      const scn = this.nextFreeScn;
      this.store.update((controlFile) => {
        this.noteCheckpoint(controlFile.dataFiles, scn, file);
        if (file === undefined) controlFile.checkpointScn = formatScn(scn);
      });
      return { scn, at: dateOfStamp(this.commitStamp()) };
    });
  }

  /** Ends the current log, archives it, starts the next one. A log switch is also a checkpoint. Answers the log ended. */
  switchLog(): { thread: number; sequence: number } {
    return this.critical(() => this.startNextLog());
  }

  private startNextLog(): { thread: number; sequence: number } {
    const { controlFile, current } = this.currentLog();
    const next = nextGroup(controlFile.redoLogs);
    // Two logs must not start at the same SCN, so ending an empty one uses up an SCN.
    const firstScn = parseScn(current.firstScn);
    const nextScn = this.nextFreeScn > firstScn ? this.nextFreeScn : firstScn + 1n;
    const ended = this.redo.finish(nextScn, this.commitStamp());
    this.nextFreeScn = nextScn;
    const sequence = current.sequence + 1;
    this.redo = RedoWriter.begin(next, {
      ...ended,
      sequence,
      firstScn: nextScn,
      firstStamp: this.commitStamp(),
    });
    const archived = this.archive(current, ended);
    this.writeFiles();
    // One control-file write for the whole switch: a crash before it is put right from the log headers.
    this.store.update((changed) => {
      Object.assign(current, {
        status: 'INACTIVE',
        nextScn: formatScn(nextScn),
        archived: archived !== undefined,
      });
      Object.assign(next, {
        status: 'CURRENT',
        sequence,
        firstScn: formatScn(nextScn),
        nextScn: null,
        firstAt: dateOfStamp(this.commitStamp()).toISOString(),
        archived: false,
      });
      if (archived !== undefined) addArchivedLog(changed, archived, this.options.now());
      this.noteCheckpoint(changed.dataFiles, nextScn);
      changed.checkpointScn = formatScn(nextScn);
    });
    return { thread: current.thread, sequence: current.sequence };
  }

  /** ALTER DATABASE DATAFILE n OFFLINE: recovery must bring the file to this moment before it comes back. */
  takeOffline(file: number): void {
    const record = this.record(file);
    if (record.status === 'SYSTEM')
      throw new OraError(1541, 'system tablespace cannot be brought offline; shut down if necessary');
    if (record.status !== 'ONLINE') return;
    const { handle } = this.openFile(file);
    this.writeFiles(file);
    this.cache.forget(file);
    this.files.delete(file);
    this.handles.delete(file);
    closeDataFile(handle);
    const scn = this.nextFreeScn;
    this.store.update((controlFile) => {
      this.noteCheckpoint(controlFile.dataFiles, scn, file);
      Object.assign(record, { status: 'RECOVER', lastScn: formatScn(scn) });
    });
  }

  /** ALTER DATABASE DATAFILE n ONLINE. Throws ORA-01113 when the file on disk is older than its offline SCN. */
  bringOnline(file: number): void {
    const record = this.record(file);
    if (record.status === 'ONLINE' || record.status === 'SYSTEM') return;
    const opening = openDataFile(record.name);
    if (!opening.ok) throw new OraError(1157, `cannot identify/lock data file ${file} (${opening.reason})`);
    const { header, handle } = opening;
    const needed = record.lastScn === null ? 0n : parseScn(record.lastScn);
    if (
      header.checkpointScn < needed ||
      header.absoluteFuzzyScn > 0n ||
      header.checkpointScn > this.nextFreeScn
    ) {
      closeDataFile(handle);
      throw new OraError(ORA.recoveryNeeded, `file ${file} needs media recovery`);
    }
    this.files.set(file, { handle, header });
    this.handles.set(file, handle);
    this.store.update(() => Object.assign(record, { status: 'ONLINE', lastScn: null }));
    this.checkpoint(file);
  }

  /** Clean shutdown: everything is in the data files afterwards. */
  close(): void {
    this.checkpoint();
    this.abandon();
  }

  /** Lets go of all files without writing anything (as a crash does). */
  abandon(): void {
    this.redo.close();
    this.writer.close();
    for (const { handle } of this.files.values()) closeDataFile(handle);
    this.files.clear();
    this.handles.clear();
  }

  currentLogUsage(): { group: number; sequence: number; usedBytes: number; bytes: number } {
    const { current } = this.currentLog();
    return {
      group: current.group,
      sequence: current.sequence,
      usedBytes: this.redo.usedBytes(),
      bytes: current.bytes,
    };
  }

  /** The header a checkpoint at this moment would write. */
  headerNow(file: number): DataFileHeader {
    const { header } = this.openFile(file);
    return {
      ...header,
      checkpointScn: this.nextFreeScn,
      checkpointStamp: this.commitStamp(),
      absoluteFuzzyScn: 0n,
    };
  }

  openFile(file: number): OpenFile {
    const open = this.files.get(file);
    if (open === undefined) throw new OraError(ORA.noSuchFile, `data file ${file} is not online`);
    return open;
  }

  /** Runs work that must happen whole or end the instance. */
  private critical<T>(work: () => T): T {
    if (this.hasFailed)
      throw new OraError(ORA.terminated, 'ORACLE instance terminated. Disconnection forced');
    try {
      return work();
    } catch (error) {
      if (!this.hasFailed) this.options.onFatal?.(error);
      this.hasFailed = true;
      throw error;
    }
  }

  private writeFiles(file?: number): void {
    this.cache.writeDirty(file);
    const wanted = [...this.files.values()].filter(
      ({ handle }) => file === undefined || handle.file === file,
    );
    for (const open of wanted) open.header = this.headerNow(open.handle.file);
    this.writer.write(
      wanted.map(({ handle, header }) => ({
        file: handle.file,
        block: HEADER_BLOCK,
        bytes: makeDataFileHeader(header),
      })),
    );
  }

  private noteCheckpoint(records: DataFile[], scn: Scn, file?: number): void {
    for (const record of records) {
      if (!this.files.has(record.file) || (file !== undefined && record.file !== file)) continue;
      record.checkpointScn = formatScn(scn);
      record.checkpointAt = dateOfStamp(this.commitStamp()).toISOString();
    }
  }

  private archive(log: RedoLog, header: RedoLogHeader): Parameters<typeof addArchivedLog>[1] | undefined {
    if (this.store.current.logMode !== 'ARCHIVELOG') return undefined;
    return archiveOnlineLog(log, header, this.options.archiveDirectory);
  }

  private currentLog() {
    const controlFile = this.store.current;
    const current = controlFile.redoLogs.find((log) => log.status === 'CURRENT');
    if (current === undefined) throw new Error('the control file names no current log');
    return { controlFile, current };
  }

  private record(file: number): DataFile {
    const record = this.store.current.dataFiles.find((candidate) => candidate.file === file);
    if (record === undefined)
      throw new OraError(ORA.noSuchFile, `nonexistent log file, data file, or temporary file "${file}"`);
    return record;
  }

  private commitStamp(): number {
    return stampOf(this.lastCommitAt);
  }
}

/** Archives a closed online log and answers its record. */
export function archiveOnlineLog(
  log: RedoLog,
  header: RedoLogHeader,
  directory: string,
): Parameters<typeof addArchivedLog>[1] {
  if (header.nextScn === undefined) throw new Error(`log ${header.sequence} is still being written`);
  const name = archivedLogPath(directory, header);
  archiveLog(log.path, header, name);
  return {
    thread: header.thread,
    sequence: header.sequence,
    resetlogsScn: formatScn(header.resetlogsScn),
    resetlogsId: header.resetlogsId,
    firstScn: formatScn(header.firstScn),
    nextScn: formatScn(header.nextScn),
    firstAt: dateOfStamp(header.firstStamp).toISOString(),
    nextAt: dateOfStamp(header.nextStamp).toISOString(),
    blocks: header.usedBlocks,
    blockBytes: 512,
    name,
  };
}

/** The group written next: never used, else the one with the oldest contents (archived, and behind the checkpoint). */
export function nextGroup(logs: RedoLog[]): RedoLog {
  const free = logs.filter((log) => log.status === 'UNUSED' || log.status === 'INACTIVE');
  const [oldest] = free.sort((a, b) => a.sequence - b.sequence);
  if (oldest === undefined) throw new OraError(ORA.noCurrentLog, 'no online log is free for a switch');
  return oldest;
}
