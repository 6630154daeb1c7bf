// The protocol between writers, collectors and restores as a model small enough to look at every interleaving of it. One pack of old, that
// nothing needs at first or that one old recovery point names, and one pack of each writer's own; every step is one request to the store.
// What the model leaves out, and the real code has on top: recipes that keep their packs until they are released, and the check for packs
// that are gone before a commit. It holds without them.
import { Collectors } from './collector-steps';
import { type Model } from './explore';
import { Actor, M, OLD_PACK, type CollectorModelOptions } from './model-state';
import { Writers } from './writer-steps';

/** Steps of a restore. */
const R = { pin: 0, readGc: 1, reading: 2, over: 3 } as const;

export function collectorModel(options: CollectorModelOptions): Model {
  return new CollectorModel(options);
}

class CollectorModel extends Actor implements Model {
  readonly widths: readonly number[];
  readonly initial: readonly number[];
  private readonly writers: Writers;
  private readonly collectors: Collectors;

  constructor(options: CollectorModelOptions) {
    super(options);
    this.writers = new Writers(options);
    this.collectors = new Collectors(options);
    this.widths = this.at.widths;
    const initial: number[] = this.widths.map(() => 0);
    initial[this.at.packs] = OLD_PACK;
    initial[this.oldManifest] = options.restore === true ? M.refs + OLD_PACK : M.expired;
    initial[this.at.restore] = options.restore === true ? R.pin : R.over;
    this.initial = initial;
  }

  violation(s: Uint8Array): string | null {
    const packs = this.get(s, this.at.packs);
    const isLost = (book: number): boolean => book >= M.refs && ((book - M.refs) & ~packs) !== 0;
    for (let w = 0; w <= this.options.writers; w += 1)
      if (isLost(this.get(s, this.at.manifests + w))) return `manifest ${w} needs a pack that is gone`;
    for (let w = 0; w < this.options.writers; w += 1)
      if (isLost(this.get(s, this.at.partials + w))) return `partial ${w} needs a pack that is gone`;
    if (this.get(s, this.at.restore) === R.reading && (packs & OLD_PACK) === 0)
      return 'a restore reads a pack that is gone';
    return null;
  }

  successors(s: Uint8Array, emit: (next: Uint8Array) => void): void {
    for (let w = 0; w < this.options.writers; w += 1) this.writers.steps(s, w, emit);
    for (let c = 0; c < this.options.collectors; c += 1) this.collectors.steps(s, c, emit);
    if (this.options.restore === true) this.restoreSteps(s, emit);
    this.retentionSteps(s, emit);
  }

  private get oldManifest(): number {
    return this.at.manifests + this.options.writers;
  }

  private retentionSteps(s: Uint8Array, emit: (next: Uint8Array) => void): void {
    const { manifests, partials } = this.at; // the partials come right after the manifests
    const end = this.options.partials === true ? partials + this.options.writers : partials;
    for (let book = manifests; book < end; book += 1)
      if (this.get(s, book) >= M.refs) this.emit(s, emit, book, M.expired);
  }

  private restoreSteps(s: Uint8Array, emit: (next: Uint8Array) => void): void {
    const { restore } = this.at;
    const pin = restore + 1;
    const isDead = (this.dead(s) & OLD_PACK) !== 0;
    const gcFirst = this.is('gc is read before the pin is there');
    switch (this.get(s, restore)) {
      case R.pin: // the recovery point was chosen long before
        if (!gcFirst) this.emit(s, emit, restore, R.readGc, pin, 1);
        else if (!isDead) this.emit(s, emit, restore, R.readGc);
        return;
      case R.readGc:
        if (gcFirst) this.emit(s, emit, restore, R.reading, pin, 1);
        else if (isDead) this.emit(s, emit, restore, R.over, pin, 0);
        else this.emit(s, emit, restore, R.reading);
        return;
      case R.reading:
        this.emit(s, emit, restore, R.over, pin, 0);
    }
  }
}
