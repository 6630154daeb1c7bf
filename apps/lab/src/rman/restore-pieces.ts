/** Channel jobs that read pieces: data files, archived logs, control file, spfile, and the header alone. */
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { BIGFILE_RFILE, blockScn, checkBlock, splitRdba } from '../formats/block';
import { formatScn, type Scn } from '../formats/scn';
import { SbtCallError } from '../sbt/sbt-call-error';
import {
  type ChannelContext,
  checkStop,
  elapsedSince,
  LongOperationReport,
  prefixed,
} from './channel-context';
import {
  type JobResult,
  type RestoreFilesJob,
  type RestoreLogsJob,
  type RestoreWholeJob,
  type RestoredPart,
} from './channel-protocol';
import { type PieceHeader, type PieceSegment, roundUp } from './piece-format';
import { PieceReader } from './piece-stream';
import { RmanError } from './rman-error';
import { restoreLines } from './sbt-stack';
import { TargetFile } from './target-file';

type DataFileSegment = Extract<PieceSegment, { kind: 'data-file' }>;
const HEADER_BLOCK = 1;

/** Opens the piece, gives its reader to `work`, checks the end. Throws RmanError with the whole Oracle stack. */
async function readPiece<T>(
  context: ChannelContext,
  handle: string,
  work: (reader: PieceReader, header: PieceHeader) => Promise<T>,
): Promise<T> {
  const { media, blockBytes } = context;
  const onBlock = () => {
    context.count(0, blockBytes);
    checkStop(context);
  };
  const reader = new PieceReader(media, { blockBytes, onBlock });
  let opened = false;
  try {
    media.restore(handle, blockBytes);
    opened = true;
    const result = await work(reader, await reader.header());
    opened = false;
    media.close();
    return result;
  } catch (error) {
    if (opened) closeQuietly(context);
    throw new RmanError(restoreLines(error, handle, reader.blocksRead));
  }
}

function closeQuietly({ media }: ChannelContext): void {
  try {
    media.close();
  } catch (error) {
    if (!(error instanceof SbtCallError)) throw error;
  }
}

/** The header of a piece, for CATALOG; the rest of the piece is not read. */
export async function inspectPiece(context: ChannelContext, handle: string): Promise<JobResult<'inspect'>> {
  const [info] = context.media.info([handle]);
  if (info?.found !== true) return { found: false };
  const header = await readPiece(context, handle, async (_reader, found) => found);
  return { found: true, header, media: info.label, comments: info.comment };
}

export async function restoreFiles(
  context: ChannelContext,
  job: RestoreFilesJob,
): Promise<JobResult<'restore-files'>> {
  const started = context.now();
  announceFiles(context, job);
  const parts = await readPiece(context, job.handle, async (reader, header) => {
    const totalwork = header.segments.reduce((sum, segment) => sum + blocksOf(segment), 0);
    const opname = `RMAN: ${job.incremental ? 'incremental' : 'full'} datafile restore`;
    const report = new LongOperationReport(context, { opname, totalwork });
    const found = await restoreSegments({ context, reader, report }, job, header);
    await reader.finish();
    await report.finish();
    return found;
  });
  announceEnd(context, job, started);
  return { parts };
}

function blocksOf(segment: PieceSegment): number {
  return segment.kind === 'data-file' ? segment.to - segment.from + 1 : 0;
}

function announceFiles(context: ChannelContext, job: RestoreFilesJob): void {
  const { targets, incremental, ofCopies, handle, validate } = job;
  const kind = `${incremental ? 'incremental ' : ''}datafile backup set`;
  const doing = validate ? `starting validation of ${kind}` : `starting ${kind} restore`;
  const number = (file: number) => String(file).padStart(5, '0');
  const lines = (validate ? [] : targets).map(({ file, path }) => {
    if (ofCopies) return `recovering datafile copy file number=${number(file)} name=${path}`;
    return incremental
      ? `destination for restore of datafile ${number(file)}: ${path}`
      : prefixed(context, `restoring datafile ${number(file)} to ${path}`);
  });
  const specifying = ofCopies
    ? 'specifying datafile copies to recover'
    : 'specifying datafile(s) to restore from backup set';
  context.say([
    prefixed(context, doing),
    ...(validate ? [] : [prefixed(context, specifying)]),
    ...lines,
    prefixed(context, `reading from backup piece ${handle}`),
  ]);
}

function announceEnd(
  context: ChannelContext,
  { handle, tag, piece, validate }: { handle: string; tag: string | null; piece: number; validate: boolean },
  started: Date,
): void {
  const doing = validate ? 'validation' : 'restore';
  context.say([
    prefixed(context, `piece handle=${handle}${tag === null ? '' : ` tag=${tag}`}`),
    prefixed(context, `restored backup piece ${piece}`),
    prefixed(context, `${doing} complete, elapsed time: ${elapsedSince(context, started)}`),
  ]);
}

interface PieceRead {
  context: ChannelContext;
  reader: PieceReader;
  report: LongOperationReport;
}

/** One file of the piece while its blocks come in. */
interface OpenSegment {
  segment: DataFileSegment;
  file: TargetFile | undefined;
  part: RestoredPart;
  newest: Scn;
  previous: number;
  ended: boolean;
}

/** Every block is checked, also those of a file nobody wants. */
async function restoreSegments(
  read: PieceRead,
  job: RestoreFilesJob,
  header: PieceHeader,
): Promise<RestoredPart[]> {
  const open = header.segments.map((segment) => openSegment(read, job, segment));
  try {
    let [current] = open;
    while (open.some(({ ended }) => !ended)) {
      const part = await read.reader.nextPart();
      if (part.kind === 'switch') current = open[part.segment];
      else if (current === undefined || current.ended) throw read.reader.corrupt();
      else if (part.kind === 'block') takeBlock(read, current, part.block);
      else endSegment(read, current, part);
      // A set of one file has no switches.
    }
  } finally {
    for (const { file } of open) file?.close();
  }
  return open.filter(({ part }) => job.validate || isTarget(job, part.file)).map(({ part }) => part);
}

function isTarget({ targets }: RestoreFilesJob, wanted: number): boolean {
  return targets.some(({ file }) => file === wanted);
}

function openSegment({ reader }: PieceRead, job: RestoreFilesJob, segment: PieceSegment): OpenSegment {
  if (segment.kind !== 'data-file') throw reader.corrupt();
  const target = job.validate ? undefined : job.targets.find(({ file }) => file === segment.file);
  const { file, from } = segment;
  return {
    segment,
    file: target === undefined ? undefined : new TargetFile(target, segment, reader.unit),
    part: { file, header: null, newestScn: '0', blocks: 0, from, to: from - 1 },
    newest: 0n,
    previous: from - 1,
    ended: false,
  };
}

function takeBlock({ context, reader, report }: PieceRead, open: OpenSegment, block: Buffer): void {
  const number = checkedNumber(block, { segment: open.segment, reader, previous: open.previous });
  // Nothing waits for it: a restore goes on whatever the instance says to its progress.
  void report.advance(number - open.previous);
  open.previous = number;
  open.part.blocks++;
  context.count(block.length, 0);
  if (number === HEADER_BLOCK) {
    open.part.header = block.toString('base64');
    return;
  }
  open.newest = laterOf(open.newest, blockScn(block));
  open.file?.write(number, block);
}

function endSegment({ reader }: PieceRead, open: OpenSegment, end: { blocks: number; to: number }): void {
  if (end.blocks !== open.part.blocks || end.to < open.previous || end.to > open.segment.to)
    throw reader.corrupt();
  open.file?.finish(end.to);
  open.part.to = end.to;
  open.part.newestScn = formatScn(open.newest);
  open.ended = true;
}

function laterOf(a: Scn, b: Scn): Scn {
  return a > b ? a : b;
}

function checkedNumber(
  block: Buffer,
  { segment, reader, previous }: { segment: DataFileSegment; reader: PieceReader; previous: number },
): number {
  const { rfile, block: number } = splitRdba(block.readUInt32LE(4), segment.rfile === BIGFILE_RFILE);
  const fits = rfile === segment.rfile && number > previous && number <= segment.to;
  if (!fits || !checkBlock(block).ok) throw reader.corrupt();
  return number;
}

export async function restoreLogs(
  context: ChannelContext,
  job: RestoreLogsJob,
): Promise<JobResult<'restore-logs'>> {
  const started = context.now();
  const validate = job.logs.every(({ path }) => path === null);
  announceLogs(context, job, validate);
  const paths: string[] = [];
  try {
    await readPiece(context, job.handle, async (reader, header) => {
      for (const segment of header.segments) {
        // A set of several pieces: the other logs are in the next one.
        if (await reader.isAtTrailer()) break;
        if (segment.kind !== 'log') throw reader.corrupt();
        const { thread, sequence, resetlogsScn } = segment;
        const wanted = job.logs.find(
          (log) => log.thread === thread && log.sequence === sequence && log.resetlogsScn === resetlogsScn,
        );
        const path = wanted?.path ?? undefined;
        if (path !== undefined) paths.push(path);
        await copyBytes(reader, segment.bytes, path);
      }
      await reader.finish();
    });
  } catch (error) {
    for (const path of paths) rmSync(path, { force: true });
    throw error;
  }
  announceEnd(context, { ...job, validate }, started);
  return { restored: paths.length };
}

function announceLogs(context: ChannelContext, job: RestoreLogsJob, validate: boolean): void {
  context.say([
    prefixed(
      context,
      validate
        ? 'starting validation of archived log backup set'
        : 'starting archived log restore to default destination',
    ),
    ...(validate ? [] : job.logs).flatMap(({ thread, sequence }) => [
      prefixed(context, 'restoring archived log'),
      `archived log thread=${thread} sequence=${sequence}`,
    ]),
    prefixed(context, `reading from backup piece ${job.handle}`),
  ]);
}

export async function restoreWhole(
  context: ChannelContext,
  job: RestoreWholeJob,
): Promise<JobResult<'restore-whole'>> {
  const started = context.now();
  const { path } = job;
  const what = job.which === 'spfile' ? 'SPFILE' : 'control file';
  context.say([prefixed(context, path === null ? `validating ${what}` : `restoring ${what}`)]);
  try {
    const header = await readPiece(context, job.handle, async (reader, found) => {
      if (!found.segments.some(({ kind }) => kind === job.which)) throw missingContent(job);
      for (const segment of found.segments) {
        if (segment.kind === 'data-file') throw missingContent(job);
        await copyBytes(reader, segment.bytes, segment.kind === job.which ? (path ?? undefined) : undefined);
      }
      await reader.finish();
      return found;
    });
    context.say([prefixed(context, `restore complete, elapsed time: ${elapsedSince(context, started)}`)]);
    return { header };
  } catch (error) {
    if (path !== null) rmSync(path, { force: true });
    throw error;
  }
}

function missingContent({ which }: RestoreWholeJob): RmanError {
  const what = which === 'spfile' ? 'the SPFILE' : 'the control file';
  return new RmanError([`ORA-19687: ${what} not found in backup set`]);
}

async function copyBytes(reader: PieceReader, bytes: number, path: string | undefined): Promise<void> {
  const units = roundUp(bytes, reader.unit) / reader.unit;
  if (path !== undefined && !existsSync(dirname(path))) mkdirSync(dirname(path), { recursive: true });
  const fd = path === undefined ? undefined : openSync(path, 'w');
  try {
    for (let i = 0; i < units; i++) {
      const unit = await reader.next();
      const length = Math.min(reader.unit, bytes - i * reader.unit);
      if (fd !== undefined && writeSync(fd, unit, 0, length, i * reader.unit) !== length) {
        throw new Error(`${path}: short write`);
      }
    }
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
  await reader.expectEnd(units);
}
