/**
 * An open database: the buffer cache in front of its data files, the redo log behind every change, checkpoints, log
 * switches. Everything here is synchronous and short, so that one turn of the event loop sees whole states only; what takes
 * long (a workload, a truth mark) runs in slices under `exclusively`.
 */
import { addArchivedLog } from '../control-file/change-records';
import { type DataFile, type RedoLog } from '../control-file/control-file';
import { type ControlFileStore } from '../control-file/control-file-store';
import { blockScn } from '../formats/block';
import { type DataFileHeader, makeDataFileHeader } from '../formats/data-file-header';
import { applyVector, type ChangeVector, encodeRedoRecord } from '../formats/redo-record';
import { formatScn, parseScn, type Scn } from '../formats/scn';
import { dateOfStamp, stampOf } from '../formats/stamp';
import { ORA, OraError } from '../instance/ora-error';
import { type Archiver, archiverOf } from './archiver';
import { BlockWriter, sideFilePath } from './block-writer';
import { BufferCache } from './buffer-cache';
import { closeDataFile, type DataFileHandle, openDataFile } from './data-file-handle';
import { FIRST_THREAD, nextGroup, RedoThreads } from './redo-threads';
import { type RedoWriter } from './redo-writer';
import { TrackingSwitch } from './tracking-switch';

export interface BlockChange {
  file: number;
  block: number;
  change: ChangeVector['change'];
}

export interface DatabaseOptions {
  store: ControlFileStore;
  /** Where archived logs go; a function where it can change while the database is open. */
  archiveDirectory: string | (() => string);
  /** Limit of the fast recovery area, bytes. Absent: none. */
  archiveBytesMax?: () => number;
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
  /** By thread. */
  redo: Map<number, RedoWriter>;
  nextScn: Scn;
  lastCommitMs: number;
}

const DEFAULT_CACHE_BYTES = 32 * 1024 * 1024;
const HEADER_BLOCK = 1;

export class Database {
  readonly files: Map<number, OpenFile>;
  readonly cache: BufferCache;
  private readonly handles = new Map<number, DataFileHandle>();
  private readonly writer: BlockWriter;
  readonly archiver: Archiver;
  readonly redo: RedoThreads;
  readonly tracking: TrackingSwitch;
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
    this.redo = new RedoThreads(options.store, state.redo);
    this.nextFreeScn = state.nextScn;
    this.lastCommitMs = state.lastCommitMs;
    this.archiver = archiverOf(options);
    this.tracking = new TrackingSwitch(options.store);
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
  commit(changes: BlockChange[], thread = FIRST_THREAD): Scn {
    const vectors = changes.map((change): ChangeVector => {
      const cached = this.cache.get(change.file, change.block);
      return { ...change, seq: 1, previousScn: blockScn(cached.bytes) };
    });
    const atMs = Math.max(this.options.now().getTime(), this.lastCommitMs);
    const encode = () => encodeRedoRecord({ scn: this.nextFreeScn, atMs, vectors });
    let record = encode();
    if (!this.redo.writer(thread).fits(record)) {
      this.switchLog(thread);
      record = encode();
    }
    return this.critical(() => this.write(record, { vectors, atMs, thread }));
  }

  private write(
    record: Buffer,
    { vectors, atMs, thread }: { vectors: ChangeVector[]; atMs: number; thread: number },
  ): Scn {
    for (const { file, block } of vectors) this.tracking.current?.note(file, block);
    this.redo.writer(thread).append(record);
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

  /**
   * Ends the current log of a thread, archives it, starts the next one. A log switch is also a checkpoint. Answers the log ended.
   * Throws ORA-00257 when no log is free because the archiver is stuck.
   */
  switchLog(thread = FIRST_THREAD): { thread: number; sequence: number } {
    if (this.archiver.error !== undefined) this.archiver.copyPending();
    const next = nextGroup(this.store.current, thread);
    return this.critical(() => this.startNextLog(thread, next));
  }

  /** ALTER SYSTEM ARCHIVE LOG CURRENT: the logs of all threads. Throws ORA-16038 when one could not be archived. */
  archiveLogCurrent(thread = FIRST_THREAD): { thread: number; sequence: number } {
    const others = this.redo.numbers().filter((other) => other !== thread);
    const ended = this.switchLog(thread);
    for (const other of others) this.switchLog(other);
    if (this.archiver.error !== undefined) throw this.archiver.error;
    return ended;
  }

  private startNextLog(thread: number, next: RedoLog): { thread: number; sequence: number } {
    const current = this.redo.current(thread);
    // Two logs must not start at the same SCN, so ending an empty one uses up an SCN.
    const firstScn = parseScn(current.firstScn);
    const nextScn = this.nextFreeScn > firstScn ? this.nextFreeScn : firstScn + 1n;
    const ended = this.redo.writer(thread).finish(nextScn, this.commitStamp());
    this.nextFreeScn = nextScn;
    const sequence = current.sequence + 1;
    const begun = { ...ended, sequence, firstScn: nextScn, firstStamp: this.commitStamp() };
    this.redo.begin(next, begun);
    const archived =
      this.store.current.logMode === 'ARCHIVELOG' ? this.archiver.copy(current, ended) : undefined;
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

  /** Recovery must bring a file to this moment before it comes back; one of a tablespace taken offline (`OFFLINE`) needs nothing. */
  takeOffline(file: number, status: 'OFFLINE' | 'RECOVER' = 'RECOVER'): void {
    const record = this.record(file);
    if (record.status === 'SYSTEM')
      throw new OraError(1541, 'system tablespace cannot be brought offline; shut down if necessary');
    if (record.status !== 'ONLINE') return;
    const lastScn = this.files.has(file) ? formatScn(this.release(file)) : record.lastScn;
    this.store.update(() => Object.assign(record, { status, lastScn }));
  }

  /** ALTER TABLESPACE ... READ ONLY and READ WRITE, for one of its files. */
  setEnabled(file: number, enabled: 'READ ONLY' | 'READ WRITE'): void {
    const record = this.record(file);
    if (record.status !== 'ONLINE') throw new OraError(1539, `tablespace of file ${file} is not online`);
    if (enabled === 'READ WRITE') this.acquire(record);
    const lastScn = enabled === 'READ ONLY' ? formatScn(this.release(file)) : null;
    this.store.update(() => Object.assign(record, { enabled, lastScn }));
    if (enabled === 'READ WRITE') this.checkpoint(file);
  }

  /** ALTER DATABASE DATAFILE n ONLINE. Throws ORA-01113 when the file on disk is older than its offline SCN. */
  bringOnline(file: number): void {
    const record = this.record(file);
    if (record.status === 'ONLINE' || record.status === 'SYSTEM') return;
    this.acquire(record);
    this.store.update(() => Object.assign(record, { status: 'ONLINE', lastScn: null }));
    this.checkpoint(file);
  }

  /** ALTER PLUGGABLE DATABASE CLOSE: its files are checkpointed and let go. */
  closeContainer(conId: number): void {
    for (const record of this.filesOf(conId)) {
      const lastScn = formatScn(this.release(record.file));
      this.store.update(() => Object.assign(record, { lastScn }));
    }
  }

  /** ALTER PLUGGABLE DATABASE OPEN. Throws ORA-01113 when a file is older than when it was closed. */
  openContainer(conId: number): void {
    const closed = this.store.current.dataFiles.filter(
      (record) => record.conId === conId && !this.files.has(record.file) && record.status !== 'RECOVER',
    );
    for (const record of closed) this.acquire(record);
    this.store.update(() => {
      for (const record of closed) record.lastScn = null;
    });
    this.checkpoint();
  }

  private filesOf(conId: number): DataFile[] {
    return this.store.current.dataFiles.filter(
      (record) => record.conId === conId && this.files.has(record.file),
    );
  }

  /** Writes a file and closes it; answers up to where it is complete. */
  private release(file: number): Scn {
    const { handle } = this.openFile(file);
    this.writeFiles(file);
    const scn = this.nextFreeScn;
    this.store.update(({ dataFiles }) => this.noteCheckpoint(dataFiles, scn, file));
    this.cache.forget(file);
    this.files.delete(file);
    this.handles.delete(file);
    closeDataFile(handle);
    return scn;
  }

  private acquire({ file, name, lastScn }: DataFile): void {
    const opening = openDataFile(name);
    if (!opening.ok) throw new OraError(1157, `cannot identify/lock data file ${file} (${opening.reason})`);
    const { header, handle } = opening;
    const behind = header.checkpointScn < (lastScn === null ? 0n : parseScn(lastScn));
    if (behind || header.absoluteFuzzyScn > 0n || header.checkpointScn > this.nextFreeScn) {
      closeDataFile(handle);
      throw new OraError(ORA.recoveryNeeded, `file ${file} needs media recovery`);
    }
    this.hold(opening);
  }

  private hold({ handle, header }: OpenFile): void {
    this.files.set(handle.file, { handle, header });
    this.handles.set(handle.file, handle);
  }

  /** A file that was just made, with the first redo about it. Answers the SCN of that. */
  adopt(file: OpenFile, changes: BlockChange[], thread: number): Scn {
    this.hold(file);
    return this.commit(changes, thread);
  }

  /** Clean shutdown: everything is in the data files afterwards. */
  close(): void {
    this.checkpoint();
    this.abandon();
  }

  /** Lets go of all files without writing anything (as a crash does). */
  abandon(): void {
    this.redo.close();
    this.tracking.close();
    this.writer.close();
    for (const { handle } of this.files.values()) closeDataFile(handle);
    this.files.clear();
    this.handles.clear();
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
