import type { BookLimits, DecisionType, HedgePolicy } from "@finality/contracts";

// The rows of projection.*, as values. Amounts are exact decimals as strings; model values are doubles; null: not known.

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
  /** Coins; null for a book without coin-settled options. */
  readonly premiumAdjustedDelta: number | null;
  /** With respect to the forwards, vol and years per 1.00; what is per year is the change as calendar time passes. */
  readonly vanna: number | null;
  readonly volga: number | null;
  readonly charmPerYear: number | null;
  readonly vetaPerYear: number | null;
  readonly speed: number | null;
  readonly zomma: number | null;
  readonly colorPerYear: number | null;
  readonly ultima: number | null;
  readonly bandLower: number | null;
  readonly bandUpper: number | null;
  readonly bandTarget: number | null;
  /** `ok`, or what keeps the book from being valued on fresh data, such as `stale_price`. */
  readonly condition: string;
};

/** One strike's vol as the books are valued with. */
export type StrikeVol = { readonly strike: number; readonly vol: number; readonly volTimeUs: number; readonly volSource: "quote" | "mark" | null };

/** A raw SVI smile with the error of its fit: in vol points (0.01), and in the quotes' own bid–ask widths. */
export type Smile = {
  readonly svi: { readonly a: number; readonly b: number; readonly rho: number; readonly m: number; readonly sigma: number };
  readonly forward: number;
  readonly yearsToExpiry: number;
  readonly timeUs: number;
  readonly quotesUsed: number;
  readonly quotesLeftOut: number;
  readonly rmsVolPoints: number;
  readonly maxVolPoints: number;
  readonly rmsWidths: number;
  readonly maxWidths: number;
  /** Places where the best fit allowed arbitrage, which this one does not. */
  readonly repairs: number;
};

/** The vols of one expiry that books hold or held. */
export type SmileRow = {
  readonly log: string;
  /** Expiry, settlement and source of the forward. */
  readonly key: string;
  readonly expiryUs: number;
  readonly strikes: readonly StrikeVol[];
  /** The last fit that succeeded, with its time. */
  readonly fitted: Smile | null;
  /** Why the newest attempt gave no smile; null when it did. */
  readonly refused: string | null;
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
  /** Of a coin book: the index at which the two amounts below were converted, its recorded time, and they; else null. */
  readonly quotePrice: string | null;
  readonly quotePriceUs: number | null;
  readonly quoteNetPnl: string | null;
  readonly quoteCash: string | null;
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
  readonly smiles: readonly SmileRow[];
  readonly pnl: readonly PnlRow[];
  readonly orders: readonly OrderRow[];
  readonly decisions: readonly DecisionRow[];
};

export const noRows: ReadModels = { books: [], positions: [], greeks: [], smiles: [], pnl: [], orders: [], decisions: [] };
