import { invariant } from '@baton/core';

/** Randomness that a failing test can repeat. */
export interface SeededRandom {
  /** At least 0, below 1. */
  next(): number;
  /** A whole number, at least 0 and below `limit`. */
  below(limit: number): number;
  /** One of the list, which must not be empty. */
  pick<T>(list: readonly T[]): T;
}

/**
 * The same seed gives the same numbers, always and on every machine.
 * mulberry32 (Tommy Ettinger, public domain): 32 bits of state, enough for tests, never for secrets.
 */
export const seededRandom = (seed: number): SeededRandom => {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => {
    invariant(Number.isSafeInteger(limit) && limit > 0, `a limit is a whole number above 0, not ${limit}`);
    return Math.floor(next() * limit);
  };
  return {
    next,
    below,
    pick(list) {
      const index = below(list.length);
      return list[index] as (typeof list)[number];
    },
  };
};
