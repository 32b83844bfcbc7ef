import { millsRatio } from "../kernels/mills-ratio.ts";
import { evaluateTimeValue, type TimeValue, type TimeValuePoint } from "./time-value.ts";

/** The two legs of a European option in present values, and what sets its time value. */
export type BlackLegs = {
  /** Present value of receiving the underlying at expiry, > 0. */
  assetLeg: number;
  /** Present value of paying the strike at expiry, > 0. */
  strikeLeg: number;
  /** ln(assetLeg / strikeLeg), given apart because it is known better than the ratio. */
  logMoneyness: number;
  /** vol × sqrt(yearsToExpiry), >= 0. */
  totalVol: number;
};

/** The terms that every price and greek is made of. d1 and d2 as Black and Scholes name them, N the normal distribution. */
export type BlackTerms = {
  /** N(d1) and N(-d1), each precise when small. */
  callAssetProbability: number;
  putAssetProbability: number;
  /** N(d2) and N(-d2), each precise when small. */
  callStrikeProbability: number;
  putStrikeProbability: number;
  /** assetLeg × phi(d1) = strikeLeg × phi(d2); 0 at totalVol 0. */
  density: number;
  callPrice: number;
  putPrice: number;
};

export const newBlackLegs = (): BlackLegs => ({ assetLeg: NaN, strikeLeg: NaN, logMoneyness: NaN, totalVol: NaN });

export const newBlackTerms = (): BlackTerms => ({
  callAssetProbability: NaN,
  putAssetProbability: NaN,
  callStrikeProbability: NaN,
  putStrikeProbability: NaN,
  density: NaN,
  callPrice: NaN,
  putPrice: NaN,
});

/** Smaller values count as zero, so that no denormal enters a hash or slows a loop. */
const SMALLEST_PRICE = 1e-300;
/** Below this the limits at 0 are used: off the money they hold to the last bit far earlier, at the money gamma must stay finite. */
const SMALLEST_TOTAL_VOL = 1e-200;

// Written and read within one call and never across calls, so that a hot loop allocates nothing.
const point: TimeValuePoint = { lowerLeg: NaN, distance: NaN, totalVol: NaN };
const timeValue: TimeValue = { value: NaN, slope: NaN, shortfall: NaN };

/** The limits at zero volatility or expiry: probabilities are 0 or 1, and one half exactly at the money. */
const writeLimits = (legs: BlackLegs, terms: BlackTerms): void => {
  const { assetLeg, strikeLeg, logMoneyness } = legs;
  const callProbability = logMoneyness > 0 ? 1 : logMoneyness < 0 ? 0 : 0.5;
  terms.callAssetProbability = callProbability;
  terms.callStrikeProbability = callProbability;
  terms.putAssetProbability = 1 - callProbability;
  terms.putStrikeProbability = 1 - callProbability;
  terms.density = 0;
  terms.callPrice = logMoneyness > 0 ? Math.max(assetLeg - strikeLeg, 0) : 0;
  terms.putPrice = logMoneyness < 0 ? Math.max(strikeLeg - assetLeg, 0) : 0;
};

/**
 * Computes the shared terms once. The out-of-the-money side is valued directly and the other is that plus intrinsic value,
 * so put–call parity holds to the last rounding and no price is negative.
 */
export const evaluateBlackTerms = (legs: BlackLegs, terms: BlackTerms): void => {
  const { assetLeg, strikeLeg, logMoneyness, totalVol } = legs;
  if (totalVol < SMALLEST_TOTAL_VOL) {
    writeLimits(legs, terms);
    return;
  }
  const callIsOut = logMoneyness <= 0;
  const lowerLeg = callIsOut ? assetLeg : strikeLeg;
  const upperLeg = callIsOut ? strikeLeg : assetLeg;
  point.lowerLeg = lowerLeg;
  point.distance = Math.abs(logMoneyness);
  point.totalVol = totalVol;
  evaluateTimeValue(point, timeValue);
  const z = point.distance / totalVol;
  const near = z - 0.5 * totalVol;
  const slope = timeValue.slope;
  const nearTail = slope === 0 ? 0 : (slope * millsRatio(Math.abs(near))) / lowerLeg;
  const nearProbability = near >= 0 ? nearTail : 1 - nearTail;
  const nearComplement = near >= 0 ? 1 - nearTail : nearTail;
  const farProbability = slope === 0 ? 0 : (slope * millsRatio(z + 0.5 * totalVol)) / upperLeg;
  const farComplement = 1 - farProbability;
  const outPrice = timeValue.value < SMALLEST_PRICE ? 0 : timeValue.value;
  const inPrice = Math.max(upperLeg - lowerLeg, 0) + outPrice;
  terms.density = slope;
  if (callIsOut) {
    terms.callAssetProbability = nearProbability;
    terms.putAssetProbability = nearComplement;
    terms.callStrikeProbability = farProbability;
    terms.putStrikeProbability = farComplement;
    terms.callPrice = outPrice;
    terms.putPrice = inPrice;
  } else {
    terms.putStrikeProbability = nearProbability;
    terms.callStrikeProbability = nearComplement;
    terms.putAssetProbability = farProbability;
    terms.callAssetProbability = farComplement;
    terms.putPrice = outPrice;
    terms.callPrice = inPrice;
  }
};
