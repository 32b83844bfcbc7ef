import type { SviRaw } from "@finality/pricing";

/** A smile that was fitted to one expiry's quotes. Plain data. Vol points are 0.01 of vol; widths are the quotes' own bid–ask widths. */
export type FittedSmile = {
  readonly svi: SviRaw;
  readonly forward: number;
  readonly yearsToExpiry: number;
  /** Recorded time of the fit. */
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

/** The options of one expiry, settlement and forward. Plain data; part of the state. */
export type SmileState = {
  readonly key: string;
  readonly expiryUs: number;
  /** Keys of its strikes, in order of listing. */
  strikes: string[];
  /** A book has or had a position in one of them. Only these are fitted. */
  watched: boolean;
  /** Recorded time of the last attempt. */
  attemptedUs: number | null;
  /** The last fit that succeeded, kept with its time. */
  fitted: FittedSmile | null;
  /** Why the last attempt gave no smile; null when it did, or before the first. */
  refused: string | null;
};
