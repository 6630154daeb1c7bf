/**
 * A simulated application: transactions that update rows in place, by default in clusters that make up about 1 % of the
 * blocks, and now and then insert into a free block: one formerly used, or the next one above the high-water mark.
 */
import { rdbaOf } from '../formats/block';
import { type Scn } from '../formats/scn';
import { type WorkloadRequest, type WorkloadResult } from '../instance/instance-port';
import { ORA, OraError } from '../instance/ora-error';
import { type Database } from './database';
import {
  fillTableBlock,
  makeRowText,
  makeScrambledRow,
  mixSeed,
  nextRandom,
  rowOffset,
  rowsPerBlock,
  TRANSACTION_SLOT_OFFSET,
} from './fill-block';
import { bitOf, firstDataBlock, HIGH_WATER_OFFSET, highWaterOf, SPACE_HEADER_BLOCK } from './space-map';
import { FIRST_THREAD } from './redo-threads';
import { Transaction } from './transaction';

/** More rows would not fit the longest redo record. */
export const ROWS_PER_TRANSACTION_MAX = 1000;
export const TRANSACTIONS_MAX = 10_000_000;
/** Whole-block images per transaction, for the same reason (16 of up to 32 KiB). */
const INSERTS_PER_TRANSACTION_MAX = 16;
/** Of 1000 rows, this many are inserted and open a free block (the others of an insert would land in that block). */
const INSERT_PER_MILLE = 3;
/** Clustered updates touch about this share of the blocks, in runs of this length. */
const CLUSTERED_SHARE = 0.01;
const CLUSTER_BLOCKS = 32;
/** Tries to find a block that is in use (or free) before the row is left out. */
const PROBES_MAX = 32;
/** The event loop gets its turn after this long. */
const SLICE_MS = 10;
/** Transaction slot bytes that change: transaction id, undo address, flags. */
const SLOT_BYTES = 16;

export interface WorkloadOptions {
  now: () => Date;
  /** Whose redo it is. Absent: thread 1. */
  thread?: number;
  /** Stops between two transactions. */
  signal?: AbortSignal;
}

interface Region {
  file: number;
  rfile: number;
  blockBytes: number;
  blocks: number;
  firstData: number;
  encrypted: boolean;
}

interface Target {
  region: Region;
  block: number;
}

/** Runs the transactions. What was committed before an error or an abort stays committed. */
export async function runWorkload(
  database: Database,
  request: WorkloadRequest,
  options: WorkloadOptions,
): Promise<WorkloadResult> {
  const run = new WorkloadRun(database, request, options.thread ?? FIRST_THREAD);
  const startedMs = options.now().getTime();
  while (run.commits < request.transactions && options.signal?.aborted !== true) {
    await database.exclusively(async () => {
      const sliceEnd = options.now().getTime() + SLICE_MS;
      while (run.commits < request.transactions && options.now().getTime() < sliceEnd) {
        if (
          request.perSecondMax !== undefined &&
          isAhead(run.commits, startedMs, request.perSecondMax, options)
        )
          break;
        run.oneTransaction();
      }
    });
    const paced = request.perSecondMax !== undefined;
    await new Promise((resolve) => (paced ? setTimeout(resolve, SLICE_MS) : setImmediate(resolve)));
  }
  return run.result(options.now().getTime() - startedMs);
}

function isAhead(
  commits: number,
  startedMs: number,
  perSecondMax: number,
  options: WorkloadOptions,
): boolean {
  return commits >= ((options.now().getTime() - startedMs + SLICE_MS) / 1000) * perSecondMax;
}

class WorkloadRun {
  commits = 0;
  private state: number;
  private readonly regions: Region[];
  private readonly changed = new Map<number, Uint8Array>();
  /** Blocks that can hold rows, used or not. */
  private readonly dataBlocks: number;
  private firstScn: Scn | undefined;
  private lastScn: Scn | undefined;

  constructor(
    private readonly database: Database,
    private readonly request: WorkloadRequest,
    private readonly thread: number,
  ) {
    // The clusters depend on the seed alone; the texts also on the SCN, so that no run repeats an older one's rows.
    this.state = mixSeed(request.seed, Number(database.nextScn & 0x7fffffffn));
    const { dataFiles, tablespaces, containers = [] } = database.store.current;
    const readOnly = new Set(containers.flatMap((c) => (c.openMode === 'READ WRITE' ? [] : [c.conId])));
    this.regions = dataFiles
      .filter((record) => record.enabled === 'READ WRITE' && database.files.has(record.file))
      .filter(({ conId }) => conId === undefined || !readOnly.has(conId))
      .map(({ file, rfile, blockBytes, blocks, ts, conId }) => ({
        file,
        rfile,
        blockBytes,
        blocks,
        firstData: firstDataBlock(blockBytes, blocks),
        encrypted: tablespaces.some((t) => t.encrypted === true && t.ts === ts && t.conId === conId),
      }));
    this.dataBlocks = this.regions.reduce((sum, region) => sum + region.blocks + 1 - region.firstData, 0);
    if (this.dataBlocks === 0) throw new OraError(ORA.noSuchFile, 'no data file is online and writable');
  }

  oneTransaction(): void {
    const transaction = new Transaction(this.database);
    let inserts = 0;
    for (let row = 0; row < this.request.rowsPerTransaction; row++) {
      const insert = this.random(1000) < INSERT_PER_MILLE && inserts < INSERTS_PER_TRANSACTION_MAX;
      if (insert && this.insertBlock(transaction)) inserts++;
      else this.updateRow(transaction);
    }
    const done = transaction.commit(this.thread, this.request.nologging === true ? 'without-redo' : 'logged');
    this.commits++;
    if (done === undefined) return;
    this.firstScn ??= done.scn;
    this.lastScn = done.scn;
    for (const change of done.changes) this.noteChanged(change.file, change.block);
  }

  result(elapsedMs: number): WorkloadResult {
    let blocksChanged = 0;
    for (const bits of this.changed.values()) for (const flag of bits) blocksChanged += flag;
    return {
      commits: this.commits,
      blocksChanged,
      firstScn: this.firstScn?.toString() ?? null,
      lastScn: this.lastScn?.toString() ?? null,
      elapsedMs,
    };
  }

  private updateRow(transaction: Transaction): void {
    const target = this.findUsed(transaction);
    if (target === undefined) return;
    const { region, block } = target;
    const row = this.random(rowsPerBlock(region.blockBytes));
    const slot = Buffer.alloc(SLOT_BYTES);
    for (let at = 0; at < SLOT_BYTES; at += 4) slot.writeUInt32LE(this.next(), at);
    const slotOffset = TRANSACTION_SLOT_OFFSET + 24 * this.random(2);
    transaction.patch(region.file, block, { offset: slotOffset, bytes: slot });
    const offset = rowOffset(region.blockBytes, row) + 4;
    const bytes = region.encrypted ? makeScrambledRow(this.next()) : makeRowText(this.next());
    transaction.patch(region.file, block, { offset, bytes });
  }

  private insertBlock(transaction: Transaction): boolean {
    const { region } = this.targetAt(this.random(this.dataBlocks));
    const target =
      this.random(2) === 0 ? this.nextUnused(region, transaction) : this.findFree(region, transaction);
    if (target === undefined) return false;
    const block = Buffer.from(new ArrayBuffer(region.blockBytes));
    fillTableBlock(block, {
      rdba: rdbaOf(region.rfile, target),
      objectId: 70000 + region.file,
      seed: this.next(),
      scn: this.database.nextScn,
      encrypted: region.encrypted,
    });
    transaction.replace(region.file, target, block);
    const { bitmapBlock, offset, mask } = bitOf(region.blockBytes, target);
    const byte = transaction.read(region.file, bitmapBlock).readUInt8(offset) | mask;
    transaction.patch(region.file, bitmapBlock, { offset, bytes: Buffer.from([byte]) });
    return true;
  }

  private nextUnused(region: Region, transaction: Transaction): number | undefined {
    const highWater = highWaterOf(transaction.read(region.file, SPACE_HEADER_BLOCK));
    if (highWater > region.blocks) return undefined;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(highWater + 1);
    transaction.patch(region.file, SPACE_HEADER_BLOCK, { offset: HIGH_WATER_OFFSET, bytes });
    return highWater;
  }

  private findFree(region: Region, transaction: Transaction): number | undefined {
    const span = highWaterOf(transaction.read(region.file, SPACE_HEADER_BLOCK)) - region.firstData;
    for (let probe = 0; span > 0 && probe < PROBES_MAX; probe++) {
      const block = region.firstData + this.random(span);
      if (!isUsed(region, block, transaction)) return block;
    }
    return undefined;
  }

  private findUsed(transaction: Transaction): Target | undefined {
    for (let probe = 0; probe < PROBES_MAX; probe++) {
      const target = this.targetAt(this.place());
      if (isUsed(target.region, target.block, transaction)) return target;
    }
    return undefined;
  }

  /** A place in all regions laid end to end: anywhere, or inside one of the clusters, which stay where they are. */
  private place(): number {
    if (this.request.uniform === true) return this.random(this.dataBlocks);
    const clusters = Math.max(1, Math.floor((this.dataBlocks * CLUSTERED_SHARE) / CLUSTER_BLOCKS));
    const start = mixSeed(this.request.seed, this.random(clusters)) % this.dataBlocks;
    return (start + this.random(CLUSTER_BLOCKS)) % this.dataBlocks;
  }

  private targetAt(place: number): Target {
    let rest = place;
    for (const region of this.regions) {
      const span = region.blocks + 1 - region.firstData;
      if (rest < span) return { region, block: region.firstData + rest };
      rest -= span;
    }
    throw new Error(`no block at place ${place}`);
  }

  private noteChanged(file: number, block: number): void {
    let flags = this.changed.get(file);
    if (flags === undefined) {
      const region = this.regions.find((candidate) => candidate.file === file);
      flags = new Uint8Array((region?.blocks ?? 0) + 1);
      this.changed.set(file, flags);
    }
    flags[block] = 1;
  }

  private random(below: number): number {
    return this.next() % below;
  }

  private next(): number {
    this.state = nextRandom(this.state);
    return this.state;
  }
}

function isUsed(region: Region, block: number, transaction: Transaction): boolean {
  const { bitmapBlock, offset, mask } = bitOf(region.blockBytes, block);
  return (transaction.read(region.file, bitmapBlock).readUInt8(offset) & mask) !== 0;
}
