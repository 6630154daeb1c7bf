/** Reads several data files at the same time and writes their runs of blocks in turn into the pieces of one set. */
import { type DataFile } from '../control-file/control-file';
import { type DataFileHeader } from '../formats/data-file-header';
import { type BlockRange } from '../formats/block';
import { parseScn } from '../formats/scn';
import { type ChannelContext, LongOperationReport, Pace } from './channel-context';
import { type FileToBackUp } from './channel-protocol';
import { type PieceSegment } from './piece-format';
import { type DataFileProgress, readChangedBlocks, type ReadRun } from './read-data-file';
import { type SetWriter } from './write-set';

/** Blocks are numbered from 1 (the header); data begins behind it. */
const FIRST_DATA_BLOCK = 2;
/** Oracle's default of MAXOPENFILES. */
const OPEN_FILES_DEFAULT = 8;

export interface FileInSet {
  record: DataFile;
  wanted: FileToBackUp;
  headerBlock: Buffer;
  header: DataFileHeader;
  from: number;
  to: number;
  /** Only these blocks are read; null: all. */
  ranges: BlockRange[] | null;
  corruptMax: number;
  progress: DataFileProgress & { blocks: number };
}

/** How far one file came. */
interface Cursor {
  file: FileInSet;
  runs: Generator<ReadRun>;
  /** First block of the file that no finished piece speaks for. */
  next: number;
  /** Last block read so far. */
  reached: number;
  blocksInPiece: number;
  headerWritten: boolean;
  done: boolean;
}

export class MultiplexedFiles {
  private readonly cursors: Cursor[];
  /** The segments of the piece under way, as its header lists them. */
  private inPiece: Cursor[] = [];
  private current: Cursor | undefined;
  private readonly report: LongOperationReport;
  private readonly pace: Pace;

  constructor(
    private readonly context: ChannelContext,
    files: FileInSet[],
  ) {
    this.cursors = files.map(openCursor);
    const totalwork = files.reduce((sum, { from, to }) => sum + to - from + 1, 0);
    const incremental = files.some(({ wanted }) => wanted.incrementalScn !== '0');
    const opname = `RMAN: ${incremental ? 'incremental' : 'full'} datafile backup`;
    this.report = new LongOperationReport(context, { opname, totalwork });
    this.pace = new Pace(context.settings.rateBytes);
  }

  /** What the piece that begins now may hold: every file that is not done yet. */
  segments(): PieceSegment[] {
    this.inPiece = this.cursors.filter(({ done }) => !done);
    this.current = undefined;
    return this.inPiece.map(({ file, next }) => ({
      kind: 'data-file' as const,
      file: file.record.file,
      rfile: file.record.rfile,
      name: file.record.name,
      blocks: file.header.blocks,
      from: next,
      to: file.to,
    }));
  }

  async write(set: SetWriter): Promise<void> {
    const waiting = [...this.cursors];
    const open = waiting.splice(0, this.context.settings.maxOpenFiles ?? OPEN_FILES_DEFAULT);
    while (open.length > 0) {
      const cursor = open.shift();
      if (cursor === undefined) break;
      if (await this.writeRun(set, cursor)) open.push(cursor);
      else open.push(...waiting.splice(0, 1));
    }
    await this.report.finish();
  }

  /** False when the file is done. */
  private async writeRun(set: SetWriter, cursor: Cursor): Promise<boolean> {
    const { file } = cursor;
    if (!cursor.headerWritten) {
      cursor.headerWritten = true;
      file.progress.blocksRead++;
      await this.put(set, cursor, { blocks: file.headerBlock, first: 1 });
      return true;
    }
    const before = file.progress.blocksRead;
    const run = cursor.runs.next();
    const blocksRead = file.progress.blocksRead - before;
    this.context.count(blocksRead * file.record.blockBytes, 0);
    await this.report.advance(blocksRead);
    await this.pace.take(blocksRead * file.record.blockBytes);
    if (run.done !== true) {
      await this.put(set, cursor, run.value);
      return true;
    }
    cursor.reached = file.to;
    await this.endSegment(set, cursor);
    cursor.done = true;
    return false;
  }

  /** Writes the run, in the next piece when this one is full. */
  private async put(set: SetWriter, cursor: Cursor, { blocks, first }: ReadRun): Promise<void> {
    const { blockBytes } = cursor.file.record;
    // A switch, and an end for every segment of the piece, come on top.
    const ends = (this.inPiece.length * 2 + 2) * blockBytes;
    let offset = 0;
    while (offset < blocks.length) {
      let bytes = blocks.length - offset;
      while (bytes > blockBytes && set.isFull(bytes + ends)) bytes = halved(bytes, blockBytes);
      if (set.isFull(bytes + ends) && this.hasData()) {
        await this.nextPiece(set);
        continue;
      }
      await this.select(set, cursor);
      await set.write(blocks.subarray(offset, offset + bytes));
      cursor.blocksInPiece += bytes / blockBytes;
      cursor.file.progress.blocks += bytes / blockBytes;
      offset += bytes;
      cursor.reached = first + offset / blockBytes - 1;
    }
  }

  private hasData(): boolean {
    return this.inPiece.some(({ blocksInPiece }) => blocksInPiece > 0);
  }

  private async nextPiece(set: SetWriter): Promise<void> {
    for (const cursor of this.inPiece) if (!cursor.done) await this.endSegment(set, cursor);
    await set.finish();
    await set.begin();
  }

  private async endSegment(set: SetWriter, cursor: Cursor): Promise<void> {
    await this.select(set, cursor);
    await set.endSegment(cursor.blocksInPiece, cursor.reached);
    cursor.blocksInPiece = 0;
    cursor.next = cursor.reached + 1;
  }

  /** A set of one file needs no switches. */
  private async select(set: SetWriter, cursor: Cursor): Promise<void> {
    if (this.cursors.length === 1 || this.current === cursor) return;
    this.current = cursor;
    await set.switchTo(this.inPiece.indexOf(cursor));
  }
}

function halved(bytes: number, blockBytes: number): number {
  return Math.max(blockBytes, Math.floor(bytes / 2 / blockBytes) * blockBytes);
}

/** The part of the ranges that lies between two blocks. */
function clipped(ranges: BlockRange[] | null, { from, to }: BlockRange): BlockRange[] {
  return (ranges ?? [{ from, to }])
    .map((range) => ({ from: Math.max(range.from, from), to: Math.min(range.to, to) }))
    .filter((range) => range.from <= range.to);
}

function openCursor(file: FileInSet): Cursor {
  const { record, wanted, from, to, ranges, corruptMax, progress } = file;
  const { name: path, rfile, blockBytes } = record;
  const first = Math.max(from, FIRST_DATA_BLOCK);
  const incrementalScn = parseScn(wanted.incrementalScn);
  const place = { path, file: record.file, rfile, blockBytes };
  const read = { ...place, ranges: clipped(ranges, { from: first, to }), incrementalScn, corruptMax };
  return {
    file,
    runs: readChangedBlocks(read, progress),
    next: from,
    reached: from - 1,
    blocksInPiece: 0,
    headerWritten: from !== 1,
    done: false,
  };
}
