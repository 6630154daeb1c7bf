// One piece on its way back. The recipe's extents are read in batches: the packs' ranges a batch needs are fetched together, small gaps
// included, and a few batches are under way at once; they are handed on in order. Every chunk's tag and id are checked before a byte
// leaves, and the recipe's digest vouches for their order. Damage is an error that names the object, never a wrong byte.
import { ObjectStoreError, type ObjectStore } from '@adyton/object-store';
import { FRAME_HEADER_BYTES, ID_BYTES, OPEN_FIELDS, TAG_BYTES } from '../compute/chunk-operations';
import { type Compute } from '../compute/compute';
import { type DatabaseKeys } from '../crypto/database-keys';
import { LOCATION_FIELDS } from '../format/chunk-table';
import { packObjectKey } from '../format/pack';
import { EXTENT_FIELDS, type Recipe } from '../format/recipe';
import {
  READ_BATCH_BYTES,
  READ_BATCHES_IN_FLIGHT,
  READ_GAP_BYTES_MAX,
  READ_RANGE_BYTES_MAX,
} from '../limits';
import { findPiece } from '../session/piece-names';
import { damaged, VaultError } from '../vault-error';
import { DecodedChunks } from './decoded-chunks';

export interface PieceReaderOptions {
  readonly store: ObjectStore;
  readonly vaultId: string;
  readonly keys: DatabaseKeys;
  /** Decimal. */
  readonly dbid: string;
  readonly compute: Compute;
}

export interface PieceReader {
  readonly handle: string;
  readonly bytes: number;
  readonly createdAt: string;
  /** The next bytes of the piece, or null at its end. @throws VaultError damaged */
  read(): Promise<Uint8Array | null>;
}

/** @throws VaultError piece-missing, damaged */
export async function openPieceReader(options: PieceReaderOptions, handle: string): Promise<PieceReader> {
  const found = await findPiece(options, handle);
  if (found === null) throw new VaultError('piece-missing', `there is no piece ${handle}`, { handle });
  return new RecipeReader(options, found.recipe);
}

/** Extents [from, to) of a recipe. */
interface Batch {
  readonly from: number;
  readonly to: number;
}

class RecipeReader implements PieceReader {
  private readonly decoded = new DecodedChunks();
  private readonly batches: Iterator<Batch>;
  private readonly underWay: Promise<Uint8Array>[] = [];

  constructor(
    private readonly options: PieceReaderOptions,
    private readonly recipe: Recipe,
  ) {
    this.batches = batchesOf(recipe);
  }

  get handle(): string {
    return this.recipe.handle;
  }
  get bytes(): number {
    return this.recipe.bytes;
  }
  get createdAt(): string {
    return this.recipe.createdAt;
  }

  async read(): Promise<Uint8Array | null> {
    while (this.underWay.length < READ_BATCHES_IN_FLIGHT) {
      const next = this.batches.next();
      if (next.done === true) break;
      const reading = this.readBatch(next.value);
      reading.catch(() => undefined); // awaited in order, below
      this.underWay.push(reading);
    }
    const first = this.underWay.shift();
    return first === undefined ? null : first;
  }

  private async readBatch(batch: Batch): Promise<Uint8Array> {
    const { extents } = this.recipe;
    const chunks = new Map<number, Uint8Array>();
    const wanted = new Set<number>();
    for (let i = batch.from; i < batch.to; i += 1) {
      const chunk = extents[i * EXTENT_FIELDS] ?? 0;
      const known = this.decoded.get(chunk);
      if (known === undefined) wanted.add(chunk);
      else chunks.set(chunk, known);
    }
    await Promise.all(this.rangesOf(wanted).map((range) => this.readRange(range, chunks)));
    return this.assemble(batch, chunks);
  }

  private assemble(batch: Batch, chunks: ReadonlyMap<number, Uint8Array>): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let i = batch.from; i < batch.to; i += 1) {
      const [chunk = 0, offset = 0, length = 0] = this.recipe.extents.subarray(
        i * EXTENT_FIELDS,
        (i + 1) * EXTENT_FIELDS,
      );
      const bytes = chunks.get(chunk);
      if (bytes === undefined || offset + length > bytes.length)
        throw new Error(`invariant: extent ${i} of ${this.handle} has no bytes`);
      parts.push(bytes.subarray(offset, offset + length));
    }
    return Buffer.concat(parts);
  }

  private locationOf(chunk: number): {
    pack: number;
    ordinal: number;
    offset: number;
    clen: number;
    length: number;
    kind: number;
    compression: number;
  } {
    const [pack = 0, ordinal = 0, offset = 0, clen = 0, length = 0, kind = 0, compression = 0] =
      this.recipe.locations.subarray(chunk * LOCATION_FIELDS, (chunk + 1) * LOCATION_FIELDS);
    return { pack, ordinal, offset, clen, length, kind, compression };
  }

  /** The chunks by pack and offset, joined into ranges worth one request each. */
  private rangesOf(chunks: ReadonlySet<number>): PackRange[] {
    const placed = [...chunks]
      .map((chunk) => ({ chunk, ...this.locationOf(chunk) }))
      .sort((a, b) => a.pack - b.pack || a.offset - b.offset);
    const ranges: PackRange[] = [];
    for (const { chunk, pack, offset, clen } of placed) {
      const end = offset + FRAME_HEADER_BYTES + clen + TAG_BYTES;
      const last = ranges.at(-1);
      if (
        last !== undefined &&
        last.pack === pack &&
        offset - last.end <= READ_GAP_BYTES_MAX &&
        end - last.start <= READ_RANGE_BYTES_MAX
      ) {
        last.end = Math.max(last.end, end);
        last.chunks.push(chunk);
      } else ranges.push({ pack, start: offset, end, chunks: [chunk] });
    }
    return ranges;
  }

  private async readRange(range: PackRange, into: Map<number, Uint8Array>): Promise<void> {
    const pack = this.recipe.packs.at(range.pack);
    const objectKey = packObjectKey(pack);
    const bytes = await this.fetch(objectKey, range);
    const frames = new Uint32Array(range.chunks.length * OPEN_FIELDS);
    const ids = Buffer.alloc(range.chunks.length * ID_BYTES);
    range.chunks.forEach((chunk, i) => {
      const l = this.locationOf(chunk);
      frames.set(
        [l.offset - range.start, l.clen, l.length, l.ordinal, l.kind, l.compression],
        i * OPEN_FIELDS,
      );
      this.recipe.ids.copy(ids, i * ID_BYTES, chunk * ID_BYTES, (chunk + 1) * ID_BYTES);
    });
    const { keys, vaultId, compute } = this.options;
    const opened = await compute.open({
      encKey: keys.encKey,
      idKey: keys.idKey,
      vaultId,
      packSalt: pack.salt,
      bytes,
      frames,
      ids,
    });
    if (opened.kind === 'altered') throw damaged(objectKey, 'altered', this.handle);
    let at = 0;
    for (const chunk of range.chunks) {
      const { length } = this.locationOf(chunk);
      const decoded = opened.bytes.subarray(at, at + length);
      at += length;
      into.set(chunk, decoded);
      this.decoded.keep(chunk, decoded);
    }
  }

  private async fetch(objectKey: string, range: PackRange): Promise<Uint8Array> {
    const { store } = this.options;
    try {
      const bytes = await store.get(objectKey, { offset: range.start, length: range.end - range.start });
      if (bytes === null) throw damaged(objectKey, 'missing', this.handle);
      return bytes;
    } catch (error) {
      if (!(error instanceof ObjectStoreError)) throw error;
      const there = await store.head(objectKey); // a store that cannot even say this is an outage, not damage
      if (there !== null && there.bytes < range.end) throw damaged(objectKey, 'truncated', this.handle);
      throw error;
    }
  }
}

interface PackRange {
  readonly pack: number;
  readonly start: number;
  end: number;
  readonly chunks: number[];
}

function* batchesOf({ extents }: Recipe): Generator<Batch> {
  const count = extents.length / EXTENT_FIELDS;
  let from = 0;
  let bytes = 0;
  for (let i = 0; i < count; i += 1) {
    bytes += extents[i * EXTENT_FIELDS + 2] ?? 0;
    if (bytes < READ_BATCH_BYTES && i + 1 < count) continue;
    yield { from, to: i + 1 };
    from = i + 1;
    bytes = 0;
  }
}
