import { PricingError, requirePositive } from "../errors.ts";

/** One strike's implied vols of bid and ask. Give the out-of-the-money option of a strike. */
export type SmileQuote = {
  /** ln(strike / forward). */
  readonly logMoneyness: number;
  /** Annualised, > 0 and at most `askVol`; anything else (no bid, crossed, NaN) leaves the quote out and counts it. */
  readonly bidVol: number;
  /** May equal `bidVol`: the quote then counts as `SMALLEST_WIDTH_VOL` wide. */
  readonly askVol: number;
};

/** Narrower quotes count as this wide (0.05 vol points), so that a locked market does not outweigh all others. */
export const SMALLEST_WIDTH_VOL = 5e-4;

/** The usable quotes of one expiry, in the order given. */
export type SmileData = {
  readonly yearsToExpiry: number;
  readonly count: number;
  /** Of each usable quote its index among those given. */
  readonly indices: readonly number[];
  readonly logMoneyness: Float64Array;
  readonly midVol: Float64Array;
  /** Bid–ask width in vol, at least `SMALLEST_WIDTH_VOL`. */
  readonly widthVol: Float64Array;
  readonly lowestPlace: number;
  readonly highestPlace: number;
  /** The middle of the quotes, each counted by one over its width squared. */
  readonly anchorPlace: number;
  /** Different places among them. */
  readonly placesUsable: number;
};

const isUsable = ({ logMoneyness, bidVol, askVol }: SmileQuote): boolean =>
  Math.abs(logMoneyness) < Infinity && bidVol > 0 && bidVol <= askVol && askVol < Infinity;

/** Throws PricingError `invalid_input` for yearsToExpiry out of range; an unusable quote is left out. */
export const smileDataOf = (quotes: readonly SmileQuote[], yearsToExpiry: number): SmileData => {
  requirePositive("yearsToExpiry", yearsToExpiry);
  const indices = [...quotes.keys()].filter((i) => {
    const quote = quotes[i];
    return quote !== undefined && isUsable(quote);
  });
  const column = (of: (quote: SmileQuote) => number): Float64Array =>
    Float64Array.from(indices, (i) => {
      const quote = quotes[i];
      if (quote === undefined) throw new PricingError("invalid_input", `quote ${i} must be there`);
      return of(quote);
    });
  const logMoneyness = column((quote) => quote.logMoneyness);
  const widthVol = column((quote) => Math.max(quote.askVol - quote.bidVol, SMALLEST_WIDTH_VOL));
  let weights = 0;
  let moments = 0;
  for (const [i, width] of widthVol.entries()) {
    weights += 1 / (width * width);
    moments += (logMoneyness[i] ?? NaN) / (width * width);
  }
  return {
    yearsToExpiry,
    count: indices.length,
    indices,
    logMoneyness,
    midVol: column((quote) => 0.5 * (quote.bidVol + quote.askVol)),
    widthVol,
    lowestPlace: logMoneyness.reduce((least, k) => Math.min(least, k), Infinity),
    highestPlace: logMoneyness.reduce((most, k) => Math.max(most, k), -Infinity),
    anchorPlace: moments / weights,
    placesUsable: new Set(logMoneyness).size,
  };
};
