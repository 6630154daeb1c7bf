// Explicit-state search: every state that can be reached, each once, breadth first. A state is a row of small numbers; visited states are
// packed into words of typed arrays, so that millions of them fit.

export interface Model {
  /** Bits of each number of a state. */
  readonly widths: readonly number[];
  readonly initial: readonly number[];
  /** Calls `emit` with every state that one step of anybody leads to; `state` and what is emitted are scratch memory. */
  successors(state: Uint8Array, emit: (next: Uint8Array) => void): void;
  /** What is wrong with the state, or null. */
  violation(state: Uint8Array): string | null;
}

export type Exploration =
  | { readonly kind: 'holds'; readonly states: number }
  | {
      readonly kind: 'violated';
      readonly what: string;
      readonly states: number;
      readonly trace: readonly number[][];
    }
  | { readonly kind: 'too-large'; readonly states: number };

/** Taken once: looking up a global is slow where tests run. */
const { imul } = Math;
const WORD_BITS = 32;
const LOAD_MAX = 0.6;

export function explore(model: Model, statesMax: number): Exploration {
  const visited = new VisitedStates(model.widths);
  visited.add(Uint8Array.from(model.initial), -1);
  const state = new Uint8Array(model.widths.length);
  for (let at = 0; at < visited.size; at += 1) {
    visited.read(at, state);
    const what = model.violation(state);
    if (what !== null) return { kind: 'violated', what, states: visited.size, trace: visited.pathTo(at) };
    model.successors(state, (next) => visited.add(next, at));
    if (visited.size > statesMax) return { kind: 'too-large', states: visited.size };
  }
  return { kind: 'holds', states: visited.size };
}

/** States in the order of their discovery, found again by open addressing. */
class VisitedStates {
  size = 0;
  private readonly wordOf: Uint8Array;
  private readonly shiftOf: Uint8Array;
  private readonly words: number;
  private states = new Uint32Array(1 << 16);
  private parents = new Int32Array(1 << 14);
  /** Number of a state + 1; 0 where there is none. */
  private slots = new Uint32Array(1 << 16);
  private readonly packed: Uint32Array;

  constructor(private readonly widths: readonly number[]) {
    this.wordOf = new Uint8Array(widths.length);
    this.shiftOf = new Uint8Array(widths.length);
    let [word, shift] = [0, 0];
    widths.forEach((width, field) => {
      if (shift + width > WORD_BITS) [word, shift] = [word + 1, 0];
      this.wordOf[field] = word;
      this.shiftOf[field] = shift;
      shift += width;
    });
    this.words = word + 1;
    this.packed = new Uint32Array(this.words);
  }

  add(state: Uint8Array, parent: number): void {
    this.pack(state);
    const slot = this.slotOf(this.packed, 0);
    if (this.slots[slot] !== 0) return;
    this.growIfFull();
    this.states.set(this.packed, this.size * this.words);
    this.parents[this.size] = parent;
    this.size += 1;
    this.slots[slot] = this.size;
    if (this.size > this.slots.length * LOAD_MAX) this.rehash();
  }

  read(number: number, into: Uint8Array): void {
    for (let field = 0; field < into.length; field += 1) {
      const word = this.states[number * this.words + (this.wordOf[field] ?? 0)] ?? 0;
      into[field] = (word >>> (this.shiftOf[field] ?? 0)) & ((1 << (this.widths[field] ?? 0)) - 1);
    }
  }

  pathTo(number: number): number[][] {
    const path: number[][] = [];
    for (let at = number; at >= 0; at = this.parents[at] ?? -1) {
      const state = new Uint8Array(this.widths.length);
      this.read(at, state);
      path.unshift([...state]);
    }
    return path;
  }

  private pack(state: Uint8Array): void {
    this.packed.fill(0);
    for (let field = 0; field < state.length; field += 1) {
      const word = this.wordOf[field] ?? 0;
      this.packed[word] = (this.packed[word] ?? 0) | ((state[field] ?? 0) << (this.shiftOf[field] ?? 0));
    }
  }

  /** Where the state at `from` of `words` is, or would be. */
  private slotOf(words: Uint32Array, from: number): number {
    let hash = 0x9e3779b9;
    for (let i = 0; i < this.words; i += 1) {
      hash = imul(hash ^ (words[from + i] ?? 0), 0x85ebca6b);
      hash = imul(hash ^ (hash >>> 13), 0xc2b2ae35);
      hash ^= hash >>> 16;
    }
    const mask = this.slots.length - 1;
    for (let slot = (hash >>> 0) & mask; ; slot = (slot + 1) & mask) {
      const number = (this.slots[slot] ?? 0) - 1;
      if (number < 0 || this.isAt(number, words, from)) return slot;
    }
  }

  private isAt(number: number, words: Uint32Array, from: number): boolean {
    for (let i = 0; i < this.words; i += 1)
      if (this.states[number * this.words + i] !== words[from + i]) return false;
    return true;
  }

  private growIfFull(): void {
    if ((this.size + 1) * this.words > this.states.length) {
      const larger = new Uint32Array(this.states.length * 2);
      larger.set(this.states);
      this.states = larger;
    }
    if (this.size === this.parents.length) {
      const larger = new Int32Array(this.parents.length * 2);
      larger.set(this.parents);
      this.parents = larger;
    }
  }

  private rehash(): void {
    this.slots = new Uint32Array(this.slots.length * 2);
    for (let number = 0; number < this.size; number += 1)
      this.slots[this.slotOf(this.states, number * this.words)] = number + 1;
  }
}
