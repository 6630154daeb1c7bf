// The steps of a collector: condemn what nothing needs, wait for those who were at work, decide, delete.
import { Actor, M, NOT_YET, OLD_PACK, W } from './model-state';

/** What it does next. */
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

export class Collectors extends Actor {
  steps(s: Uint8Array, c: number, emit: (next: Uint8Array) => void): void {
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
