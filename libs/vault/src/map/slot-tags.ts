// Tags of the slots of one region, each as of the backup that saw the slot last. A tag is kept bound to the fingerprints that the map then
// held of the slot's blocks: whatever becomes of parts of a map, a tag whose rows are not there any more, or are older than it, fits nothing.
import { SLOT_TAG_WORDS } from '../compute/slot-marks';
import { freeAtOnce } from '../format/free-at-once';
import { GrowingColumn } from '../format/growing-column';
import { type MapRows } from '../format/map-chunk';
import { ABSENT, OWN } from './tier';

export class SlotTags {
  private readonly tags: Uint32Array;
  private readonly tierOf: Uint8Array;
  private changed = 0;

  constructor(slots: number) {
    this.tags = new Uint32Array(slots * SLOT_TAG_WORDS);
    this.tierOf = new Uint8Array(slots).fill(ABSENT);
  }

  /** Tags this piece changed. */
  get changes(): number {
    return this.changed;
  }

  lay(tier: number, { slots, tags }: Pick<MapRows, 'slots' | 'tags'>): void {
    for (const [i, slot] of slots.entries()) {
      if (slot >= this.tierOf.length) continue;
      for (let word = 0; word < SLOT_TAG_WORDS; word += 1)
        this.tags[slot * SLOT_TAG_WORDS + word] = tags[i * SLOT_TAG_WORDS + word] ?? 0;
      this.tierOf[slot] = tier;
    }
  }

  has(slot: number, bound: Uint32Array): boolean {
    if (this.tierOf[slot] === ABSENT) return false;
    for (let word = 0; word < SLOT_TAG_WORDS; word += 1)
      if (this.tags[slot * SLOT_TAG_WORDS + word] !== bound[word]) return false;
    return true;
  }

  set(slot: number, bound: Uint32Array): void {
    if (this.has(slot, bound)) return;
    if (this.tierOf[slot] !== OWN) this.changed += 1;
    this.tags.set(bound, slot * SLOT_TAG_WORDS);
    this.tierOf[slot] = OWN;
  }

  /** This piece's tags, with those of the newest `merged` tiers that still hold. */
  rows(merged: number): Pick<MapRows, 'slots' | 'tags'> {
    const slots = new GrowingColumn();
    const tags = new GrowingColumn();
    for (let slot = 0; slot < this.tierOf.length; slot += 1) {
      const tier = this.tierOf[slot] ?? ABSENT;
      if (tier === ABSENT || (tier !== OWN && tier >= merged)) continue;
      slots.push([slot]);
      tags.push(this.tags.subarray(slot * SLOT_TAG_WORDS, (slot + 1) * SLOT_TAG_WORDS));
    }
    return { slots: slots.take(), tags: tags.take() };
  }

  free(): void {
    freeAtOnce(this.tags);
    freeAtOnce(this.tierOf);
  }
}
