// Chance that can be had again: the same seed draws the same steps, and each step draws from a seed of its own, so that how often one of them
// draws changes nothing for those after it.

export interface SeededDraw {
  /** A whole number, 0 or more and below the bound. */
  below(bound: number): number;
  /** @throws RangeError when there is nothing to draw from */
  of<T>(items: readonly T[]): T;
  /** One of the items, each as often as its weight says. */
  weighted<T extends { readonly weight: number }>(items: readonly T[]): T;
}

const TWO_TO_32 = 2 ** 32;
/** An odd number without a pattern: steps of neighbouring seeds are no neighbours. */
const SEED_STRIDE = 2_654_435_761;

/** mulberry32: numbers of neighbouring seeds have nothing in common. */
export function seededDraw(seed: number): SeededDraw {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / TWO_TO_32;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  return {
    below,
    of: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError('nothing to draw from');
      return item;
    },
    weighted: (items) => {
      let ticket = below(items.reduce((sum, { weight }) => sum + weight, 0));
      const drawn = items.find(({ weight }) => (ticket -= weight) < 0);
      if (drawn === undefined) throw new RangeError('nothing to draw from');
      return drawn;
    },
  };
}

/** What the step of that number draws from. */
export function drawOfStep(seed: number, step: number): SeededDraw {
  return seededDraw(Math.imul(seed, SEED_STRIDE) + step);
}
