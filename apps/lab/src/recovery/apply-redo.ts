/**
 * Media recovery: rolls restored data files forward with redo logs, until the logs end, an SCN (exclusive, as in SET UNTIL
 * SCN) or a time. The headers end exactly as a checkpoint at that SCN would have written them. Instance recovery after a
 * crash is the same walk over the online logs.
 */
import { BlockWriter } from '../engine/block-writer';
import { BufferCache } from '../engine/buffer-cache';
import { SPACE_HEADER_BLOCK } from '../engine/space-map';
import { closeDataFile, type DataFileHandle, openDataFile } from '../engine/data-file-handle';
import { type DataFileHeader, makeDataFileHeader } from '../formats/data-file-header';
import { applyVector, type RedoRecord } from '../formats/redo-record';
import { type RedoLogHeader } from '../formats/redo-log';
import { SCN_MAX, type Scn } from '../formats/scn';
import { dateOfStamp, stampOf } from '../formats/stamp';
import { mergeThreads, planThreads, reachOf, type ThreadPlan } from './merge-threads';
import { planLogs, type PlannedLog } from './plan-logs';
import { RedoCorruptError } from './read-redo-log';

export type RecoverUntil = { kind: 'end' } | { kind: 'scn'; scn: Scn } | { kind: 'time'; at: Date };

export interface ApplyRedoOptions {
  /** Paths of the data files; their own headers say which file they are and where they stand. */
  dataFiles: string[];
  /** Paths of log files, in any order, more than needed is fine; one database, one line of incarnations. */
  logs: string[];
  until: RecoverUntil;
  /** Numbers of the files that the control file lists: the redo may make no others. Absent: what it says of others is passed over. */
  known?: ReadonlySet<number>;
  /** Called before the records of a log are applied. */
  onLog?: (log: { path: string; header: RedoLogHeader }) => void;
  cacheBytesMax?: number;
  /** Protects against a killed process (instance recovery); a media recovery is simply repeated. */
  sideFile?: string;
}

export type ApplyRedoOutcome =
  | {
      status: 'recovered';
      /** What all headers say now: every lower change is in the files. */
      checkpointScn: Scn;
      checkpointAt: Date;
      recordsApplied: number;
      blocksChanged: number;
      /** Place behind the last record read of the last log: where an online log goes on. */
      end: { path: string; header: RedoLogHeader; nextBlock: number } | undefined;
      /** The same for each thread, by its number. */
      ends: ReadonlyMap<number, { path: string; header: RedoLogHeader; nextBlock: number }>;
      lastRecord: { scn: Scn; atMs: number } | undefined;
    }
  /** Recovered as far as the logs go without a gap (headers say so); the log with `firstMissingScn` is needed next. */
  | { status: 'needs-log'; firstMissingScn: Scn; sequence: number | undefined }
  /** The target lies before a file's checkpoint, or before its hot copy is consistent. Nothing was changed, or not enough. */
  | { status: 'too-early'; path: string; neededScn: Scn }
  | {
      status: 'unusable-file';
      path: string;
      reason: 'missing' | 'not-a-data-file' | 'broken-header' | 'short';
    }
  /** The redo makes a file that the control file does not list. */
  | { status: 'unknown-file'; file: number; scn: Scn }
  | { status: 'corrupt-log'; path: string; block: number }
  | { status: 'lost-write'; file: number; block: number; scn: Scn };

interface OpenedFile {
  handle: DataFileHandle;
  header: DataFileHeader;
}

interface Progress {
  /** Every change with a lower SCN is applied. */
  position: Scn;
  stamp: number;
  resetlogs: { scn: Scn; id: number } | undefined;
  recordsApplied: number;
  blocksChanged: number;
  end: { path: string; header: RedoLogHeader; nextBlock: number } | undefined;
  ends: Map<number, { path: string; header: RedoLogHeader; nextBlock: number }>;
  lastRecord: { scn: Scn; atMs: number } | undefined;
  stoppedAtTime: boolean;
}

const DEFAULT_CACHE_BYTES = 64 * 1024 * 1024;
/** Records between two turns of the event loop. */
const RECORDS_PER_SLICE = 200;
/** Where the records of a log begin. */
const FIRST_RECORD_BLOCK = 2;

/** Rolls the files forward. Throws on input/output errors only. */
export async function applyRedo(options: ApplyRedoOptions): Promise<ApplyRedoOutcome> {
  const opened: OpenedFile[] = [];
  try {
    for (const path of options.dataFiles) {
      const opening = openDataFile(path);
      if (!opening.ok) return { status: 'unusable-file', path, reason: opening.reason };
      opened.push(opening);
    }
    return await rollForward(opened, options);
  } finally {
    for (const file of opened) closeDataFile(file.handle);
  }
}

async function rollForward(opened: OpenedFile[], options: ApplyRedoOptions): Promise<ApplyRedoOutcome> {
  const early = opened.find(({ header }) => isBefore(options.until, header.checkpointScn));
  if (early) return { status: 'too-early', path: early.handle.path, neededScn: early.header.checkpointScn };
  const files = new Map(opened.map(({ handle }) => [handle.file, handle]));
  const writer = new BlockWriter({
    files,
    ...(options.sideFile === undefined ? {} : { sideFile: options.sideFile }),
  });
  const cache = new BufferCache(files, writer, options.cacheBytesMax ?? DEFAULT_CACHE_BYTES);
  const progress = startOf(opened);
  try {
    const stopped = await applyLogs(cache, files, progress, options);
    if (stopped !== undefined && stopped.status !== 'needs-log') return stopped;
    return finish({ cache, writer, opened, progress, stopped });
  } finally {
    writer.close();
  }
}

function startOf(opened: OpenedFile[]): Progress {
  const headers = opened.map(({ header }) => header);
  const position = headers.reduce(
    (min, { checkpointScn: scn }) => (scn < min ? scn : min),
    headers[0]?.checkpointScn ?? 0n,
  );
  return {
    position,
    stamp: headers.reduce((max, header) => Math.max(max, header.checkpointStamp), 0),
    resetlogs: undefined,
    recordsApplied: 0,
    blocksChanged: 0,
    end: undefined,
    ends: new Map(),
    lastRecord: undefined,
    stoppedAtTime: false,
  };
}

async function applyLogs(
  cache: BufferCache,
  files: ReadonlyMap<number, DataFileHandle>,
  progress: Progress,
  options: ApplyRedoOptions,
): Promise<ApplyRedoOutcome | undefined> {
  const { until } = options;
  const target = until.kind === 'scn' ? until.scn : SCN_MAX;
  const threads = planThreads(planLogs(options.logs, progress.position), progress.position);
  const reach = threads.length === 0 ? progress.position : reachOf(threads);
  const limit = target < reach ? target : reach;
  const stopped = await applyRecords(cache, files, progress, { threads, limit, options });
  if (stopped !== undefined) return stopped;
  if (!progress.stoppedAtTime) progress.position = laterOf(progress.position, coveredUpTo(threads, limit));
  const behind = threads.find((thread) => thread.endScn === reach);
  const short = until.kind === 'scn' ? target > reach : behind?.hasGap === true && !progress.stoppedAtTime;
  if (!short) return undefined;
  return {
    status: 'needs-log',
    firstMissingScn: progress.position,
    sequence: behind?.nextSequence,
  };
}

interface Application {
  threads: readonly ThreadPlan[];
  limit: Scn;
  options: ApplyRedoOptions;
}

async function applyRecords(
  cache: BufferCache,
  files: ReadonlyMap<number, DataFileHandle>,
  progress: Progress,
  { threads, limit, options }: Application,
): Promise<ApplyRedoOutcome | undefined> {
  const start = progress.position;
  const { until } = options;
  let count = 0;
  const onLog = (log: PlannedLog) => {
    options.onLog?.({ path: log.path, header: log.header });
    progress.resetlogs = { scn: log.header.resetlogsScn, id: log.header.resetlogsId };
    noteEnd(progress, log, FIRST_RECORD_BLOCK);
  };
  try {
    for (const { record, nextBlock, log } of mergeThreads(threads, limit, onLog)) {
      if (until.kind === 'time' && record.atMs >= until.at.getTime()) {
        progress.stoppedAtTime = true;
        progress.position = laterOf(progress.position, log.header.firstScn);
        return undefined;
      }
      noteEnd(progress, log, nextBlock);
      if (record.scn < start) continue;
      const made = options.known === undefined ? undefined : fileMadeBeyond(options.known, record);
      if (made !== undefined) return { status: 'unknown-file', file: made, scn: record.scn };
      const lost = applyRecord(cache, files, progress, record);
      if (lost) return lost;
      if (++count % RECORDS_PER_SLICE === 0) await new Promise(setImmediate);
    }
  } catch (error) {
    if (error instanceof RedoCorruptError)
      return { status: 'corrupt-log', path: error.path, block: error.block };
    throw error;
  }
  return undefined;
}

/** A space header as a whole is only written when its file is made. */
function fileMadeBeyond(known: ReadonlySet<number>, { vectors }: RedoRecord): number | undefined {
  return vectors.find(
    ({ file, block, change }) => block === SPACE_HEADER_BLOCK && change.kind === 'image' && !known.has(file),
  )?.file;
}

function noteEnd(progress: Progress, log: PlannedLog, nextBlock: number): void {
  progress.end = { path: log.path, header: log.header, nextBlock };
  progress.ends.set(log.header.thread, progress.end);
}

/**
 * Up to where nothing is missing below `limit`: the limit itself where every thread has it in a closed log; a log still written to
 * vouches only for what lies in front of it.
 */
function coveredUpTo(threads: readonly ThreadPlan[], limit: Scn): Scn {
  let covered = limit;
  for (const { logs } of threads) {
    const log = logs.find(({ endScn }) => endScn >= limit);
    const known = log?.header.nextScn === undefined ? (log?.header.firstScn ?? 0n) : limit;
    if (known < covered) covered = known;
  }
  return threads.length === 0 ? 0n : covered;
}

function applyRecord(
  cache: BufferCache,
  files: ReadonlyMap<number, DataFileHandle>,
  progress: Progress,
  record: RedoRecord,
): ApplyRedoOutcome | undefined {
  for (const vector of record.vectors) {
    if (!files.has(vector.file)) continue;
    const cached =
      vector.change.kind === 'image'
        ? cache.getForReplacement(vector.file, vector.block)
        : cache.get(vector.file, vector.block);
    const outcome = applyVector(cached.bytes, vector, record.scn);
    if (outcome === 'lost-write') {
      return { status: 'lost-write', file: vector.file, block: vector.block, scn: record.scn };
    }
    if (outcome === 'applied') {
      cache.markDirty(cached);
      progress.blocksChanged++;
    }
  }
  cache.trim();
  progress.recordsApplied++;
  progress.position = record.scn + 1n;
  progress.stamp = stampOf(new Date(record.atMs));
  progress.lastRecord = { scn: record.scn, atMs: record.atMs };
  return undefined;
}

interface Finish {
  cache: BufferCache;
  writer: BlockWriter;
  opened: OpenedFile[];
  progress: Progress;
  stopped: ApplyRedoOutcome | undefined;
}

function finish({ cache, writer, opened, progress, stopped }: Finish): ApplyRedoOutcome {
  const scn = progress.position;
  cache.writeDirty();
  const ahead = opened.find(({ header }) => header.checkpointScn > scn);
  const fuzzy = opened.find(({ header }) => header.absoluteFuzzyScn >= scn);
  const consistent = stopped === undefined && ahead === undefined && fuzzy === undefined;
  writer.write(opened.map((file) => headerBlock(file, { progress, clearFuzzy: consistent })));
  if (stopped) return stopped;
  if (ahead) return { status: 'too-early', path: ahead.handle.path, neededScn: ahead.header.checkpointScn };
  if (fuzzy) {
    return { status: 'too-early', path: fuzzy.handle.path, neededScn: fuzzy.header.absoluteFuzzyScn + 1n };
  }
  return {
    status: 'recovered',
    checkpointScn: scn,
    checkpointAt: dateOfStamp(progress.stamp),
    recordsApplied: progress.recordsApplied,
    blocksChanged: progress.blocksChanged,
    end: progress.end,
    ends: progress.ends,
    lastRecord: progress.lastRecord,
  };
}

function headerBlock(
  { handle, header }: OpenedFile,
  { progress, clearFuzzy }: { progress: Progress; clearFuzzy: boolean },
): { file: number; block: number; bytes: Buffer } {
  const reached = progress.position >= header.checkpointScn;
  const bytes = makeDataFileHeader({
    ...header,
    checkpointScn: reached ? progress.position : header.checkpointScn,
    checkpointStamp: reached ? progress.stamp : header.checkpointStamp,
    resetlogsScn: progress.resetlogs?.scn ?? header.resetlogsScn,
    resetlogsStamp: progress.resetlogs?.id ?? header.resetlogsStamp,
    absoluteFuzzyScn: clearFuzzy ? 0n : header.absoluteFuzzyScn,
  });
  return { file: handle.file, block: 1, bytes };
}

function isBefore(until: RecoverUntil, checkpointScn: Scn): boolean {
  return until.kind === 'scn' && until.scn < checkpointScn;
}

function laterOf(a: Scn, b: Scn): Scn {
  return a > b ? a : b;
}
