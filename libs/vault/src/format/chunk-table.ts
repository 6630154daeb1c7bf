// Which chunk lies where: rows of an id and a location in typed columns, found by id through open addressing; no object per chunk.
import { bufferOver } from '../compute/buffer-over';
import { ID_BYTES } from '../compute/chunk-operations';
import { GrowingColumn } from './growing-column';

/** Pack number, ordinal, offset of the frame, ciphertext length, length, kind, compression, units. */
export const LOCATION_FIELDS = 8;
export const LOCATION = {
  pack: 0,
  ordinal: 1,
  offset: 2,
  clen: 3,
  length: 4,
  kind: 5,
  compression: 6,
  units: 7,
} as const;
const ID_WORDS = ID_BYTES / 4;
const LOAD_MAX = 0.7;
const CAPACITY_MIN = 1024;

export class ChunkTable {
  private readonly idWords = new GrowingColumn();
  private readonly locations = new GrowingColumn();
  /** Row + 1 of the chunk whose id leads here; 0 where there is none. */
  private slots = new Uint32Array(CAPACITY_MIN);
  private found = 0;
  /** The id that is being looked for, as numbers: comparing them costs a tenth of comparing parts of Buffers. */
  private readonly wanted = new Uint32Array(ID_WORDS);
  private readonly wantedBytes = new Uint8Array(this.wanted.buffer);

  get size(): number {
    return this.idWords.length / ID_WORDS;
  }

  /** The row of a chunk, or -1. */
  find(id: Uint8Array): number {
    return (this.slots[this.slotOf(id)] ?? 0) - 1;
  }

  /** The row of the chunk, which is new unless it was there: the first location of an id stays, either holds the same bytes. */
  add(id: Uint8Array, location: ArrayLike<number>): number {
    if (this.found + 1 > this.slots.length * LOAD_MAX) this.grow();
    const slot = this.slotOf(id);
    const known = (this.slots[slot] ?? 0) - 1;
    if (known >= 0) return known;
    const row = this.reserve(location);
    this.setId(row, id);
    this.slots[slot] = row + 1;
    this.found += 1;
    return row;
  }

  /** A row for a chunk whose id is not known yet; it is never found by its id. */
  reserve(location: ArrayLike<number>): number {
    this.idWords.grow(ID_WORDS);
    this.locations.push(location);
    return this.size - 1;
  }

  setId(row: number, id: Uint8Array): void {
    this.idAt(row).set(id);
  }

  idAt(row: number): Uint8Array {
    const words = this.idWords.row(row * ID_WORDS, ID_WORDS);
    return new Uint8Array(words.buffer, words.byteOffset, ID_BYTES);
  }

  /** May be written to. */
  locationAt(row: number): Uint32Array {
    return this.locations.row(row * LOCATION_FIELDS, LOCATION_FIELDS);
  }

  /** A copy of all ids, one after the other, by row. */
  allIds(): Buffer {
    return bufferOver(this.idWords.all());
  }

  /** A copy of all locations, by row. */
  allLocations(): Uint32Array {
    return this.locations.all();
  }

  /** Empties it and gives its memory back. */
  free(): void {
    this.idWords.free();
    this.locations.free();
    this.slots = new Uint32Array(CAPACITY_MIN);
    this.found = 0;
  }

  /** Ids are keyed hashes: their first bytes are as good as any hash of them. */
  private slotOf(id: Uint8Array): number {
    this.wantedBytes.set(id);
    const capacity = this.slots.length;
    let slot = (this.wanted[0] ?? 0) % capacity;
    for (;;) {
      const row = (this.slots[slot] ?? 0) - 1;
      if (row < 0 || this.isWanted(row)) return slot;
      slot = (slot + 1) % capacity;
    }
  }

  private isWanted(row: number): boolean {
    for (let word = 0; word < ID_WORDS; word += 1)
      if (this.idWords.get(row * ID_WORDS + word) !== this.wanted[word]) return false;
    return true;
  }

  private grow(): void {
    const rows = this.slots.filter((row) => row > 0);
    this.slots = new Uint32Array(this.slots.length * 2);
    for (const row of rows) this.slots[this.slotOf(this.idAt(row - 1))] = row;
  }
}
