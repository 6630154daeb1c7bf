// What a state of the collector model is, where its numbers are, and what everybody who takes steps does with it.

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

/** Steps of a writer: what it does next. Others see how far it is. */
export const W = {
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
/** A manifest or partial: not there, a tombstone, expired, or there with the packs it needs. */
export const M = { none: 0, tombstone: 1, expired: 2, refs: 3 } as const;
/** A set that may not be there yet: 0, or the set + 1. */
export const NOT_YET = 0;
export const OLD_PACK = 1;

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

/** Whoever takes steps: reads a state and emits the next. */
export abstract class Actor {
  protected readonly at: Layout;
  private readonly next: Uint8Array;

  constructor(protected readonly options: CollectorModelOptions) {
    this.at = new Layout(options);
    this.next = new Uint8Array(this.at.widths.length);
  }

  protected is(mutant: Mutant): boolean {
    return this.options.mutant === mutant;
  }

  protected get(s: Uint8Array, field: number): number {
    return s[field] ?? 0;
  }

  /** Emits the state with these fields changed: field, value, field, value… */
  protected emit(s: Uint8Array, emit: (next: Uint8Array) => void, ...changes: number[]): void {
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

  protected isSecondary(w: number): boolean {
    return this.options.secondary === true && w === this.options.writers - 1;
  }

  protected own(w: number): number {
    return OLD_PACK << (w + 1);
  }

  /** Packs that a reader of gc/* must not rely on. */
  protected dead(s: Uint8Array): number {
    let dead = 0;
    for (let g = 0; g < this.options.generations; g += 1) {
      const verdict = this.get(s, this.at.verdicts + g);
      const condemned = this.get(s, this.at.condemned + g);
      if (verdict !== NOT_YET) dead |= verdict - 1;
      else if (condemned !== NOT_YET) dead |= condemned - 1;
    }
    return dead;
  }
}
