/** Channel job: one backup set of data files, or one section of a file. */
import { type BackupDataFile, type ControlFile, type DataFile } from '../control-file/control-file';
import { type DataFileHeader, readDataFileHeader } from '../formats/data-file-header';
import { formatScn, parseScn } from '../formats/scn';
import { dateOfStamp } from '../formats/stamp';
import { type BackupRecords, type NewRecord } from '../instance/instance-port';
import { type ChannelContext, elapsedSince, LongOperationReport, prefixed } from './channel-context';
import { type BackupFilesJob, type FileToBackUp, type JobResult, type Section } from './channel-protocol';
import { type PieceHeader } from './piece-format';
import { makePieceName } from './piece-name';
import { type PieceWriter } from './piece-stream';
import { type DataFileProgress, readChangedBlocks, readHeaderBlock } from './read-data-file';
import { RmanError } from './rman-error';
import { writePiece } from './write-piece';

/** Blocks are numbered from 1 (the header); data begins behind it. */
const FIRST_DATA_BLOCK = 2;

interface FileInSet {
  record: DataFile;
  wanted: FileToBackUp;
  headerBlock: Buffer;
  header: DataFileHeader;
  from: number;
  to: number;
  progress: DataFileProgress & { blocks: number };
}

/** Records the set itself, except for a section: whoever has all sections does that. */
export async function backUpFiles(
  context: ChannelContext,
  job: BackupFilesJob,
): Promise<JobResult<'backup-files'>> {
  const { instance } = context;
  const started = context.now();
  const controlFile = await instance.readControlFile({});
  const set = job.section ?? (await instance.beginBackupSet({}));
  announce(context, job);
  const files: FileInSet[] = [];
  for (const wanted of job.files)
    files.push(await openFile(context, controlFile, { wanted, section: job.section }));
  for (const { record } of files) {
    context.say([`input datafile file number=${String(record.file).padStart(5, '0')} name=${record.name}`]);
  }
  if (job.section !== null) {
    context.say([prefixed(context, `backing up blocks ${job.section.from} through ${job.section.to}`)]);
  }
  const header = describeSet(controlFile, job, { files, set, startedAt: started.toISOString() });
  const handle = nameOf(job, header, context.now());
  const piece = await writePiece(context, {
    handle,
    tag: job.options.tag,
    unitBytes: header.records.set.blockBytes,
    header,
    body: (writer) => writeFiles(context, files, writer),
  });
  const completedAt = context.now().toISOString();
  const dataFiles = files.map((file) => describeFile(file, { job, set, completedAt }));
  const records = {
    ...header.records,
    set: { ...header.records.set, completedAt },
    pieces: [piece],
    dataFiles,
  };
  if (job.section === null) {
    await instance.recordBackup(records);
    context.say([prefixed(context, `backup set complete, elapsed time: ${elapsedSince(context, started)}`)]);
  }
  return { records, deleted: 0 };
}

function announce(context: ChannelContext, { options }: BackupFilesJob): void {
  const kind = options.level === null ? 'full' : `incremental level ${options.level}`;
  context.say([
    prefixed(context, `starting ${kind} datafile backup set`),
    prefixed(context, 'specifying datafile(s) in backup set'),
  ]);
}

/** Checkpoint first, then the header, then the data: what the header promises is in the blocks read after it. */
async function openFile(
  { instance }: ChannelContext,
  controlFile: ControlFile,
  { wanted, section }: { wanted: FileToBackUp; section: Section | null },
): Promise<FileInSet> {
  const record = controlFile.dataFiles.find(({ file }) => file === wanted.file);
  if (record === undefined) throw new RmanError([`ORA-19625: error identifying file ${wanted.file}`]);
  if (section === null) await instance.checkpoint({ file: wanted.file });
  const headerBlock =
    section === null
      ? readHeaderBlock(record.name, record.blockBytes)
      : Buffer.from(section.header, 'base64');
  const read = readDataFileHeader(headerBlock);
  if (!read.ok)
    throw new RmanError([`ORA-19566: exceeded limit of 0 corrupt blocks for file ${record.name}`]);
  return {
    record,
    wanted,
    headerBlock,
    header: read.header,
    from: section?.from ?? 1,
    to: section?.to ?? read.header.blocks,
    progress: { newestScn: 0n, blocksRead: 0, blocks: 0 },
  };
}

function describeSet(
  controlFile: ControlFile,
  job: BackupFilesJob,
  {
    files,
    set,
    startedAt,
  }: { files: FileInSet[]; set: { setStamp: number; setCount: number }; startedAt: string },
): PieceHeader {
  const { setStamp, setCount } = set;
  const { level } = job.options;
  const records: BackupRecords = {
    set: {
      setStamp,
      setCount,
      type: level === 1 ? 'I' : 'D',
      level,
      controlFileIncluded: false,
      spfileIncluded: false,
      pieces: job.section?.pieces ?? 1,
      startedAt: job.section?.startedAt ?? startedAt,
      completedAt: startedAt,
      blockBytes: files[0]?.record.blockBytes ?? 0,
      multiSection: job.section !== null,
    },
    pieces: [],
    dataFiles: files.map((file) => describeFile(file, { job, set, completedAt: startedAt })),
    redoLogs: [],
  };
  const { dbid, dbName, dbUniqueName } = controlFile;
  const segments = files.map(({ record, header, from, to }) => ({
    kind: 'data-file' as const,
    file: record.file,
    rfile: record.rfile,
    name: record.name,
    blocks: header.blocks,
    from,
    to,
  }));
  return { dbid, dbName, dbUniqueName, piece: job.section?.piece ?? 1, records, segments };
}

function describeFile(
  { record, wanted, header, progress }: FileInSet,
  {
    job,
    set,
    completedAt,
  }: { job: BackupFilesJob; set: { setStamp: number; setCount: number }; completedAt: string },
): NewRecord<BackupDataFile> {
  const isFuzzy = progress.newestScn >= header.checkpointScn;
  return {
    setStamp: set.setStamp,
    setCount: set.setCount,
    file: record.file,
    creationScn: formatScn(header.creationScn),
    resetlogsScn: formatScn(header.resetlogsScn),
    level: job.options.level,
    incrementalScn: wanted.incrementalScn,
    checkpointScn: formatScn(header.checkpointScn),
    checkpointAt: dateOfStamp(header.checkpointStamp).toISOString(),
    absoluteFuzzyScn: isFuzzy ? formatScn(progress.newestScn) : '0',
    datafileBlocks: header.blocks,
    blocksRead: progress.blocksRead,
    blocks: progress.blocks,
    blockBytes: record.blockBytes,
    completedAt,
  };
}

function nameOf(job: BackupFilesJob, header: PieceHeader, at: Date): string {
  const { setStamp, setCount } = header.records.set;
  const [only] = job.files;
  return makePieceName(job.options.format, {
    dbid: header.dbid,
    dbName: header.dbName,
    setStamp,
    setCount,
    piece: header.piece,
    copy: 1,
    at,
    ...(only === undefined || job.files.length > 1 ? {} : { file: only.file }),
  });
}

async function writeFiles(context: ChannelContext, files: FileInSet[], writer: PieceWriter): Promise<void> {
  const totalwork = files.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  const incremental = files.some(({ wanted }) => wanted.incrementalScn !== '0');
  const opname = `RMAN: ${incremental ? 'incremental' : 'full'} datafile backup`;
  const report = new LongOperationReport(context, { opname, totalwork });
  for (const file of files) await writeFile(context, file, { writer, report });
  report.finish();
}

async function writeFile(
  context: ChannelContext,
  { record, wanted, headerBlock, from, to, progress }: FileInSet,
  { writer, report }: { writer: PieceWriter; report: LongOperationReport },
): Promise<void> {
  const { name: path, file, rfile, blockBytes } = record;
  if (from === 1) {
    await writer.write(headerBlock);
    progress.blocksRead++;
    progress.blocks++;
  }
  const read = {
    path,
    file,
    rfile,
    blockBytes,
    from: Math.max(from, FIRST_DATA_BLOCK),
    to,
    incrementalScn: parseScn(wanted.incrementalScn),
  };
  let readBefore = progress.blocksRead;
  for (const run of readChangedBlocks(read, progress)) {
    await writer.write(run);
    progress.blocks += run.length / blockBytes;
    context.count((progress.blocksRead - readBefore) * blockBytes, 0);
    report.advance(progress.blocksRead - readBefore);
    readBefore = progress.blocksRead;
  }
  context.count((progress.blocksRead - readBefore) * blockBytes, 0);
  await writer.endSegment(progress.blocks);
}
