// The steps of a writer: its session, its packs, the close of its piece, its commit or its failure.
import { Actor, M, OLD_PACK, W, type Mutant } from './model-state';

const LATE_PARENT: Mutant = 'a secondary session ends itself, and its parent opens later';

export class Writers extends Actor {
  steps(s: Uint8Array, w: number, emit: (next: Uint8Array) => void): void {
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
}
