import { requirePositive } from "../errors.ts";
import { exp } from "../kernels/exponential.ts";
import { log } from "../kernels/logarithm.ts";
import { normalDensity, normalDistribution } from "../kernels/normal.ts";

/** The market of an American put on one unit of strike. Rates are continuous and per year. */
export type PutMarket = { readonly rate: number; readonly yield: number; readonly vol: number };

const STEPS_MAX = 20;
const TOLERANCE = 1e-9;
/** Below this |rate × years| the series of rate / (1 - exp(-rate years)) is more precise than the quotient. */
const SMALL_EXPONENT = 1e-5;

/** The numbers of the approximation that depend on the time left, not on the spot. */
type Coefficients = {
  readonly yearsToExpiry: number;
  readonly strikeDiscount: number;
  readonly assetDiscount: number;
  readonly totalVol: number;
  readonly thetaWeight: number;
  readonly beta: number;
};

const coefficientsOf = ({ rate, yield: dividend, vol }: PutMarket, yearsToExpiry: number): Coefficients => {
  const exponent = rate * yearsToExpiry;
  const strikeDiscount = exp(-exponent);
  const ratePerDecay =
    Math.abs(exponent) > SMALL_EXPONENT ? rate / (1 - strikeDiscount) : 1 / (yearsToExpiry * (1 - 0.5 * exponent * (1 - exponent / 3)));
  const variance = vol * vol;
  const omega = (2 * (rate - dividend)) / variance;
  const root = Math.sqrt((omega - 1) * (omega - 1) + (8 * ratePerDecay) / variance);
  const lambda = 0.5 * (1 - omega - root);
  const lambdaSlope = (2 * ratePerDecay * ratePerDecay) / (variance * root);
  const alpha = (-2 * strikeDiscount) / (variance * root);
  return {
    yearsToExpiry,
    strikeDiscount,
    assetDiscount: exp(-dividend * yearsToExpiry),
    totalVol: vol * Math.sqrt(yearsToExpiry),
    thetaWeight: alpha / strikeDiscount,
    beta: alpha * (ratePerDecay - lambdaSlope / root) - lambda,
  };
};

/** Where the equation of the boundary stands at a spot: Halley's step, to be taken from the spot. */
const halleyStep = ({ rate, yield: dividend, vol }: PutMarket, coefficients: Coefficients, spot: number): number => {
  const { yearsToExpiry, strikeDiscount, assetDiscount, totalVol, thetaWeight, beta } = coefficients;
  const carry = rate - dividend;
  const d1 = (log(spot) + carry * yearsToExpiry) / totalVol + 0.5 * totalVol;
  const d2 = d1 - totalVol;
  const density = assetDiscount * normalDensity(d1);
  const putDelta = assetDiscount * normalDistribution(-d1);
  const strikeLeg = strikeDiscount * normalDistribution(-d2);
  const price = strikeLeg - spot * putDelta;
  const theta = rate * strikeLeg - dividend * spot * putDelta - (0.5 * vol * vol * spot * density) / totalVol;
  const charm = -density * (carry / totalVol - d2 / (2 * yearsToExpiry)) - dividend * putDelta;
  const gamma = density / (spot * totalVol);
  const color = gamma * (dividend + (carry * d1) / totalVol + (1 - d1 * d2) / (2 * yearsToExpiry));
  const value = spot * (1 - putDelta) - beta * (1 - spot - price) + thetaWeight * theta;
  const slope = (1 - putDelta) * (1 + beta) + density / totalVol + thetaWeight * charm;
  const curvature = gamma * (1 + beta) - (density * d1) / (spot * totalVol * totalVol) + thetaWeight * color;
  const newton = value / slope;
  return newton / (1 - (0.5 * newton * curvature) / slope);
};

/**
 * The spot below which the put is exercised, as a fraction of the strike, at a time before expiry, by the QD+ approximation of
 * M. Li (2009), by Halley's steps: within about 1e-2 of the exact boundary, a start for it. `guess` in (0, limit]; the result lies in
 * (0, limit]. Throws PricingError `invalid_input` unless vol and yearsToExpiry are finite and > 0.
 */
export const qdPlusBoundary = (market: PutMarket, yearsToExpiry: number, guess: number, limit: number): number => {
  requirePositive("vol", market.vol);
  requirePositive("yearsToExpiry", yearsToExpiry);
  const coefficients = coefficientsOf(market, yearsToExpiry);
  let spot = guess;
  for (let iteration = 0; iteration < STEPS_MAX; iteration += 1) {
    let next = spot - halleyStep(market, coefficients, spot);
    if (!(next > 0.1 * spot)) next = 0.1 * spot;
    if (next > limit) next = limit;
    const step = Math.abs(next - spot);
    spot = next;
    if (step <= TOLERANCE * spot) break;
  }
  return spot;
};
