/** Creates a database: data files full of rows, online logs, the first control file. The instance can open it at once. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ControlFile, type DataFile, type RedoLog } from '../control-file/control-file';
import { writeControlFile } from '../control-file/control-file-store';
import { formatScn, type Scn } from '../formats/scn';
import { stampOf } from '../formats/stamp';
import { createDataFile } from './create-data-file';
import { type DatabasePlan, type DatabaseShape, type FilePlan, planDatabase } from './database-plan';
import { mixSeed } from './fill-block';
import { createRedoLogFile, REDO_LOG_BYTES_MIN, RedoWriter } from './redo-writer';
import { firstDataBlock } from './space-map';

export interface CreateDatabaseOptions extends DatabaseShape {
  /** Absent = ARCHIVELOG. */
  logMode?: ControlFile['logMode'];
  /** Instances of a cluster: each has a redo thread of its own. Absent = 1. */
  threads?: number;
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

const TEMP_FILE_BYTES = 32 * 1024 * 1024;
/** Blocks of a file at least (headers, space map and a few rows) and at most (22 bits of address). */
const BLOCKS_MIN = 64;
const BLOCKS_MAX = 4194302;
/** A bigfile has 32 bits of block number. */
const BIGFILE_BLOCKS_MAX = 4294967294;
const TOTAL_BYTES_MIN = 4 * 1024 * 1024;
const REDO_LOG_GROUPS = 3;
const THREAD = 1;
/** Where a freshly made database's SCNs start, and how far loading its rows takes them. */
const RESETLOGS_SCN: Scn = 1920977n;
const LOADED_SCN_RANGE = 1_000_000;
const CREATION_SCN_STEP = 100n;

/** Writes all files. The oradata directory must not hold a database yet. Throws RangeError for sizes out of bounds. */
export async function createDatabase(options: CreateDatabaseOptions): Promise<CreatedDatabase> {
  const plan = planDatabase(options);
  const shares = plan.files.reduce((sum, file) => sum + file.share, 0);
  const sized = plan.files.map((file) => ({ ...file, blocks: blocksOf(file, options, shares) }));
  checkSizes(sized, options);
  mkdirSync(options.oradata, { recursive: true });
  const now = options.now();
  const checkpointScn = RESETLOGS_SCN + CREATION_SCN_STEP * 100n + BigInt(LOADED_SCN_RANGE);
  const dataFiles: DataFile[] = [];
  let bytes = 0;
  for (const file of sized) {
    const record = dataFileRecord(file, options, { checkpointScn, now });
    mkdirSync(dirname(record.name), { recursive: true });
    bytes += await createDataFile(newDataFile(file, record, options, now));
    dataFiles.push(record);
  }
  const redoLogs = createRedoLogs(options, checkpointScn, now);
  const controlFile = firstControlFile(options, { plan, dataFiles, redoLogs, checkpointScn, now });
  for (const path of options.controlFiles) writeControlFile(path, controlFile);
  return { controlFile, bytes };
}

interface SizedPlan extends FilePlan {
  blocks: number;
}

function checkSizes(files: readonly SizedPlan[], options: CreateDatabaseOptions): void {
  if (options.totalBytes < TOTAL_BYTES_MIN) throw new RangeError(`size below ${TOTAL_BYTES_MIN} bytes`);
  if (options.redoLogBytes < REDO_LOG_BYTES_MIN || options.redoLogBytes % 512 !== 0) {
    throw new RangeError(
      `redo log size below ${REDO_LOG_BYTES_MIN} bytes, or not a number of 512-byte blocks`,
    );
  }
  for (const { name, blocks, bigfile } of files) {
    const max = bigfile ? BIGFILE_BLOCKS_MAX : BLOCKS_MAX;
    if (blocks > max) throw new RangeError(`${name} would exceed ${max} blocks`);
  }
}

function blocksOf(plan: FilePlan, options: CreateDatabaseOptions, shares: number): number {
  const bytes = (options.totalBytes * plan.share) / shares;
  return Math.max(BLOCKS_MIN, Math.floor(bytes / plan.blockBytes) - 1);
}

function dataFileRecord(
  plan: SizedPlan,
  options: CreateDatabaseOptions,
  { checkpointScn, now }: { checkpointScn: Scn; now: Date },
): DataFile {
  return {
    file: plan.file,
    rfile: plan.rfile,
    ts: plan.ts,
    name: join(options.oradata, plan.name),
    blockBytes: plan.blockBytes,
    blocks: plan.blocks,
    creationScn: formatScn(RESETLOGS_SCN + CREATION_SCN_STEP * BigInt(plan.file)),
    checkpointScn: formatScn(checkpointScn),
    checkpointAt: now.toISOString(),
    status: plan.ts === 0 ? 'SYSTEM' : 'ONLINE',
    enabled: 'READ WRITE',
    unrecoverableScn: '0',
    lastScn: null,
    ...(plan.conId === 0 ? {} : { conId: plan.conId }),
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
    encrypted: plan.encrypted,
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
    threads: Array.from({ length: options.threads ?? 1 }, (_, i) => i + 1),
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
  /** Numbers of the redo threads, ascending. */
  threads: readonly number[];
}

/** Makes the online log files of a new incarnation: of each thread the first is current with sequence 1, the others unused. */
export function makeOnlineLogs(options: OnlineLogsOptions): RedoLog[] {
  return options.threads.flatMap((thread, index) => makeThreadLogs(options, thread, index * REDO_LOG_GROUPS));
}

function makeThreadLogs(options: OnlineLogsOptions, thread: number, groupsBefore: number): RedoLog[] {
  const logs: RedoLog[] = [];
  for (let group = groupsBefore + 1; group <= groupsBefore + REDO_LOG_GROUPS; group++) {
    const current = group === groupsBefore + 1;
    const path = join(options.directory, `redo${String(group).padStart(2, '0')}.log`);
    createRedoLogFile(path, options.bytes);
    logs.push({
      ...{ group, thread, sequence: current ? 1 : 0, bytes: options.bytes, path },
      firstScn: current ? formatScn(options.firstScn) : '0',
      nextScn: null,
      firstAt: options.firstAt.toISOString(),
      status: current ? 'CURRENT' : 'UNUSED',
      archived: false,
    });
  }
  const [first] = logs;
  if (first === undefined) throw new Error('a thread needs online logs');
  const { dbid, dbName, resetlogsScn, resetlogsId, firstScn } = options;
  const firstStamp = stampOf(options.firstAt);
  RedoWriter.begin(first, {
    ...{ dbid, dbName, thread, sequence: 1, resetlogsScn, resetlogsId, firstScn, firstStamp },
  }).close();
  return logs;
}

function firstControlFile(
  options: CreateDatabaseOptions,
  made: {
    plan: DatabasePlan;
    dataFiles: DataFile[];
    redoLogs: RedoLog[];
    checkpointScn: Scn;
    now: Date;
  },
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
    logMode: options.logMode ?? 'ARCHIVELOG',
    checkpointScn: formatScn(made.checkpointScn),
    controlSequence: 1,
    tablespaces: made.plan.tablespaces,
    dataFiles: made.dataFiles,
    tempFiles: tempFiles(options, made.plan),
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
    ...(made.plan.containers.length === 0 ? {} : { containers: made.plan.containers }),
  };
}

function tempFiles({ oradata }: CreateDatabaseOptions, plan: DatabasePlan): ControlFile['tempFiles'] {
  const of = (file: number, name: string) => ({ file, name: join(oradata, name), bytes: TEMP_FILE_BYTES });
  if (plan.containers.length === 0) return [of(1, 'temp01.dbf')];
  return plan.containers.map(({ conId }) => ({ ...of(conId, `temp${conId}.dbf`), conId }));
}
