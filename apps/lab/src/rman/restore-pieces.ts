/** Channel jobs that read pieces: data files, archived logs, control file, spfile, and the header alone. */
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { BIGFILE_RFILE, blockScn, checkBlock, formatEmptyBlock, rdbaOf, splitRdba } from '../formats/block';
import { formatScn, type Scn } from '../formats/scn';
import { SbtCallError } from '../sbt/media-channel';
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
  type RestoreTarget,
  type RestoreWholeJob,
  type RestoredPart,
} from './channel-protocol';
import { type PieceHeader, type PieceSegment, roundUp } from './piece-format';
import { PieceReader } from './piece-stream';
import { RmanError } from './rman-error';
import { restoreLines } from './sbt-stack';

type DataFileSegment = Extract<PieceSegment, { kind: 'data-file' }>;
const HEADER_BLOCK = 1;
/** Neighbouring blocks are written together up to this size. */
const WRITE_BYTES = 1024 * 1024;

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
    const found: RestoredPart[] = [];
    const totalwork = header.segments.reduce((sum, segment) => sum + blocksOf(segment), 0);
    const opname = `RMAN: ${job.incremental ? 'incremental' : 'full'} datafile restore`;
    const report = new LongOperationReport(context, { opname, totalwork });
    for (const segment of header.segments) {
      if (segment.kind !== 'data-file') throw reader.corrupt();
      const target = job.targets.find(({ file }) => file === segment.file);
      const part = await restoreSegment({ context, reader, segment, report }, target);
      if (target !== undefined) found.push(part);
    }
    await reader.finish();
    report.finish();
    return found;
  });
  announceEnd(context, job, started);
  return { parts };
}

function blocksOf(segment: PieceSegment): number {
  return segment.kind === 'data-file' ? segment.to - segment.from + 1 : 0;
}

function announceFiles(context: ChannelContext, job: RestoreFilesJob): void {
  const { targets, incremental, handle } = job;
  const kind = `${incremental ? 'incremental ' : ''}datafile backup set`;
  const doing = targets.length === 0 ? `starting validation of ${kind}` : `starting ${kind} restore`;
  const number = (file: number) => String(file).padStart(5, '0');
  const lines = targets.map(({ file, path }) =>
    incremental
      ? `destination for restore of datafile ${number(file)}: ${path}`
      : prefixed(context, `restoring datafile ${number(file)} to ${path}`),
  );
  context.say([
    prefixed(context, doing),
    ...(targets.length === 0 ? [] : [prefixed(context, 'specifying datafile(s) to restore from backup set')]),
    ...lines,
    prefixed(context, `reading from backup piece ${handle}`),
  ]);
}

function announceEnd(
  context: ChannelContext,
  { handle, tag, piece, targets }: { handle: string; tag: string | null; piece: number; targets: unknown[] },
  started: Date,
): void {
  const doing = targets.length === 0 ? 'validation' : 'restore';
  context.say([
    prefixed(context, `piece handle=${handle}${tag === null ? '' : ` tag=${tag}`}`),
    prefixed(context, `restored backup piece ${piece}`),
    prefixed(context, `${doing} complete, elapsed time: ${elapsedSince(context, started)}`),
  ]);
}

interface SegmentRead {
  context: ChannelContext;
  reader: PieceReader;
  segment: DataFileSegment;
  report: LongOperationReport;
}

/** Every block is checked, also those of a file nobody wants. */
async function restoreSegment(
  { context, reader, segment, report }: SegmentRead,
  target: RestoreTarget | undefined,
): Promise<RestoredPart> {
  const file = target === undefined ? undefined : new TargetFile(target, segment, reader.unit);
  const part: RestoredPart = { file: segment.file, header: null, newestScn: '0', blocks: 0 };
  let newest: Scn = 0n;
  let previous = segment.from - 1;
  try {
    for (;;) {
      const block = await reader.nextOfSegment(part.blocks);
      if (block === undefined) break;
      const number = checkedNumber(block, { segment, reader, previous });
      report.advance(number - previous);
      previous = number;
      part.blocks++;
      context.count(block.length, 0);
      if (number === HEADER_BLOCK) part.header = block.toString('base64');
      else {
        newest = laterOf(newest, blockScn(block));
        file?.write(number, block);
      }
    }
    file?.finish();
  } finally {
    file?.close();
  }
  return { ...part, newestScn: formatScn(newest) };
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

/** Writes blocks in ascending order; a new file gets formatted-empty blocks where the backup has none. */
class TargetFile {
  private readonly fd: number;
  private readonly pending: Buffer;
  private pendingStart = 0;
  private pendingBytes = 0;
  /** The next block of a new file. */
  private next: number;

  constructor(
    private readonly target: RestoreTarget,
    private readonly segment: DataFileSegment,
    private readonly blockBytes: number,
  ) {
    this.fd = openSync(target.path, 'r+');
    this.pending = Buffer.alloc(WRITE_BYTES);
    this.next = Math.max(segment.from, HEADER_BLOCK + 1);
  }

  write(number: number, block: Buffer): void {
    this.fillTo(number);
    this.append(number, block);
    this.next = number + 1;
  }

  finish(): void {
    this.fillTo(this.segment.to + 1);
    this.flush();
  }

  close(): void {
    closeSync(this.fd);
  }

  private fillTo(number: number): void {
    if (this.target.mode === 'apply') return;
    const empty = Buffer.alloc(this.blockBytes);
    for (; this.next < number; this.next++) {
      formatEmptyBlock(empty, rdbaOf(this.segment.rfile, this.next));
      this.append(this.next, empty);
    }
  }

  private append(number: number, block: Buffer): void {
    const follows = number === this.pendingStart + this.pendingBytes / this.blockBytes;
    if (!follows || this.pendingBytes === this.pending.length) {
      this.flush();
      this.pendingStart = number;
    }
    block.copy(this.pending, this.pendingBytes);
    this.pendingBytes += block.length;
  }

  private flush(): void {
    if (this.pendingBytes === 0) return;
    const at = this.pendingStart * this.blockBytes;
    const written = writeSync(this.fd, this.pending, 0, this.pendingBytes, at);
    if (written !== this.pendingBytes) throw new Error(`${this.target.path}: short write`);
    this.pendingStart += this.pendingBytes / this.blockBytes;
    this.pendingBytes = 0;
  }
}

export async function restoreLogs(
  context: ChannelContext,
  job: RestoreLogsJob,
): Promise<JobResult<'restore-logs'>> {
  const started = context.now();
  context.say([
    prefixed(context, 'starting archived log restore to default destination'),
    ...job.logs.flatMap(({ thread, sequence }) => [
      prefixed(context, 'restoring archived log'),
      `archived log thread=${thread} sequence=${sequence}`,
    ]),
    prefixed(context, `reading from backup piece ${job.handle}`),
  ]);
  const paths: string[] = [];
  try {
    await readPiece(context, job.handle, async (reader, header) => {
      for (const segment of header.segments) {
        if (segment.kind !== 'log') throw reader.corrupt();
        const { thread, sequence, resetlogsScn } = segment;
        const wanted = job.logs.find(
          (log) => log.thread === thread && log.sequence === sequence && log.resetlogsScn === resetlogsScn,
        );
        if (wanted !== undefined) paths.push(wanted.path);
        await copyBytes(reader, segment.bytes, wanted?.path);
      }
      await reader.finish();
    });
  } catch (error) {
    for (const path of paths) rmSync(path, { force: true });
    throw error;
  }
  announceEnd(context, { ...job, targets: job.logs }, started);
  return { restored: paths.length };
}

export async function restoreWhole(
  context: ChannelContext,
  job: RestoreWholeJob,
): Promise<JobResult<'restore-whole'>> {
  const started = context.now();
  context.say([prefixed(context, `restoring ${job.which === 'spfile' ? 'SPFILE' : 'control file'}`)]);
  try {
    const header = await readPiece(context, job.handle, async (reader, found) => {
      if (!found.segments.some(({ kind }) => kind === job.which)) throw missingContent(job);
      for (const segment of found.segments) {
        if (segment.kind === 'data-file') throw missingContent(job);
        await copyBytes(reader, segment.bytes, segment.kind === job.which ? job.path : undefined);
      }
      await reader.finish();
      return found;
    });
    context.say([prefixed(context, `restore complete, elapsed time: ${elapsedSince(context, started)}`)]);
    return { header };
  } catch (error) {
    rmSync(job.path, { force: true });
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
