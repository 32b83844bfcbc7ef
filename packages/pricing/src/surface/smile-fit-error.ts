import type { SmileData } from "./smile-quotes.ts";

/** How well a smile fits its quotes: model vol less the middle of bid and ask vol, of the quotes used. */
export type SmileFitError = {
  readonly quotesUsed: number;
  readonly quotesLeftOut: number;
  /** In vol points (0.01 of vol). */
  readonly rmsVolPoints: number;
  readonly maxVolPoints: number;
  /** In the quotes' own bid–ask widths; within ±0.5 the model lies between bid and ask. */
  readonly rmsWidths: number;
  readonly maxWidths: number;
  /** Quotes whose model vol lies between their bid and ask (or within half of `SMALLEST_WIDTH_VOL`). */
  readonly quotesWithinBidAsk: number;
  /** Index among the quotes given of the one with the largest error in widths, its place and its error (model less middle). */
  readonly worst: { readonly index: number; readonly logMoneyness: number; readonly errorVolPoints: number };
};

const VOL_POINTS_PER_UNIT = 100;

/** `data` of at least one quote out of `quotesGiven`. */
export const smileFitError = (data: SmileData, quotesGiven: number, totalVarianceAt: (k: number) => number): SmileFitError => {
  let volSquares = 0;
  let widthSquares = 0;
  let maxVol = 0;
  let maxWidths = -1;
  let quotesWithinBidAsk = 0;
  let worst = { index: NaN, logMoneyness: NaN, errorVolPoints: NaN };
  for (const [i, index] of data.indices.entries()) {
    const logMoneyness = data.logMoneyness[i] ?? NaN;
    const errorVol = Math.sqrt(totalVarianceAt(logMoneyness) / data.yearsToExpiry) - (data.midVol[i] ?? NaN);
    const widths = Math.abs(errorVol) / (data.widthVol[i] ?? NaN);
    volSquares += errorVol * errorVol;
    widthSquares += widths * widths;
    maxVol = Math.max(maxVol, Math.abs(errorVol));
    if (widths <= 0.5) quotesWithinBidAsk += 1;
    if (widths > maxWidths) {
      maxWidths = widths;
      worst = { index, logMoneyness, errorVolPoints: VOL_POINTS_PER_UNIT * errorVol };
    }
  }
  return {
    quotesUsed: data.count,
    quotesLeftOut: quotesGiven - data.count,
    rmsVolPoints: VOL_POINTS_PER_UNIT * Math.sqrt(volSquares / data.count),
    maxVolPoints: VOL_POINTS_PER_UNIT * maxVol,
    rmsWidths: Math.sqrt(widthSquares / data.count),
    maxWidths,
    quotesWithinBidAsk,
    worst,
  };
};
