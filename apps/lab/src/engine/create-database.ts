/** Creates a database: data files full of rows, online logs, the first control file. The instance can open it at once. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ControlFile, type DataFile, type RedoLog, type Tablespace } from '../control-file/control-file';
import { writeControlFile } from '../control-file/control-file-store';
import { formatScn, type Scn } from '../formats/scn';
import { stampOf } from '../formats/stamp';
import { createDataFile } from './create-data-file';
import { mixSeed } from './fill-block';
import { createRedoLogFile, REDO_LOG_BYTES_MIN, RedoWriter } from './redo-writer';
import { firstDataBlock } from './space-map';

export interface CreateDatabaseOptions {
  oradata: string;
  dbName: string;
  dbUniqueName: string;
  dbid: number;
  controlFiles: string[];
  /** Bytes of all data files together, about. */
  totalBytes: number;
  redoLogBytes: number;
  seed: number;
  now: () => Date;
}

export interface CreatedDatabase {
  controlFile: ControlFile;
  bytes: number;
}

interface FilePlan {
  file: number;
  ts: number;
  tablespace: string;
  name: string;
  blockBytes: number;
  /** Of 100 parts of the total. */
  share: number;
}

const FILE_PLANS: FilePlan[] = [
  { file: 1, ts: 0, tablespace: 'SYSTEM', name: 'system01.dbf', blockBytes: 8192, share: 8 },
  { file: 3, ts: 1, tablespace: 'SYSAUX', name: 'sysaux01.dbf', blockBytes: 8192, share: 8 },
  { file: 4, ts: 2, tablespace: 'UNDOTBS1', name: 'undotbs01.dbf', blockBytes: 8192, share: 4 },
  { file: 7, ts: 4, tablespace: 'USERS', name: 'users01.dbf', blockBytes: 8192, share: 5 },
  { file: 8, ts: 5, tablespace: 'SALES', name: 'sales01.dbf', blockBytes: 8192, share: 30 },
  { file: 9, ts: 5, tablespace: 'SALES', name: 'sales02.dbf', blockBytes: 8192, share: 25 },
  { file: 10, ts: 6, tablespace: 'HIST', name: 'hist01.dbf', blockBytes: 16384, share: 20 },
];
const TEMP_TABLESPACE: Tablespace = { ts: 3, name: 'TEMP', bigfile: false };
const TEMP_FILE_BYTES = 32 * 1024 * 1024;
/** Blocks of a file at least (headers, space map and a few rows) and at most (22 bits of address). */
const BLOCKS_MIN = 64;
const BLOCKS_MAX = 4194302;
const TOTAL_BYTES_MIN = 4 * 1024 * 1024;
const REDO_LOG_GROUPS = 3;
const THREAD = 1;
/** Where a freshly made database's SCNs start, and how far loading its rows takes them. */
const RESETLOGS_SCN: Scn = 1920977n;
const LOADED_SCN_RANGE = 1_000_000;
const CREATION_SCN_STEP = 100n;

/** Writes all files. The oradata directory must not hold a database yet. Throws RangeError for sizes out of bounds. */
export async function createDatabase(options: CreateDatabaseOptions): Promise<CreatedDatabase> {
  checkSizes(options);
  mkdirSync(options.oradata, { recursive: true });
  const now = options.now();
  const checkpointScn = RESETLOGS_SCN + CREATION_SCN_STEP * 100n + BigInt(LOADED_SCN_RANGE);
  const dataFiles: DataFile[] = [];
  let bytes = 0;
  for (const plan of FILE_PLANS) {
    const record = dataFileRecord(plan, options, { checkpointScn, now });
    bytes += await createDataFile(newDataFile(plan, record, options, now));
    dataFiles.push(record);
  }
  const redoLogs = createRedoLogs(options, checkpointScn, now);
  const controlFile = firstControlFile(options, { dataFiles, redoLogs, checkpointScn, now });
  for (const path of options.controlFiles) writeControlFile(path, controlFile);
  return { controlFile, bytes };
}

function checkSizes(options: CreateDatabaseOptions): void {
  if (options.totalBytes < TOTAL_BYTES_MIN) throw new RangeError(`size below ${TOTAL_BYTES_MIN} bytes`);
  if (options.redoLogBytes < REDO_LOG_BYTES_MIN || options.redoLogBytes % 512 !== 0) {
    throw new RangeError(
      `redo log size below ${REDO_LOG_BYTES_MIN} bytes, or not a number of 512-byte blocks`,
    );
  }
  for (const plan of FILE_PLANS) {
    if (blocksOf(plan, options) > BLOCKS_MAX)
      throw new RangeError(`${plan.name} would exceed ${BLOCKS_MAX} blocks`);
  }
}

function blocksOf(plan: FilePlan, options: CreateDatabaseOptions): number {
  return Math.max(BLOCKS_MIN, Math.floor((options.totalBytes * plan.share) / 100 / plan.blockBytes) - 1);
}

function dataFileRecord(
  plan: FilePlan,
  options: CreateDatabaseOptions,
  { checkpointScn, now }: { checkpointScn: Scn; now: Date },
): DataFile {
  return {
    file: plan.file,
    rfile: plan.file,
    ts: plan.ts,
    name: join(options.oradata, plan.name),
    blockBytes: plan.blockBytes,
    blocks: blocksOf(plan, options),
    creationScn: formatScn(RESETLOGS_SCN + CREATION_SCN_STEP * BigInt(plan.file)),
    checkpointScn: formatScn(checkpointScn),
    checkpointAt: now.toISOString(),
    status: plan.ts === 0 ? 'SYSTEM' : 'ONLINE',
    enabled: 'READ WRITE',
    unrecoverableScn: '0',
    lastScn: null,
  };
}

function newDataFile(plan: FilePlan, record: DataFile, options: CreateDatabaseOptions, now: Date) {
  const firstData = firstDataBlock(record.blockBytes, record.blocks);
  if (firstData >= record.blocks) throw new RangeError(`${plan.name} is too small for its space map`);
  const stamp = stampOf(now);
  return {
    path: record.name,
    seed: mixSeed(options.seed, plan.file),
    objectId: 70000 + plan.file,
    firstScn: BigInt(record.creationScn) + 1n,
    scnRange: LOADED_SCN_RANGE,
    header: {
      dbid: options.dbid,
      dbName: options.dbName,
      file: record.file,
      rfile: record.rfile,
      ts: record.ts,
      tablespaceName: plan.tablespace,
      blocks: record.blocks,
      blockBytes: record.blockBytes,
      creationScn: BigInt(record.creationScn),
      creationStamp: stamp,
      resetlogsScn: RESETLOGS_SCN,
      resetlogsStamp: stamp,
      checkpointScn: BigInt(record.checkpointScn),
      checkpointStamp: stamp,
      thread: THREAD,
      absoluteFuzzyScn: 0n,
    },
  };
}

function createRedoLogs(options: CreateDatabaseOptions, firstScn: Scn, now: Date): RedoLog[] {
  return makeOnlineLogs({
    directory: options.oradata,
    bytes: options.redoLogBytes,
    dbid: options.dbid,
    dbName: options.dbName,
    resetlogsScn: RESETLOGS_SCN,
    resetlogsId: stampOf(now),
    firstScn,
    firstAt: now,
  });
}

export interface OnlineLogsOptions {
  directory: string;
  bytes: number;
  dbid: number;
  dbName: string;
  resetlogsScn: Scn;
  resetlogsId: number;
  firstScn: Scn;
  firstAt: Date;
}

/** Makes the online log files of a new incarnation: redo01.log is current with sequence 1, the others unused. */
export function makeOnlineLogs(options: OnlineLogsOptions): RedoLog[] {
  const logs: RedoLog[] = [];
  for (let group = 1; group <= REDO_LOG_GROUPS; group++) {
    const current = group === 1;
    const path = join(options.directory, `redo${String(group).padStart(2, '0')}.log`);
    createRedoLogFile(path, options.bytes);
    logs.push({
      group,
      thread: THREAD,
      sequence: current ? 1 : 0,
      bytes: options.bytes,
      path,
      firstScn: current ? formatScn(options.firstScn) : '0',
      nextScn: null,
      firstAt: options.firstAt.toISOString(),
      status: current ? 'CURRENT' : 'UNUSED',
      archived: false,
    });
  }
  const [first] = logs;
  if (first === undefined) throw new Error('a database needs online logs');
  const { dbid, dbName, resetlogsScn, resetlogsId, firstScn } = options;
  const firstStamp = stampOf(options.firstAt);
  RedoWriter.begin(first, {
    dbid,
    dbName,
    thread: THREAD,
    sequence: 1,
    resetlogsScn,
    resetlogsId,
    firstScn,
    firstStamp,
  }).close();
  return logs;
}

function firstControlFile(
  options: CreateDatabaseOptions,
  made: { dataFiles: DataFile[]; redoLogs: RedoLog[]; checkpointScn: Scn; now: Date },
): ControlFile {
  const resetlogsScn = formatScn(RESETLOGS_SCN);
  const resetlogsId = stampOf(made.now);
  return {
    dbid: options.dbid,
    dbName: options.dbName,
    dbUniqueName: options.dbUniqueName,
    createdAt: made.now.toISOString(),
    resetlogsScn,
    resetlogsId,
    incarnations: [{ incarnation: 1, resetlogsScn, resetlogsId, priorResetlogsScn: '0', status: 'CURRENT' }],
    logMode: 'ARCHIVELOG',
    checkpointScn: formatScn(made.checkpointScn),
    controlSequence: 1,
    tablespaces: tablespaces(),
    dataFiles: made.dataFiles,
    tempFiles: [{ file: 1, name: join(options.oradata, 'temp01.dbf'), bytes: TEMP_FILE_BYTES }],
    redoLogs: made.redoLogs,
    archivedLogs: [],
    backupSets: [],
    backupPieces: [],
    backupDataFiles: [],
    backupRedoLogs: [],
    rmanStatus: [],
    rmanConfiguration: [],
    nextRecid: 1,
    nextSetCount: 1,
  };
}

function tablespaces(): Tablespace[] {
  const byNumber = new Map<number, Tablespace>([[TEMP_TABLESPACE.ts, TEMP_TABLESPACE]]);
  for (const { ts, tablespace } of FILE_PLANS) byNumber.set(ts, { ts, name: tablespace, bigfile: false });
  return [...byNumber.values()].sort((a, b) => a.ts - b.ts);
}
