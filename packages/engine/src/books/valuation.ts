/** Forward and vol that one option series was valued with. */
export type ValuedVol = { readonly instrument: string; readonly forward: number; readonly vol: number; readonly yearsToExpiry: number };

/** What keeps a book from being valued on fresh data (rule 18), and the instrument that it is about. */
export type Condition = { readonly kind: "ok" | "stale_price" | "stale_vol" | "awaiting_settlement"; readonly subject: string | null };

/** Ends of an interval, currency per point. */
export type Interval = { readonly low: number; readonly high: number };

/**
 * A book's model values at the last record. Plain data; part of the state. Null: something that it needs was never known.
 * Deltas are in quote currency per point of the underlying (quantity × multiplier × delta).
 */
export type Valuation = {
  readonly condition: Condition;
  /** Price of the underlying: the index, or the hedge instrument's mid in a log without one. */
  readonly spot: number | null;
  readonly optionDelta: number | null;
  /** Of everything that is no option. */
  readonly hedgeDelta: number | null;
  /** Options, hedges, and fills that are certain but have not arrived. */
  readonly heldDelta: number | null;
  /** `heldDelta` with the remainder of open and unknown orders as worst and best case. */
  readonly netDelta: Interval | null;
  /** Currency per point squared. */
  readonly gamma: number | null;
  /** Quote currency for +0.01 of vol. */
  readonly vegaPerVolPoint: number | null;
  /** Quote currency over one calendar day. */
  readonly thetaPerDay: number | null;
  /** Every live option series with a position, sorted by name. */
  readonly vols: readonly ValuedVol[];
  /** The book had options and the last series has expired: nothing is left to hedge. */
  readonly finished: boolean;
};

export const emptyValuation: Valuation = {
  condition: { kind: "ok", subject: null },
  spot: null,
  optionDelta: null,
  hedgeDelta: null,
  heldDelta: null,
  netDelta: null,
  gamma: null,
  vegaPerVolPoint: null,
  thetaPerDay: null,
  vols: [],
  finished: false,
};
