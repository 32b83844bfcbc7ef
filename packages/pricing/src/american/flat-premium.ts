import { exp } from "../kernels/exponential.ts";
import { log1p } from "../kernels/logarithm.ts";
import { millsRatio } from "../kernels/mills-ratio.ts";
import { normalDensity, normalDistribution } from "../kernels/normal.ts";
import type { BoundarySide } from "./exercise-boundary.ts";
import type { PremiumGreeks, PremiumPoint } from "./exercise-premium.ts";
import type { PutMarket } from "./qd-plus.ts";

/**
 * Far from expiry the boundary stands still at that of the perpetual option. Where vol is small against the rates that is after a
 * short time, and no polynomial resolves both; so the boundary is solved for the last `relaxationYears` alone and the premium of
 * the years before, under a constant boundary, has this closed form, made of first-passage terms.
 */
type Drift = {
  /** (rate - yield) / vol - vol / 2, and the same under the asset's measure: plus vol. */
  readonly mu: number;
  readonly nu: number;
  /** sqrt(mu² + 2 rate) = sqrt(nu² + 2 yield). */
  readonly lambda: number;
  /** lambda ± mu and lambda ± nu, each without cancellation. */
  readonly lambdaPlusMu: number;
  readonly lambdaMinusMu: number;
  readonly lambdaPlusNu: number;
  readonly lambdaMinusNu: number;
};

const driftOf = ({ rate, yield: dividend, vol }: PutMarket): Drift => {
  const mu = (rate - dividend) / vol - 0.5 * vol;
  const nu = (rate - dividend) / vol + 0.5 * vol;
  const lambda = Math.sqrt(mu * mu + 2 * rate);
  return {
    mu,
    nu,
    lambda,
    lambdaPlusMu: mu < 0 ? (2 * rate) / (lambda - mu) : lambda + mu,
    lambdaMinusMu: mu > 0 ? (2 * rate) / (lambda + mu) : lambda - mu,
    lambdaPlusNu: nu < 0 ? (2 * dividend) / (lambda - nu) : lambda + nu,
    lambdaMinusNu: nu > 0 ? (2 * dividend) / (lambda + nu) : lambda - nu,
  };
};

/** The difference to the perpetual boundary falls like exp(-lambda² years / 2) / years^(3/2): to 1e-10 of it within so many of these units. */
const RELAXATIONS = 20;

/** Years from expiry after which the boundary of a market with rate >= 0 has come to rest, if that is where it comes to. */
export const relaxationYears = (market: PutMarket): number => {
  const { lambda } = driftOf(market);
  return (2 * RELAXATIONS) / (lambda * lambda);
};

/** |ln(boundary of the perpetual put / limit at expiry)| for a side; Infinity where there is none; `logLimit` is ln of the limit per unit of strike. */
export const perpetualDistance = (market: PutMarket, side: BoundarySide, logLimit: number): number => {
  const { lambdaPlusMu, lambdaMinusMu } = driftOf(market);
  const distance = side === "upper" ? logLimit + log1p(market.vol / lambdaPlusMu) : -logLimit - log1p(-market.vol / lambdaMinusMu);
  return distance > 0 ? distance : Infinity;
};

/** The terms of the closed form. */
type FlatTerms = Drift & {
  readonly value: number;
  readonly a: number;
  readonly rootYears: number;
  readonly d2: number;
  /** Discounted density of d2. */
  readonly density: number;
  readonly strikeLeg: number;
  readonly assetLeg: number;
  readonly firstPassage: number;
  readonly lastPassage: number;
  readonly firstWeight: number;
  readonly lastWeight: number;
};

const termsOf = (market: PutMarket, at: PremiumPoint): FlatTerms => {
  const { rate, yield: dividend, vol } = market;
  const drift = driftOf(market);
  const { mu, lambda } = drift;
  const logBoundary = -log1p(vol / drift.lambdaPlusMu);
  const years = at.yearsToExpiry;
  const rootYears = Math.sqrt(years);
  const boundary = exp(logBoundary);
  const a = (at.logSpot - logBoundary) / vol;
  const d2 = (a + mu * years) / rootYears;
  const density = exp(-rate * years) * normalDensity(d2);
  const near = (lambda * years - a) / rootYears;
  return {
    ...drift,
    value: boundary,
    a,
    rootYears,
    d2,
    density,
    strikeLeg: exp(-rate * years) * normalDistribution(-d2),
    assetLeg: at.spot * exp(-dividend * years) * normalDistribution(-d2 - vol * rootYears),
    firstPassage: near < 0 ? density * millsRatio(-near) : exp(-a * drift.lambdaPlusMu) * normalDistribution(near),
    lastPassage: density * millsRatio((lambda * years + a) / rootYears),
    firstWeight: (drift.lambdaMinusMu - boundary * drift.lambdaMinusNu) / lambda,
    lastWeight: (drift.lambdaPlusMu - boundary * drift.lambdaPlusNu) / lambda,
  };
};

const valueOf = ({ strikeLeg, assetLeg, firstPassage, lastPassage, firstWeight, lastWeight }: FlatTerms): number =>
  assetLeg - strikeLeg + 0.5 * (firstPassage * firstWeight + lastPassage * lastWeight);

/** Premium of exercising below the perpetual boundary during the coming years, per unit of strike. The spot is not below that boundary. */
export const flatPremium = (market: PutMarket, at: PremiumPoint): number => valueOf(termsOf(market, at));

/** How the premium moves with one parameter of the market, given d mu and d nu, d vol, d rate and d yield. */
type Move = { readonly mu: number; readonly nu: number; readonly vol: number; readonly rate: number; readonly yield: number };

const slopeOf = (terms: FlatTerms, vol: number, move: Move): number => {
  const { mu, nu, lambda, value, a, rootYears, density, firstPassage, lastPassage, firstWeight, lastWeight, lambdaPlusMu } = terms;
  const years = rootYears * rootYears;
  const lambdaMove = (mu * move.mu + move.rate) / lambda;
  // ln of the boundary is ln of lambdaPlusMu / (lambdaPlusMu + vol).
  const boundaryMove = (vol * (move.mu + lambdaMove) - move.vol * lambdaPlusMu) / (lambdaPlusMu * (lambdaPlusMu + vol));
  const aMove = -(boundaryMove + a * move.vol) / vol;
  const muShare = (move.mu * lambda - mu * lambdaMove) / (lambda * lambda);
  const nuShare = (move.nu * lambda - nu * lambdaMove) / (lambda * lambda);
  const strikeMove = -move.rate * years * terms.strikeLeg - (density * (aMove + move.mu * years)) / rootYears;
  const assetMove = -move.yield * years * terms.assetLeg - (value * density * (aMove + move.nu * years)) / rootYears;
  const firstMove = -(aMove * lambdaPlusMu + a * (move.mu + lambdaMove)) * firstPassage + (density * (lambdaMove * years - aMove)) / rootYears;
  const lastMove = (aMove * terms.lambdaMinusMu + a * (lambdaMove - move.mu)) * lastPassage - (density * (lambdaMove * years + aMove)) / rootYears;
  const firstWeightMove = -muShare + value * (nuShare - (boundaryMove * terms.lambdaMinusNu) / lambda);
  const lastWeightMove = muShare - value * (nuShare + (boundaryMove * terms.lambdaPlusNu) / lambda);
  return (
    assetMove - strikeMove +
    0.5 * (firstMove * firstWeight + firstPassage * firstWeightMove + lastMove * lastWeight + lastPassage * lastWeightMove)
  );
};

/** Adds the value as `flatPremium` and its first slopes but theta, the boundary following the market, to `result`. */
export const addFlatPremiumGreeks = (market: PutMarket, at: PremiumPoint, result: PremiumGreeks): void => {
  const { vol } = market;
  const terms = termsOf(market, at);
  const { mu, nu, assetLeg, firstPassage, lastPassage, firstWeight, lastWeight, lambdaPlusMu, lambdaMinusMu } = terms;
  const firstSlope = -firstWeight * lambdaPlusMu;
  const lastSlope = lastWeight * lambdaMinusMu;
  // Slopes in ln(spot): the densities' own slopes cancel in the first.
  const once = assetLeg + (0.5 * (firstSlope * firstPassage + lastSlope * lastPassage)) / vol;
  result.value += valueOf(terms);
  result.delta += once / at.spot;
  result.vega += slopeOf(terms, vol, { mu: -nu / vol, nu: -mu / vol, vol: 1, rate: 0, yield: 0 });
  result.rho += slopeOf(terms, vol, { mu: 1 / vol, nu: 1 / vol, vol: 0, rate: 1, yield: 0 });
  result.phi += slopeOf(terms, vol, { mu: -1 / vol, nu: -1 / vol, vol: 0, rate: 0, yield: 1 });
};
