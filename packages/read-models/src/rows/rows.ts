import type { BookLimits, DecisionType, HedgePolicy } from "@finality/contracts";

// The rows of read_model.*, as values. Amounts are exact decimals as strings; model values are doubles; null: not known.

/** How far the rows of a log are true: everything up to and with `position`, nothing behind it. */
export type Checkpoint = {
  readonly log: string;
  readonly generation: number;
  readonly position: number;
  /** Of the last projected record. */
  readonly recordedTimeUs: number;
  readonly venueTimeUs: number;
};

export type BookStatus = "trading" | "halted" | "held" | "suspended";

export type BookRow = {
  readonly log: string;
  readonly book: string;
  readonly account: string;
  readonly hedgeInstrument: string;
  readonly policy: HedgePolicy;
  readonly limits: BookLimits;
  readonly status: BookStatus;
  /** Recorded reason for not hedging that has not ended. */
  readonly refusal: string | null;
  /** Hedge orders decided so far. */
  readonly hedges: number;
};

export type PositionStatus = "open" | "awaiting_settlement" | "settled" | "flat";

export type PositionRow = {
  readonly log: string;
  readonly book: string;
  readonly instrument: string;
  /** Contracts, signed. */
  readonly quantity: string;
  /** Null when flat. */
  readonly averagePrice: string | null;
  readonly markPrice: string | null;
  /** Of the amounts below. */
  readonly currency: string;
  /** Settlement included, fees not. */
  readonly realizedPnl: string;
  readonly unrealizedPnl: string | null;
  readonly settlementCash: string;
  /** Paid; negative when rebates prevail. */
  readonly fees: string;
  readonly status: PositionStatus;
};

/** Deltas in currency per point of the underlying, gamma per point squared. */
export type GreeksRow = {
  readonly log: string;
  readonly book: string;
  readonly spot: number | null;
  /** Ends of the interval that orders in flight make of net delta. */
  readonly netDeltaLow: number | null;
  readonly netDeltaHigh: number | null;
  readonly optionDelta: number | null;
  readonly hedgeDelta: number | null;
  readonly gamma: number | null;
  /** Currency for +0.01 of vol. */
  readonly vegaPerVolPoint: number | null;
  /** Currency over one calendar day. */
  readonly thetaPerDay: number | null;
  readonly bandLower: number | null;
  readonly bandUpper: number | null;
  readonly bandTarget: number | null;
  /** `ok`, or what keeps the book from being valued on fresh data, such as `stale_price`. */
  readonly condition: string;
};

export type PnlRow = {
  readonly log: string;
  readonly book: string;
  readonly currency: string;
  /** Half-spreads paid on booked trades. */
  readonly openingCost: string;
  readonly optionPnl: string;
  readonly hedgePnl: string;
  readonly settlement: string;
  readonly fees: string;
  readonly netPnl: string;
  readonly cash: string;
  readonly maxAbsNetDelta: number;
  /** Time-weighted. */
  readonly meanAbsNetDelta: number;
};

export type OrderRow = {
  readonly log: string;
  readonly commandId: string;
  /** Of its `HedgeDecided`. */
  readonly position: number;
  readonly book: string;
  readonly instrument: string;
  readonly side: string;
  readonly quantity: string;
  readonly cumulativeQuantity: string;
  /** Of the fills that arrived; null before the first. */
  readonly averagePrice: string | null;
  readonly fees: string;
  /** `decided` until something was heard of it, then as reported. */
  readonly state: string;
};

export type DecisionRow = {
  readonly log: string;
  readonly position: number;
  readonly type: DecisionType;
  readonly book: string | null;
  readonly reason: string | null;
  readonly recordedTimeUs: number;
  readonly body: unknown;
};

/** Everything that a fold of one log shows. */
export type ReadModels = {
  readonly books: readonly BookRow[];
  readonly positions: readonly PositionRow[];
  readonly greeks: readonly GreeksRow[];
  readonly pnl: readonly PnlRow[];
  readonly orders: readonly OrderRow[];
  readonly decisions: readonly DecisionRow[];
};

export const noRows: ReadModels = { books: [], positions: [], greeks: [], pnl: [], orders: [], decisions: [] };
