/** The buffer cache: blocks of open data files in memory, changed ones until they are written. Bounded in bytes. */
import { type BlockFault, checkUsable, rdbaOf } from '../formats/block';
import { type BlockWriter } from './block-writer';
import { type DataFileHandle, readBlock } from './data-file-handle';

export interface CachedBlock {
  file: number;
  block: number;
  bytes: Buffer;
  dirty: boolean;
}

/** A block on disk is not what its address says: media recovery is needed. */
export class BrokenBlockError extends Error {
  constructor(
    readonly file: number,
    readonly block: number,
    readonly fault: BlockFault,
  ) {
    super(`data file ${file} block ${block}: ${fault}`);
    this.name = 'BrokenBlockError';
  }
}

/** Smallest useful cache: a transaction's blocks and the space blocks. */
const BYTES_MIN = 2 * 1024 * 1024;

export class BufferCache {
  private readonly blocks = new Map<number, CachedBlock>();
  private bytes = 0;
  private dirtyCount = 0;
  readonly bytesMax: number;

  constructor(
    private readonly files: ReadonlyMap<number, DataFileHandle>,
    private readonly writer: BlockWriter,
    bytesMax: number,
  ) {
    this.bytesMax = Math.max(bytesMax, BYTES_MIN);
  }

  /** The block as it is now. Stays valid until the next `trim`. Throws BrokenBlockError when the disk's copy is broken. */
  get(file: number, block: number): CachedBlock {
    const cached = this.blocks.get(keyOf(file, block)) ?? this.load(file, block);
    return cached;
  }

  /** As `get`, but an unreadable block is handed out as it is: for a whole-block image that replaces it. */
  getForReplacement(file: number, block: number): CachedBlock {
    return this.blocks.get(keyOf(file, block)) ?? this.load(file, block, { unchecked: true });
  }

  markDirty(cached: CachedBlock): void {
    if (!cached.dirty) this.dirtyCount++;
    cached.dirty = true;
  }

  /** The changed version of a block, when the disk has an older one. */
  dirtyBlock(file: number, block: number): CachedBlock | undefined {
    const cached = this.blocks.get(keyOf(file, block));
    return cached?.dirty === true ? cached : undefined;
  }

  /** Writes all changed blocks, or those of one file; answers how many. */
  writeDirty(file?: number): number {
    const dirty = [...this.blocks.values()].filter(
      (cached) => cached.dirty && (file === undefined || cached.file === file),
    );
    this.writer.write(dirty);
    for (const cached of dirty) cached.dirty = false;
    this.dirtyCount -= dirty.length;
    return dirty.length;
  }

  /** Brings the cache back under its limit, oldest first. Call between transactions only. */
  trim(): void {
    if (this.bytes <= this.bytesMax) return;
    if (this.dirtyCount > this.blocks.size / 2) this.writeDirty();
    const goal = this.bytesMax * 0.75;
    for (const [key, cached] of this.blocks) {
      if (this.bytes <= goal) return;
      if (!cached.dirty) this.drop(key, cached);
    }
    if (this.bytes > this.bytesMax) {
      this.writeDirty();
      this.trim();
    }
  }

  /** Forgets the blocks of a file (they must have been written). */
  forget(file: number): void {
    for (const [key, cached] of this.blocks) if (cached.file === file) this.drop(key, cached);
  }

  stats(): { blocks: number; dirtyBlocks: number; bytes: number } {
    return { blocks: this.blocks.size, dirtyBlocks: this.dirtyCount, bytes: this.bytes };
  }

  private drop(key: number, cached: CachedBlock): void {
    if (cached.dirty) throw new Error(`changed block ${cached.file}/${cached.block} dropped`);
    this.blocks.delete(key);
    this.bytes -= cached.bytes.length;
  }

  private load(file: number, block: number, options: { unchecked?: boolean } = {}): CachedBlock {
    const handle = this.files.get(file);
    if (handle === undefined) throw new Error(`data file ${file} is not open`);
    const bytes = Buffer.from(new ArrayBuffer(handle.blockBytes));
    readBlock(handle, block, bytes);
    const check = checkUsable(bytes, rdbaOf(handle.rfile, block));
    if (!check.ok && options.unchecked !== true) throw new BrokenBlockError(file, block, check.fault);
    if (!check.ok) bytes.fill(0);
    const cached = { file, block, bytes, dirty: false };
    this.blocks.set(keyOf(file, block), cached);
    this.bytes += bytes.length;
    return cached;
  }
}

function keyOf(file: number, block: number): number {
  return file * 2 ** 32 + block;
}
