export type SeededRandom = {
  /** Uniform in [0, 1), 32 random bits. */
  next(): number;
  /** A whole number, low <= n <= high. */
  integer(low: number, high: number): number;
  /** One of the items; the list must not be empty. */
  pick<T>(items: readonly T[]): T;
  /** A new list with the items in random order. */
  shuffle<T>(items: readonly T[]): T[];
};

/** The same numbers for the same seed on every machine (mulberry32). Not for secrets. */
export const seededRandom = (seed: number): SeededRandom => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const pick = <T>(items: readonly T[]): T => {
    const index = integer(0, items.length - 1);
    for (const item of items.slice(index, index + 1)) return item;
    throw new RangeError("pick needs a list that is not empty");
  };
  const shuffle = <T>(items: readonly T[]): T[] =>
    items
      .map((item) => ({ item, rank: next() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ item }) => item);
  return { next, integer, pick, shuffle };
};
