// One piece on its way back. The recipe's extents are read in batches: the packs' ranges a batch needs are fetched together, small gaps
// included, and a few batches are under way at once; they are handed on in order. Every chunk's tag and id are checked before a byte
// leaves, and the recipe's digest vouches for their order. Damage is an error that names the object, never a wrong byte.
import { ID_BYTES } from '../compute/chunk-operations';
import { LOCATION, LOCATION_FIELDS } from '../format/chunk-table';
import { EXTENT_FIELDS, type Recipe } from '../format/recipe';
import {
  READ_BATCH_BYTES,
  READ_BATCHES_IN_FLIGHT,
  READ_GAP_BYTES_MAX,
  READ_RANGE_BYTES_MAX,
} from '../limits';
import { findPiece } from '../session/piece-names';
import { VaultError } from '../vault-error';
import { DecodedChunks } from './decoded-chunks';
import { frameEnd, readChunks, type ChunkSource, type WantedChunk } from './read-chunks';

export interface PieceReaderOptions extends ChunkSource {
  /** Decimal. */
  readonly dbid: string;
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

/** Gives back the piece of this recipe, whatever its handle leads to. */
export function openRecipeReader(source: ChunkSource, recipe: Recipe): PieceReader {
  return new RecipeReader(source, recipe);
}

class RecipeReader implements PieceReader {
  private readonly decoded = new DecodedChunks();
  private readonly batches: Iterator<Batch>;
  private readonly underWay: Promise<Uint8Array>[] = [];

  constructor(
    private readonly options: ChunkSource,
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

  private chunkAt(chunk: number): WantedChunk {
    const { ids, locations } = this.recipe;
    return {
      id: ids.subarray(chunk * ID_BYTES, (chunk + 1) * ID_BYTES),
      location: locations.subarray(chunk * LOCATION_FIELDS, (chunk + 1) * LOCATION_FIELDS),
    };
  }

  /** The chunks by pack and offset, joined into ranges worth one request each. */
  private rangesOf(chunks: ReadonlySet<number>): PackRange[] {
    const { locations } = this.recipe;
    const field = (chunk: number, name: keyof typeof LOCATION): number =>
      locations[chunk * LOCATION_FIELDS + LOCATION[name]] ?? 0;
    const placed = [...chunks].sort(
      (a, b) => field(a, 'pack') - field(b, 'pack') || field(a, 'offset') - field(b, 'offset'),
    );
    const ranges: PackRange[] = [];
    for (const chunk of placed) {
      const [pack, offset] = [field(chunk, 'pack'), field(chunk, 'offset')];
      const end = frameEnd(this.chunkAt(chunk).location);
      const last = ranges.at(-1);
      if (
        last?.pack === pack &&
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
    const wanted = range.chunks.map((chunk) => this.chunkAt(chunk));
    const decoded = await readChunks(this.options, this.recipe.packs.at(range.pack), wanted, this.handle);
    range.chunks.forEach((chunk, i) => {
      const bytes = decoded[i] ?? new Uint8Array();
      into.set(chunk, bytes);
      this.decoded.keep(chunk, bytes);
    });
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
