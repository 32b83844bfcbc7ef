/** A two-sided quote, inverted; or the venue's mark, inverted where it carries no vol. */
export type VolSource = "quote" | "mark";

/** One strike of one expiry: the vol that both its legs are valued with. Plain data; part of the state. */
export type StrikeState = {
  readonly key: string;
  readonly parityKey: string | null;
  readonly strike: number;
  readonly expiryUs: number;
  call: string | null;
  put: string | null;
  /** A book has or had a position in a leg. Only these are solved. */
  watched: boolean;
  /** The leg has a good quote or mark newer than the last solve. */
  callPending: boolean;
  putPending: boolean;
  /** Annualised; the last that could be solved, kept with its time. */
  vol: number | null;
  /** Recorded time of the quote or mark that `vol` was taken from. */
  volTimeUs: number | null;
  /** What `vol` was taken from; null while there is none. */
  volSource: VolSource | null;
  /** Why the newest price gave no vol; null when it did. */
  unsolved: string | null;
};

/** The options of one expiry that take their forward from put–call parity. Plain data; part of the state. */
export type ParityState = {
  readonly key: string;
  /** Keys of its strikes, ascending by strike. */
  strikes: string[];
  /** Forward minus index, quote currency; carried on the index. */
  basis: number | null;
  /** Oldest recorded time of what it was taken from. */
  basisTimeUs: number | null;
};

/** The index of the log's underlying. Plain data; part of the state. */
export type IndexMarket = { price: number | null; timeUs: number | null };
