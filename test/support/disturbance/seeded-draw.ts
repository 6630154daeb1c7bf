// Chance that can be had again: the same seed draws the same steps, and each step draws from a seed of its own, so that how often one of them
// draws changes nothing for those after it.
import { seeded } from '../../../libs/vault/src/testing/oracle-stream';

export interface SeededDraw {
  /** A whole number, 0 or more and below the bound. */
  below(bound: number): number;
  /** @throws RangeError when there is nothing to draw from */
  of<T>(items: readonly T[]): T;
  /** One of the items, each as often as its weight says. */
  weighted<T extends { readonly weight: number }>(items: readonly T[]): T;
}

/** An odd number without a pattern: steps of neighbouring seeds are no neighbours. */
const SEED_STRIDE = 2_654_435_761;

export function seededDraw(seed: number): SeededDraw {
  const next = seeded(seed);
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
