// Which chunk lies where, for look-ups by id: open addressing over typed columns, no object per chunk.
import { ID_BYTES } from '../compute/chunk-operations';

/** Pack number, ordinal, offset, ciphertext length, length, kind, compression. */
export const LOCATION_FIELDS = 7;
const LOAD_MAX = 0.7;
const CAPACITY_MIN = 1024;

export class ChunkTable {
  private capacity = CAPACITY_MIN;
  private ids = Buffer.alloc(CAPACITY_MIN * ID_BYTES);
  private locations = new Uint32Array(CAPACITY_MIN * LOCATION_FIELDS);
  private used = new Uint8Array(CAPACITY_MIN);
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** The location of a chunk (a view, valid until the next add), or null. */
  find(id: Uint8Array): Uint32Array | null {
    const slot = this.slotOf(id);
    return this.used[slot] === 1
      ? this.locations.subarray(slot * LOCATION_FIELDS, (slot + 1) * LOCATION_FIELDS)
      : null;
  }

  /** The first location of an id stays: either holds the same bytes. */
  add(id: Uint8Array, location: ArrayLike<number>): void {
    if (this.count + 1 > this.capacity * LOAD_MAX) this.grow();
    const slot = this.slotOf(id);
    if (this.used[slot] === 1) return;
    this.used[slot] = 1;
    this.ids.set(id, slot * ID_BYTES);
    this.locations.set(location, slot * LOCATION_FIELDS);
    this.count += 1;
  }

  /** Calls back for every entry; both views are valid during the call only. */
  forEach(visit: (id: Buffer, location: Uint32Array) => void): void {
    for (let slot = 0; slot < this.capacity; slot += 1) {
      if (this.used[slot] === 1)
        visit(this.idAt(slot), this.locations.subarray(slot * LOCATION_FIELDS, (slot + 1) * LOCATION_FIELDS));
    }
  }

  private idAt(slot: number): Buffer {
    return this.ids.subarray(slot * ID_BYTES, (slot + 1) * ID_BYTES);
  }

  /** Ids are keyed hashes: their first bytes are as good as any hash of them. */
  private slotOf(id: Uint8Array): number {
    const view = Buffer.from(id.buffer, id.byteOffset, ID_BYTES);
    let slot = view.readUInt32LE(0) % this.capacity;
    while (this.used[slot] === 1 && !this.idAt(slot).equals(view)) slot = (slot + 1) % this.capacity;
    return slot;
  }

  private grow(): void {
    const old = { capacity: this.capacity, ids: this.ids, locations: this.locations, used: this.used };
    this.capacity *= 2;
    this.ids = Buffer.alloc(this.capacity * ID_BYTES);
    this.locations = new Uint32Array(this.capacity * LOCATION_FIELDS);
    this.used = new Uint8Array(this.capacity);
    this.count = 0;
    for (let slot = 0; slot < old.capacity; slot += 1) {
      if (old.used[slot] === 1) {
        this.add(
          old.ids.subarray(slot * ID_BYTES, (slot + 1) * ID_BYTES),
          old.locations.subarray(slot * LOCATION_FIELDS, (slot + 1) * LOCATION_FIELDS),
        );
      }
    }
  }
}
