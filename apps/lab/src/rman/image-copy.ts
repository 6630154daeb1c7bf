/**
 * Channel jobs with image copies: one data file becomes a file like itself on disk, and back. The header is written last, so that a copy
 * that failed looks like no data file.
 */
import { existsSync, rmSync } from 'node:fs';
import { type DataFileCopy } from '../control-file/control-file';
import { closeDataFile, openDataFile } from '../engine/data-file-handle';
import { type DataFileHeader } from '../formats/data-file-header';
import { formatScn } from '../formats/scn';
import { dateOfStamp } from '../formats/stamp';
import { openFile } from './backup-files';
import {
  type ChannelContext,
  checkStop,
  elapsedSince,
  LongOperationReport,
  Pace,
  prefixed,
} from './channel-context';
import { type CopyFileJob, type JobResult, type RestoreCopyJob } from './channel-protocol';
import { noteCorruption } from './corruption';
import { existingFile, missingFile } from './disk-media';
import { type DataFileProgress, readChangedBlocks } from './read-data-file';
import { createEmptyFile, TargetFile, writeFileHeader } from './target-file';

const FIRST_DATA_BLOCK = 2;

/** Makes the copy; whoever asked for it records it. */
export async function copyFile(context: ChannelContext, job: CopyFileJob): Promise<JobResult<'copy-file'>> {
  const { instance } = context;
  const started = context.now();
  const controlFile = await instance.readControlFile({});
  context.say([prefixed(context, 'starting datafile copy')]);
  const reading = { section: null, options: { validate: false, level: job.level } };
  const source = await openFile(context, controlFile, { wanted: job.file, job: reading });
  const { record, header, corruptMax, progress } = source;
  context.say([`input datafile file number=${String(record.file).padStart(5, '0')} name=${record.name}`]);
  if (existsSync(job.path)) throw existingFile(job.path);
  const blocks = { path: record.name, header, corruptMax, progress };
  const written = await transfer(context, blocks, job.path).finally(() =>
    noteCorruption(instance, controlFile, [source]),
  );
  context.say([
    `output file name=${job.path}${job.tag === null ? '' : ` tag=${job.tag}`}`,
    prefixed(context, `datafile copy complete, elapsed time: ${elapsedSince(context, started)}`),
  ]);
  const { path: name, tag, level } = job;
  const completedAt = context.now().toISOString();
  return { copy: { ...describeCopy(written, name), tag, level, completedAt } };
}

/** What the header of a file says of it as a copy. */
export function describeCopy(
  header: DataFileHeader,
  name: string,
): Omit<DataFileCopy, 'recid' | 'stamp' | 'tag' | 'level' | 'completedAt'> {
  return {
    name,
    file: header.file,
    creationScn: formatScn(header.creationScn),
    resetlogsScn: formatScn(header.resetlogsScn),
    checkpointScn: formatScn(header.checkpointScn),
    checkpointAt: dateOfStamp(header.checkpointStamp).toISOString(),
    absoluteFuzzyScn: formatScn(header.absoluteFuzzyScn),
    blocks: header.blocks,
    blockBytes: header.blockBytes,
    status: 'A',
  };
}

export async function restoreCopy(context: ChannelContext, job: RestoreCopyJob): Promise<null> {
  const { copy, path } = job;
  const number = String(copy.file).padStart(5, '0');
  context.say([
    prefixed(
      context,
      path === null ? 'starting validation of datafile copy' : `restoring datafile ${number}`,
    ),
    `input datafile copy RECID=${copy.recid} STAMP=${copy.stamp} file name=${copy.name}`,
    ...(path === null ? [] : [`destination for restore of datafile ${number}: ${path}`]),
  ]);
  const header = headerOf(copy);
  const progress = { newestScn: header.absoluteFuzzyScn, blocksRead: 0, empty: 0, examined: [], corrupt: [] };
  await transfer(context, { path: copy.name, header, corruptMax: 0, progress }, path);
  const done = path === null ? 'validation complete' : `copied datafile copy of datafile ${number}`;
  context.say([
    prefixed(context, done),
    ...(path === null ? [] : [`output file name=${path} RECID=0 STAMP=0`]),
  ]);
  return null;
}

/** Throws RmanError when the file is not the copy that is on record. */
function headerOf({ name, file }: DataFileCopy): DataFileHeader {
  const opening = openDataFile(name);
  if (!opening.ok) throw missingFile(name);
  closeDataFile(opening.handle);
  if (opening.header.file !== file) throw missingFile(name);
  return opening.header;
}

interface SourceFile {
  path: string;
  header: DataFileHeader;
  corruptMax: number;
  progress: DataFileProgress;
}

/** Answers the header as it was written. What was written by a transfer that fails goes. */
async function transfer(
  context: ChannelContext,
  source: SourceFile,
  path: string | null,
): Promise<DataFileHeader> {
  const { header } = source;
  if (path === null) {
    await readAll(context, source, undefined);
    return header;
  }
  createEmptyFile(path, header);
  const { file, rfile, blockBytes, blocks } = header;
  const target = new TargetFile({ file, path, mode: 'create' }, { from: 1, rfile }, blockBytes);
  try {
    await readAll(context, source, target);
    target.finish(blocks);
    return writeFileHeader(path, header, source.progress.newestScn);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    target.close();
  }
}

async function readAll(
  context: ChannelContext,
  { path, header, corruptMax, progress }: SourceFile,
  target: TargetFile | undefined,
): Promise<void> {
  const { file, rfile, blockBytes, blocks } = header;
  const report = new LongOperationReport(context, { opname: 'RMAN: full datafile copy', totalwork: blocks });
  const pace = new Pace(context.settings.rateBytes);
  const ranges = [{ from: FIRST_DATA_BLOCK, to: blocks }];
  let seen = 0;
  const read = { path, file, rfile, blockBytes, ranges, incrementalScn: 0n, corruptMax };
  for (const run of readChangedBlocks(read, progress)) {
    checkStop(context);
    for (let at = 0; at < run.blocks.length; at += blockBytes) {
      target?.write(run.first + at / blockBytes, run.blocks.subarray(at, at + blockBytes));
    }
    const bytes = (progress.blocksRead - seen) * blockBytes;
    seen = progress.blocksRead;
    context.count(bytes, target === undefined ? 0 : run.blocks.length);
    await report.advance(bytes / blockBytes);
    await pace.take(bytes);
  }
  await report.finish();
}
