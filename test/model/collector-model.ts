// The protocol between writers, collectors and restores as a model small enough to look at every interleaving of it. One pack of old, that
// nothing needs at first or that one old recovery point names, and one pack of each writer's own; every step is one request to the store.
// What the model leaves out, and the real code has on top: recipes that keep their packs until they are released, and the check for packs
// that are gone before a commit. It holds without them.
import { type Model } from './explore';

/** A rule that is broken on purpose: the search must find the loss. */
export type Mutant =
  | 'verdict reads only the manifests of sessions it waited for'
  | 'no tombstone'
  | 'gc is read before the session marker is there'
  | 'a prior-map hit is not checked against condemned packs'
  | 'gc is cleaned after done, and indexes are cached'
  | 'sessions are listed before condemned is there'
  | 'a secondary session ends itself, and its parent opens later'
  | 'a writer does not look whether it was taken for dead'
  | 'a partial is built after the end marker'
  | 'partials are not read'
  | 'pins are not read for the verdict'
  | 'gc is read before the pin is there';

export interface CollectorModelOptions {
  readonly writers: number;
  readonly collectors: number;
  readonly generations: number;
  /** The last writer is a secondary session of the first. */
  readonly secondary?: boolean;
  /** Writers may fail and leave a partial; collectors build one for a dead writer. */
  readonly partials?: boolean;
  /** An old recovery point, a restore of it, and its expiry. */
  readonly restore?: boolean;
  readonly mutant?: Mutant;
}

/** Steps of a writer: what it does next. */
const W = {
  open: 0,
  readGc: 1,
  upload: 2,
  close: 3,
  checkEnded: 4,
  commit: 5,
  endChild: 6,
  end: 7,
  over: 8,
} as const;
/** Steps of a collector. */
const C = {
  packs: 0,
  sessions: 1,
  books: 2,
  condemn: 3,
  listSessions: 4,
  recordSessions: 5,
  drain: 6,
  verdictBooks: 7,
  verdictPins: 8,
  decide: 9,
  delete: 10,
} as const;
/** Steps of a restore. */
const R = { pin: 0, readGc: 1, reading: 2, over: 3 } as const;
/** A manifest or partial: not there, a tombstone, expired, or there with the packs it needs. */
const M = { none: 0, tombstone: 1, expired: 2, refs: 3 } as const;
/** A set that may not be there yet: 0, or the set + 1. */
const NOT_YET = 0;
const OLD_PACK = 1;
const LATE_PARENT: Mutant = 'a secondary session ends itself, and its parent opens later';

/** Where the numbers of a state are. */
class Layout {
  readonly widths: number[] = [];
  readonly packs: number;
  readonly open: number;
  readonly manifests: number;
  readonly partials: number;
  readonly condemned: number;
  readonly drained: number;
  readonly verdicts: number;
  readonly writers: number;
  readonly collectors: number;
  readonly restore: number;

  constructor({ writers, collectors, generations }: CollectorModelOptions) {
    const packBits = writers + 1;
    const setBits = packBits + 1;
    const add = (count: number, ...widths: number[]): number => {
      const first = this.widths.length;
      for (let i = 0; i < count; i += 1) this.widths.push(...widths);
      return first;
    };
    this.packs = add(1, packBits);
    this.open = add(1, writers);
    this.manifests = add(writers + 1, setBits + 1);
    this.partials = add(writers, setBits + 1);
    this.condemned = add(generations, setBits);
    this.drained = add(generations, writers + 1);
    this.verdicts = add(generations, setBits);
    this.writers = add(writers, 4, packBits); // step, packs it refers to
    this.collectors = add(collectors, 4, 2, packBits, packBits); // step, generation, two sets
    this.restore = add(1, 2, 1); // step, pin
  }
}

export function collectorModel(options: CollectorModelOptions): Model {
  return new CollectorModel(options);
}

class CollectorModel implements Model {
  readonly widths: readonly number[];
  readonly initial: readonly number[];
  private readonly at: Layout;
  private readonly next: Uint8Array;

  constructor(private readonly options: CollectorModelOptions) {
    this.at = new Layout(options);
    this.widths = this.at.widths;
    this.next = new Uint8Array(this.widths.length);
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
    for (let w = 0; w < this.options.writers; w += 1) this.writerSteps(s, w, emit);
    for (let c = 0; c < this.options.collectors; c += 1) this.collectorSteps(s, c, emit);
    if (this.options.restore === true) this.restoreSteps(s, emit);
    this.retentionSteps(s, emit);
  }

  private get oldManifest(): number {
    return this.at.manifests + this.options.writers;
  }

  private is(mutant: Mutant): boolean {
    return this.options.mutant === mutant;
  }

  private get(s: Uint8Array, field: number): number {
    return s[field] ?? 0;
  }

  /** Emits the state with these fields changed: field, value, field, value… */
  private emit(s: Uint8Array, emit: (next: Uint8Array) => void, ...changes: number[]): void {
    this.next.set(s);
    for (let i = 0; i < changes.length; i += 2) this.next[changes[i] ?? 0] = changes[i + 1] ?? 0;
    this.sortCollectors();
    emit(this.next);
  }

  /** Collectors are alike: states that differ in their order only are one. */
  private sortCollectors(): void {
    const first = this.at.collectors;
    for (let c = 1; c < this.options.collectors; c += 1)
      for (let at = first + 4 * c; at > first && this.isBefore(at, at - 4); at -= 4)
        for (let i = 0; i < 4; i += 1) {
          const moved = this.next[at + i] ?? 0;
          this.next[at + i] = this.next[at + i - 4] ?? 0;
          this.next[at + i - 4] = moved;
        }
  }

  private isBefore(a: number, b: number): boolean {
    for (let i = 0; i < 4; i += 1) {
      const difference = (this.next[a + i] ?? 0) - (this.next[b + i] ?? 0);
      if (difference !== 0) return difference < 0;
    }
    return false;
  }

  private isSecondary(w: number): boolean {
    return this.options.secondary === true && w === this.options.writers - 1;
  }

  private own(w: number): number {
    return OLD_PACK << (w + 1);
  }

  /** Packs that a reader of gc/* must not rely on. */
  private dead(s: Uint8Array): number {
    let dead = 0;
    for (let g = 0; g < this.options.generations; g += 1) {
      const verdict = this.get(s, this.at.verdicts + g);
      const condemned = this.get(s, this.at.condemned + g);
      if (verdict !== NOT_YET) dead |= verdict - 1;
      else if (condemned !== NOT_YET) dead |= condemned - 1;
    }
    return dead;
  }

  private writerSteps(s: Uint8Array, w: number, emit: (next: Uint8Array) => void): void {
    const step = this.at.writers + 2 * w;
    const refs = step + 1;
    const open = this.get(s, this.at.open);
    const gcFirst = this.is('gc is read before the session marker is there');
    switch (this.get(s, step)) {
      case W.open: {
        if (this.isSecondary(w) && (open & 1) === 0 && !this.is(LATE_PARENT)) return; // its parent opens first
        if (gcFirst) this.emit(s, emit, step, W.readGc, refs, this.chosen(s, w));
        else this.emit(s, emit, step, W.readGc, this.at.open, open | (1 << w));
        return;
      }
      case W.readGc:
        if (gcFirst) this.emit(s, emit, step, W.upload, this.at.open, open | (1 << w));
        else this.emit(s, emit, step, W.upload, refs, this.chosen(s, w));
        return;
      case W.upload:
        this.emit(s, emit, step, this.afterUpload(), this.at.packs, this.get(s, this.at.packs) | this.own(w));
        return;
      case W.close:
        this.emit(s, emit, step, W.checkEnded); // the recipe is there
        return;
      case W.checkEnded:
        if (this.isTakenForDead(s, w)) this.emit(s, emit, step, W.over, refs, 0);
        else this.emit(s, emit, step, this.isSecondary(w) ? W.end : W.commit);
        return;
      case W.commit:
        this.commitSteps(s, w, emit);
        return;
      case W.endChild:
        this.emit(s, emit, step, W.end, this.at.open, open & ~(1 << (this.options.writers - 1)));
        return;
      case W.end:
        if (!this.isSecondary(w)) this.emit(s, emit, step, W.over, refs, 0, this.at.open, open & ~(1 << w));
        else if (this.is(LATE_PARENT)) this.emit(s, emit, step, W.over, this.at.open, open & ~(1 << w));
    }
  }

  /** Recipes matter to partials and secondary sessions only: else closing is a step without an effect. */
  private afterUpload(): number {
    return this.options.partials === true || this.options.secondary === true ? W.close : W.commit;
  }

  private isTakenForDead(s: Uint8Array, w: number): boolean {
    if (this.is('a writer does not look whether it was taken for dead')) return false;
    const root = this.isSecondary(w) ? 0 : w;
    const isOpen = (this.get(s, this.at.open) & (1 << w)) !== 0;
    return !isOpen || this.get(s, this.at.manifests + root) === M.tombstone;
  }

  /** All packs the writer may find: the old one, which its cached index names for ever, and those others uploaded before. */
  private chosen(s: Uint8Array, w: number): number {
    let found = OLD_PACK;
    for (let other = 0; other < this.options.writers; other += 1)
      if (other !== w && this.get(s, this.at.writers + 2 * other) > W.upload) found |= this.own(other);
    if (!this.is('a prior-map hit is not checked against condemned packs')) found &= ~this.dead(s);
    else found &= ~this.dead(s) | OLD_PACK;
    return found | this.own(w);
  }

  private commitSteps(s: Uint8Array, w: number, emit: (next: Uint8Array) => void): void {
    const { writers, manifests, partials } = this.at;
    const step = writers + 2 * w;
    let needed = this.get(s, step + 1);
    const child = this.options.writers - 1;
    const hasChild = this.options.secondary === true;
    if (hasChild && this.get(s, writers + 2 * child) >= W.end) needed |= this.get(s, writers + 2 * child + 1);
    const manifest = this.get(s, manifests + w);
    const after = hasChild ? W.endChild : W.end;
    if (manifest === M.none || (manifest === M.tombstone && this.is('no tombstone')))
      this.emit(s, emit, step, after, manifests + w, M.refs + needed);
    else this.emit(s, emit, step, after); // fenced
    if (this.options.partials !== true || manifest >= M.expired) return;
    const partial = this.get(s, partials + w);
    this.emit(s, emit, step, after, partials + w, partial === M.none ? M.refs + needed : partial);
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

  private collectorSteps(s: Uint8Array, c: number, emit: (next: Uint8Array) => void): void {
    const step = this.at.collectors + 4 * c;
    const [generation, one, two] = [step + 1, step + 2, step + 3];
    const g = this.get(s, generation);
    if (g >= this.options.generations) return;
    const condemned = this.at.condemned + g;
    const [a, b] = [this.get(s, one), this.get(s, two)];
    switch (this.get(s, step)) {
      case C.packs:
        if (this.get(s, condemned) === NOT_YET)
          this.emit(s, emit, step, C.sessions, one, this.get(s, this.at.packs));
        else this.emit(s, emit, step, C.listSessions);
        return;
      case C.sessions:
        this.emit(s, emit, step, C.books, two, this.get(s, this.at.open));
        return;
      case C.books: {
        const live = this.named(s, -1) | this.pinned(s);
        this.emit(s, emit, step, C.condemn, one, a & ~live & ~(b << 1));
        return;
      }
      case C.condemn: {
        const proposed = this.get(s, condemned) === NOT_YET ? a + 1 : this.get(s, condemned);
        const early = this.is('sessions are listed before condemned is there');
        if (early) this.emit(s, emit, condemned, proposed, step, C.recordSessions, one, b);
        else this.emit(s, emit, condemned, proposed, step, C.listSessions, one, 0, two, 0);
        return;
      }
      case C.listSessions:
        this.emit(s, emit, step, C.recordSessions, one, this.get(s, this.at.open), two, 0);
        return;
      case C.recordSessions: {
        const recorded = this.at.drained + g;
        const value = this.get(s, recorded) === NOT_YET ? a + 1 : this.get(s, recorded);
        this.emit(s, emit, recorded, value, step, C.drain, one, 0, two, 0);
        return;
      }
      case C.drain:
        this.drainSteps(s, c, emit);
        return;
      default:
        this.verdictSteps(s, c, emit);
    }
  }

  /** Waits for sessions to end, or ends those of a writer it takes for dead, at any time: no clock is trusted. */
  private drainSteps(s: Uint8Array, c: number, emit: (next: Uint8Array) => void): void {
    const step = this.at.collectors + 4 * c;
    const began = this.get(s, this.at.drained + this.get(s, step + 1)) - 1;
    const open = this.get(s, this.at.open);
    if ((began & open) === 0) return this.emit(s, emit, step, C.verdictBooks);
    for (let w = 0; w < this.options.writers; w += 1) {
      if ((began & open & (1 << w)) === 0) continue;
      const root = this.isSecondary(w) ? 0 : w;
      const manifest = this.get(s, this.at.manifests + root);
      if (manifest === M.none && !this.is('no tombstone'))
        this.emit(s, emit, this.at.manifests + root, M.tombstone);
      else if (this.owesPartial(s, root) && !this.is('a partial is built after the end marker'))
        this.emit(s, emit, this.at.partials + root, M.refs + this.closedRefs(s, root));
      else this.emit(s, emit, this.at.open, open & ~(1 << w));
    }
    if (this.is('a partial is built after the end marker')) this.buildLatePartials(s, emit);
  }

  private buildLatePartials(s: Uint8Array, emit: (next: Uint8Array) => void): void {
    for (let w = 0; w < this.options.writers; w += 1)
      if (this.owesPartial(s, w) && (this.get(s, this.at.open) & (1 << w)) === 0)
        this.emit(s, emit, this.at.partials + w, M.refs + this.closedRefs(s, w));
  }

  private owesPartial(s: Uint8Array, w: number): boolean {
    return (
      this.options.partials === true &&
      this.get(s, this.at.manifests + w) === M.tombstone &&
      this.get(s, this.at.partials + w) === M.none &&
      this.closedRefs(s, w) !== 0
    );
  }

  /** What the closed pieces of the writer's sessions need. */
  private closedRefs(s: Uint8Array, w: number): number {
    const step = this.at.writers + 2 * w;
    return this.get(s, step) > W.close ? this.get(s, step + 1) : 0;
  }

  private verdictSteps(s: Uint8Array, c: number, emit: (next: Uint8Array) => void): void {
    const step = this.at.collectors + 4 * c;
    const [generation, one, two] = [step + 1, step + 2, step + 3];
    const g = this.get(s, generation);
    const [a, b] = [this.get(s, one), this.get(s, two)];
    const verdict = this.at.verdicts + g;
    switch (this.get(s, step)) {
      case C.verdictBooks: {
        const limited = this.is('verdict reads only the manifests of sessions it waited for');
        const only = limited ? this.get(s, this.at.drained + g) - 1 : -1;
        const after = this.options.restore === true ? C.verdictPins : C.decide;
        this.emit(s, emit, step, after, one, this.named(s, only));
        return;
      }
      case C.verdictPins: {
        const pinned = this.is('pins are not read for the verdict') ? 0 : this.pinned(s);
        this.emit(s, emit, step, C.decide, one, a | pinned);
        return;
      }
      case C.decide: {
        const mine = ((this.get(s, this.at.condemned + g) - 1) & ~a) + 1;
        const decided = this.get(s, verdict) === NOT_YET ? mine : this.get(s, verdict);
        this.emit(s, emit, verdict, decided, step, C.delete, one, 0, two, decided - 1);
        return;
      }
      case C.delete: {
        const packs = this.get(s, this.at.packs);
        const left = b & packs;
        const cleaned = this.is('gc is cleaned after done, and indexes are cached')
          ? [this.at.condemned + g, 1, verdict, 1]
          : [];
        if (left === 0) this.emit(s, emit, step, C.packs, generation, g + 1, two, 0, ...cleaned);
        else this.emit(s, emit, this.at.packs, packs & ~(left & -left));
      }
    }
  }

  /** Packs that manifests and partials name that are there now. @param only a set of writers to look at, -1 for all */
  private named(s: Uint8Array, only: number): number {
    let named = 0;
    for (let w = 0; w <= this.options.writers; w += 1) {
      const manifest = this.get(s, this.at.manifests + w);
      if (manifest >= M.refs && (only & (1 << w)) !== 0) named |= manifest - M.refs;
    }
    if (this.is('partials are not read')) return named;
    for (let w = 0; w < this.options.writers; w += 1) {
      const partial = this.get(s, this.at.partials + w);
      if (partial >= M.refs) named |= partial - M.refs;
    }
    return named;
  }

  private pinned(s: Uint8Array): number {
    return this.get(s, this.at.restore + 1) === 1 ? OLD_PACK : 0;
  }
}
