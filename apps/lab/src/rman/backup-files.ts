/**
 * Channel job: one backup set of data files, or one section of a file. Up to MAXOPENFILES files are read at the same time,
 * and their runs of blocks alternate in the piece, as the multiplexing of RMAN does.
 */
import { claimFault, faultLines, faultsAt } from '../faults/rman-faults';
import { type BackupDataFile, type ControlFile, type DataFile } from '../control-file/control-file';
import { readDataFileHeader } from '../formats/data-file-header';
import { formatScn } from '../formats/scn';
import { dateOfStamp } from '../formats/stamp';
import { type BackupRecords, type NewRecord } from '../instance/instance-port';
import { type ChannelContext, elapsedSince, prefixed } from './channel-context';
import { type BackupFilesJob, type FileToBackUp, type JobResult } from './channel-protocol';
import { beginFile } from './begin-file';
import { noteCorruption, validationLines } from './corruption';
import { type FileInSet, MultiplexedFiles } from './multiplex-files';
import { originOf, type PieceHeader } from './piece-format';
import { makePieceName } from './piece-name';
import { readHeaderBlock } from './read-data-file';
import { RmanError } from './rman-error';
import { writeSet } from './write-set';

/** Records the set itself, except for a section: whoever has all sections does that. */
export async function backUpFiles(
  context: ChannelContext,
  job: BackupFilesJob,
): Promise<JobResult<'backup-files'>> {
  const { instance } = context;
  const { validate } = job.options;
  const started = context.now();
  const controlFile = await instance.readControlFile({});
  const set =
    job.section ??
    (validate ? { setStamp: 0, setCount: 0 } : await instance.beginBackupSet({ content: 'data-files' }));
  announce(context, job);
  const files: FileInSet[] = [];
  for (const wanted of job.files) {
    files.push(await openFile(context, controlFile, { wanted, job }));
  }
  sayFiles(context, job, files);
  const origin: SetOrigin = { controlFile, job, set, startedAt: started.toISOString() };
  const multiplexed = new MultiplexedFiles(context, files);
  const pieces = await writeSet(
    context,
    {
      options: job.options,
      unitBytes: files[0]?.record.blockBytes ?? 0,
      firstPiece: job.section?.piece ?? 1,
      header: (piece) => describePiece(origin, files, { piece, segments: multiplexed.segments() }),
      name: (piece, copy) => nameOf(context, origin, { piece, copy }),
    },
    (writer) => multiplexed.write(writer),
  ).finally(() => noteCorruption(context.instance, controlFile, files));
  const completedAt = context.now().toISOString();
  const records = {
    ...describeSet(origin, files, completedAt),
    pieces,
  };
  records.set.pieces = job.section?.pieces ?? Math.max(1, ...pieces.map(({ piece }) => piece));
  if (job.section === null && !validate) await instance.recordBackup(records);
  if (job.section === null) {
    const done = validate ? 'validation complete' : 'backup set complete';
    context.say([prefixed(context, `${done}, elapsed time: ${elapsedSince(context, started)}`)]);
    if (validate) context.say(validationLines(files));
  }
  return { records, deleted: 0 };
}

function announce(context: ChannelContext, { options }: BackupFilesJob): void {
  if (options.validate) {
    context.say([
      prefixed(context, 'starting validation of datafile'),
      prefixed(context, 'specifying datafile(s) for validation'),
    ]);
    return;
  }
  const kind = options.level === null ? 'full' : `incremental level ${options.level}`;
  context.say([
    prefixed(context, `starting ${options.compressed ? 'compressed ' : ''}${kind} datafile backup set`),
    prefixed(context, 'specifying datafile(s) in backup set'),
  ]);
}

function sayFiles(context: ChannelContext, { section }: BackupFilesJob, files: FileInSet[]): void {
  context.say([
    ...files.map(
      ({ record }) =>
        `input datafile file number=${String(record.file).padStart(5, '0')} name=${record.name}`,
    ),
    ...(section === null
      ? []
      : [prefixed(context, `backing up blocks ${section.from} through ${section.to}`)]),
  ]);
}

/** What decides how a file is read. */
interface FileReading {
  section: BackupFilesJob['section'];
  options: Pick<BackupFilesJob['options'], 'validate' | 'level'>;
}

/** Checkpoint first, then the header, then the data: what the header promises is in the blocks read after it. */
export async function openFile(
  context: ChannelContext,
  controlFile: ControlFile,
  { wanted, job }: { wanted: FileToBackUp; job: FileReading },
): Promise<FileInSet> {
  const record = controlFile.dataFiles.find(({ file }) => file === wanted.file);
  if (record === undefined) throw new RmanError([`ORA-19625: error identifying file ${wanted.file}`]);
  strike(context, record);
  const { section, options } = job;
  const level = options.validate ? null : options.level;
  const changed =
    section === null
      ? await beginFile(context.instance, controlFile, { record, wanted, level })
      : section.changed;
  const headerBlock =
    section === null
      ? readHeaderBlock(record.name, record.blockBytes)
      : Buffer.from(section.header, 'base64');
  const read = readDataFileHeader(headerBlock);
  if (!read.ok) {
    throw new RmanError([`ORA-19566: exceeded limit of 0 corrupt blocks for file ${record.name}`]);
  }
  return {
    record,
    wanted,
    headerBlock,
    header: read.header,
    from: section?.from ?? 1,
    to: section?.to ?? read.header.blocks,
    ranges: changed,
    corruptMax: options.validate ? Number.POSITIVE_INFINITY : wanted.corruptMax,
    progress: { newestScn: 0n, blocksRead: 0, blocks: 0, empty: 0, examined: [], corrupt: [] },
  };
}

function strike({ base, name }: ChannelContext, record: DataFile): void {
  for (const fault of faultsAt('read-data-file')) {
    if (claimFault(base, fault, { channel: name, subject: record.name }) === undefined) continue;
    throw new RmanError(faultLines(fault, { path: record.name, file: String(record.file) }));
  }
}

interface SetOrigin {
  controlFile: ControlFile;
  job: BackupFilesJob;
  set: { setStamp: number; setCount: number };
  startedAt: string;
}

function describePiece(
  origin: SetOrigin,
  files: FileInSet[],
  { piece, segments }: Pick<PieceHeader, 'piece' | 'segments'>,
): PieceHeader {
  const records = describeSet(origin, files, origin.startedAt);
  // As many as are known to be; a later piece of the set knows of more.
  records.set.pieces = origin.job.section?.pieces ?? piece;
  return {
    ...originOf(origin.controlFile),
    piece,
    records,
    segments,
    multiplexed: files.length > 1,
    compressed: origin.job.options.compressed,
  };
}

function describeSet(
  { job, set, startedAt }: SetOrigin,
  files: FileInSet[],
  completedAt: string,
): BackupRecords {
  const { setStamp, setCount } = set;
  const { level, keepUntil } = job.options;
  return {
    set: {
      setStamp,
      setCount,
      type: level === 1 ? 'I' : 'D',
      level,
      controlFileIncluded: false,
      spfileIncluded: false,
      pieces: job.section?.pieces ?? 1,
      startedAt: job.section?.startedAt ?? startedAt,
      completedAt,
      blockBytes: files[0]?.record.blockBytes ?? 0,
      multiSection: job.section !== null,
      keepUntil,
    },
    pieces: [],
    dataFiles: files.map((file) => describeFile(file, { job, set, completedAt })),
    redoLogs: [],
  };
}

function describeFile(
  { record, wanted, header, ranges, progress }: FileInSet,
  {
    job,
    set,
    completedAt,
  }: { job: BackupFilesJob; set: { setStamp: number; setCount: number }; completedAt: string },
): NewRecord<BackupDataFile> {
  const usedTracking = ranges !== null;
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
    ...(usedTracking ? { usedChangeTracking: true } : {}),
    ...(progress.corrupt.length > 0 ? { corrupt: progress.corrupt } : {}),
  };
}

function nameOf(
  context: ChannelContext,
  { controlFile, job, set }: SetOrigin,
  { piece, copy }: { piece: number; copy: number },
): string {
  const { formats } = job.options;
  const [only] = job.files;
  return makePieceName(formats, {
    dbid: controlFile.dbid,
    dbName: controlFile.dbName,
    setStamp: set.setStamp,
    setCount: set.setCount,
    piece,
    copy,
    at: context.now(),
    ...(only === undefined || job.files.length > 1 ? {} : { file: only.file }),
  });
}
