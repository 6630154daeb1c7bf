/**
 * Block change tracking: which 32 KiB chunks of each data file changed since each of its last incremental backups. The file keeps
 * eight bitmaps per data file, one per incremental backup and the current one, so an incremental whose parent lies further back reads
 * the whole file again. Bits are written before the redo of the change, so that a killed process never leaves too few.
 *
 * Layout (the lab's own): one page of JSON with the data files and the SCN each bitmap starts at, then the bitmaps.
 */
import { closeSync, existsSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { type DataFile } from '../control-file/control-file';
import { type BlockRange } from '../formats/block';
import { formatScn, parseScn, type Scn } from '../formats/scn';

/** Oracle's limit: with more incremental backups than this since the parent, tracking no longer helps. */
const BITMAPS_PER_FILE = 8;
const CHUNK_BYTES = 32 * 1024;
const HEADER_BYTES = 64 * 1024;

interface TrackedFile {
  file: number;
  blockBytes: number;
  /** Offset of the first of the file's eight bitmaps, and bytes of each. */
  at: number;
  bitmapBytes: number;
  /** By slot: changes from this SCN on are in the slot; null = unused. Newest slot last used. */
  since: (string | null)[];
  current: number;
}

interface Bits extends TrackedFile {
  bits: Uint8Array;
}

export class ChangeTracking {
  private constructor(
    readonly path: string,
    private readonly fd: number,
    private readonly files: Map<number, Bits>,
  ) {}

  /** Starts tracking: nothing is known of changes before `scn`. An old file of the same name is replaced. */
  static create(path: string, dataFiles: readonly DataFile[], scn: Scn): ChangeTracking {
    if (existsSync(path)) rmSync(path);
    const fd = openSync(path, 'w+', 0o640);
    const files = new Map<number, Bits>();
    let at = HEADER_BYTES;
    for (const { file, blockBytes, blocks } of dataFiles) {
      const chunks = Math.floor((blocks * blockBytes) / CHUNK_BYTES) + 1;
      const bitmapBytes = Math.ceil(chunks / 8);
      const since = new Array<string | null>(BITMAPS_PER_FILE).fill(null);
      since[0] = formatScn(scn);
      files.set(file, {
        ...{ file, blockBytes, at, bitmapBytes, since, current: 0 },
        bits: new Uint8Array(bitmapBytes * BITMAPS_PER_FILE),
      });
      at += bitmapBytes * BITMAPS_PER_FILE;
    }
    const tracking = new ChangeTracking(path, fd, files);
    for (const file of files.values()) writeSync(fd, file.bits, 0, file.bits.length, file.at);
    tracking.writeHeader();
    return tracking;
  }

  /** Goes on with an existing file; fails like open(2). */
  static open(path: string): ChangeTracking {
    const fd = openSync(path, 'r+');
    const header = Buffer.alloc(HEADER_BYTES);
    readSync(fd, header, 0, HEADER_BYTES, 0);
    const tracked = JSON.parse(header.subarray(0, header.indexOf(0)).toString('utf8')) as TrackedFile[];
    const files = new Map<number, Bits>();
    for (const file of tracked) {
      const bits = new Uint8Array(file.bitmapBytes * BITMAPS_PER_FILE);
      readSync(fd, bits, 0, bits.length, file.at);
      files.set(file.file, { ...file, bits });
    }
    return new ChangeTracking(path, fd, files);
  }

  /** Notes a change that is about to be logged. A data file made later than the tracking file is not tracked. */
  note(file: number, block: number): void {
    const tracked = this.files.get(file);
    if (tracked === undefined) return;
    const chunk = Math.floor((block * tracked.blockBytes) / CHUNK_BYTES);
    const index = tracked.current * tracked.bitmapBytes + (chunk >>> 3);
    const before = tracked.bits[index];
    const after = (before ?? 0) | (1 << (chunk & 7));
    if (before === undefined || before === after) return;
    tracked.bits[index] = after;
    writeSync(this.fd, tracked.bits, index, 1, tracked.at + index);
  }

  /** An incremental backup of the file starts at this checkpoint: its bitmap ends, the next one begins. */
  startBitmap(file: number, scn: Scn): void {
    const tracked = this.files.get(file);
    if (tracked === undefined) return;
    tracked.current = (tracked.current + 1) % BITMAPS_PER_FILE;
    tracked.since[tracked.current] = formatScn(scn);
    const from = tracked.current * tracked.bitmapBytes;
    tracked.bits.fill(0, from, from + tracked.bitmapBytes);
    writeSync(this.fd, tracked.bits, from, tracked.bitmapBytes, tracked.at + from);
    this.writeHeader();
  }

  /** Blocks that may have changed at `scn` or later; null when the bitmaps do not reach back that far: read everything. */
  changedSince(file: number, scn: Scn): BlockRange[] | null {
    const tracked = this.files.get(file);
    if (tracked === undefined) return null;
    const merged = new Uint8Array(tracked.bitmapBytes);
    for (let back = 0; back < BITMAPS_PER_FILE; back++) {
      const slot = (tracked.current + BITMAPS_PER_FILE - back) % BITMAPS_PER_FILE;
      const since = tracked.since[slot] ?? null;
      if (since === null) return null;
      const from = slot * tracked.bitmapBytes;
      for (let i = 0; i < merged.length; i++) merged[i] = (merged[i] ?? 0) | (tracked.bits[from + i] ?? 0);
      if (parseScn(since) <= scn) return rangesOf(merged, tracked.blockBytes);
    }
    return null;
  }

  bytes(): number {
    return statSync(this.path).size;
  }

  close(): void {
    closeSync(this.fd);
  }

  private writeHeader(): void {
    const tracked = [...this.files.values()].map(
      ({ file, blockBytes, at, bitmapBytes, since, current }): TrackedFile => ({
        ...{ file, blockBytes, at, bitmapBytes, since, current },
      }),
    );
    const json = Buffer.from(JSON.stringify(tracked));
    if (json.length >= HEADER_BYTES) throw new RangeError('too many data files for one change tracking file');
    const header = Buffer.alloc(HEADER_BYTES);
    json.copy(header);
    writeSync(this.fd, header, 0, HEADER_BYTES, 0);
  }
}

function rangesOf(bits: Uint8Array, blockBytes: number): BlockRange[] {
  const perChunk = CHUNK_BYTES / blockBytes;
  const ranges: BlockRange[] = [];
  for (let chunk = 0; chunk < bits.length * 8; chunk++) {
    if (((bits[chunk >>> 3] ?? 0) & (1 << (chunk & 7))) === 0) continue;
    const from = chunk * perChunk;
    const last = ranges.at(-1);
    if (last !== undefined && last.to === from - 1) last.to = from + perChunk - 1;
    else ranges.push({ from, to: from + perChunk - 1 });
  }
  return ranges;
}
