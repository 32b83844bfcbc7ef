import { requireFinite, requirePositive } from "../errors.ts";
import { exp } from "../kernels/exponential.ts";
import { log } from "../kernels/logarithm.ts";
import { normalDensity, normalDistribution } from "../kernels/normal.ts";
import { writeAsPut, type AmericanInput } from "./american-input.ts";
import { chebyshevNodes, interpolationRows } from "./collocation.ts";
import type { PutInput } from "./deterministic-put.ts";
import { gaussLegendre } from "./gauss-legendre.ts";
import { qdPlusBoundary } from "./qd-plus.ts";
import { logLimitOf } from "./solve-boundary.ts";
import { nearAngleRule, type TimeRule } from "./time-rule.ts";

/** The numbers that name a scheme of Andersen, Lake and Offengenden (2015), in their letters l, m, n and p. */
export type PublishedScheme = {
  /** FP-A matches the slope of the price at the boundary, FP-B the price. */
  readonly equation: "FP-A" | "FP-B";
  readonly boundaryPoints: number;
  /** The first is a partial Newton step, the others replace the boundary by the equation's right side; 0 leaves QD+. */
  readonly steps: number;
  readonly boundaryNodes: number;
  /** "converged" for the limit of many points. */
  readonly premiumPoints: number | "converged";
};

const CONVERGED_POINTS = 160;

/** A boundary in this scheme: ln(boundary / limit)² at the nodes. */
type Collocated = { readonly put: PutInput; readonly logLimit: number; readonly nodes: Float64Array; readonly squares: Float64Array };

/** Gauss–Legendre in the root of the elapsed time. */
const rootRule = (count: number): TimeRule => {
  const { points, weights } = gaussLegendre(count);
  return {
    rootElapsed: points,
    rootRemaining: points.map((point) => Math.sqrt(1 - point * point)),
    weights: weights.map((weight, index) => 2 * weight * (points[index] ?? NaN)),
  };
};

/** Gauss–Legendre in time itself, which is what the values published for FP-B rest on. */
const linearRule = (count: number): TimeRule => {
  const { points, weights } = gaussLegendre(count);
  return { rootElapsed: points.map((point) => Math.sqrt(1 - point)), rootRemaining: points.map((point) => Math.sqrt(point)), weights };
};

/** ln of the boundary at roots of the remaining time, as fractions of that of the whole. */
const logBoundaryAt = ({ logLimit, nodes, squares }: Collocated, places: readonly number[]): readonly number[] => {
  const rows = interpolationRows(nodes, places);
  return places.map((_, row) => {
    const square = squares.reduce((sum, value, node) => sum + value * (rows[row * nodes.length + node] ?? NaN), 0);
    return logLimit - Math.sqrt(Math.max(square, 0));
  });
};

/** Numerator and denominator of the fixed point at one node, and their slopes in the boundary as far as the European terms go. */
const quotientAt = (collocated: Collocated, scheme: PublishedScheme, rule: TimeRule, node: number) => {
  const { rate, yield: dividend, vol, yearsToExpiry } = collocated.put;
  const root = (collocated.nodes[node] ?? NaN) * Math.sqrt(yearsToExpiry);
  const logBoundary = collocated.logLimit - Math.sqrt(collocated.squares[node] ?? NaN);
  const later = logBoundaryAt(collocated, Array.from(rule.rootRemaining, (remaining) => remaining * (collocated.nodes[node] ?? NaN)));
  const matchesSlope = scheme.equation === "FP-A";
  const flowAt = (logRatio: number, years: number) => {
    const totalVol = vol * Math.sqrt(years);
    const d1 = (logRatio + (rate - dividend) * years) / totalVol + 0.5 * totalVol;
    const d2 = d1 - totalVol;
    const strikeDensity = (exp(-rate * years) * normalDensity(d2)) / totalVol;
    const assetDensity = (exp(-dividend * years) * normalDensity(d1)) / totalVol;
    const asset = exp(-dividend * years) * normalDistribution(d1);
    return matchesSlope
      ? { strike: strikeDensity, asset: assetDensity + asset, strikeSlope: (-strikeDensity * d2) / totalVol, assetSlope: assetDensity * (1 - d1 / totalVol) }
      : { strike: exp(-rate * years) * normalDistribution(d2), asset, strikeSlope: strikeDensity, assetSlope: assetDensity };
  };
  const quotient = flowAt(logBoundary, root * root);
  for (const [point, weight] of rule.weights.entries()) {
    const elapsed = root * (rule.rootElapsed[point] ?? NaN);
    const flow = flowAt(logBoundary - (later[point] ?? NaN), elapsed * elapsed);
    quotient.strike += rate * weight * root * root * flow.strike;
    quotient.asset += dividend * weight * root * root * flow.asset;
  }
  return { ...quotient, boundary: exp(logBoundary) };
};

const stepped = (collocated: Collocated, scheme: PublishedScheme, rule: TimeRule, isNewton: boolean): Collocated => {
  const squares = collocated.squares.map((_, node) => {
    const { strike, asset, strikeSlope, assetSlope, boundary } = quotientAt(collocated, scheme, rule, node);
    const value = strike / asset;
    const slope = (strikeSlope - value * assetSlope) / (asset * boundary);
    const next = isNewton ? boundary - (value - boundary) / (slope - 1) : value;
    const distance = log(next) - collocated.logLimit;
    return distance * distance;
  });
  return { ...collocated, squares };
};

/**
 * The premium of exercising early by the fixed-point scheme as it was published, quote currency per unit of underlying: to compare with
 * the literature's figures to their last digit. It is slower and coarser than `americanOption`, allocates, and its steps diverge
 * where |rate - yield| is large against vol². For one boundary alone: a put's rate and a call's yield must be > 0, as must spot, strike, vol
 * and yearsToExpiry; otherwise it throws PricingError `invalid_input`.
 */
export const publishedAmericanPremium = (input: AmericanInput, scheme: PublishedScheme): number => {
  requirePositive("spot", input.spot);
  requirePositive("strike", input.strike);
  requirePositive("yearsToExpiry", input.yearsToExpiry);
  requirePositive("vol", input.vol);
  requireFinite("rate", input.rate);
  requireFinite("yield", input.yield);
  requirePositive(input.putCall === "put" ? "rate" : "yield", input.putCall === "put" ? input.rate : input.yield);
  const put: PutInput = { spot: NaN, yearsToExpiry: NaN, vol: NaN, rate: NaN, yield: NaN };
  const scale = writeAsPut(input, put);
  const logLimit = logLimitOf("upper", put);
  const nodes = chebyshevNodes(scheme.boundaryNodes);
  const squares = nodes.map((node) => {
    const distance = log(qdPlusBoundary(put, node * node * put.yearsToExpiry, exp(logLimit), Infinity)) - logLimit;
    return distance * distance;
  });
  const boundaryRule = scheme.equation === "FP-A" ? rootRule(scheme.boundaryPoints) : linearRule(scheme.boundaryPoints);
  let collocated: Collocated = { put, logLimit, nodes, squares };
  for (let step = 0; step < scheme.steps; step += 1) collocated = stepped(collocated, scheme, boundaryRule, step === 0);
  const rule = scheme.premiumPoints === "converged" ? nearAngleRule(CONVERGED_POINTS) : rootRule(scheme.premiumPoints);
  const later = logBoundaryAt(collocated, Array.from(rule.rootRemaining));
  let sum = 0;
  for (const [point, weight] of rule.weights.entries()) {
    const years = put.yearsToExpiry * (rule.rootElapsed[point] ?? NaN) * (rule.rootElapsed[point] ?? NaN);
    const totalVol = put.vol * Math.sqrt(years);
    const d1 = (log(put.spot) - (later[point] ?? NaN) + (put.rate - put.yield) * years) / totalVol + 0.5 * totalVol;
    const strikeFlow = put.rate * exp(-put.rate * years) * normalDistribution(totalVol - d1);
    sum += weight * put.yearsToExpiry * (strikeFlow - put.yield * put.spot * exp(-put.yield * years) * normalDistribution(-d1));
  }
  return scale * sum;
};
