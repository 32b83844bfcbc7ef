import { chebyshevNodes, interpolationRows } from "./collocation.ts";
import { angleRule, nearAngleRule, type TimeRule } from "./time-rule.ts";

/**
 * How finely the early exercise of an American option is resolved. Tables and scratch are made when a scheme is first used, and kept with the
 * object: use one object for all options. The errors stated below hold for vols of 0.1 to 1.2 and rates within ±0.15.
 */
export type AmericanScheme = {
  /** Points in time at which the exercise boundary is solved for. */
  readonly boundaryNodes: number;
  /** Points of the integral in each boundary equation. */
  readonly boundaryPoints: number;
  /** Points of the integral for the premium. */
  readonly premiumPoints: number;
  /** The boundary is solved when Newton's step moves its logarithm by less than this share of vol sqrt(years); the error left goes with the square. */
  readonly stepTolerance: number;
};

/** Within 1e-5 of the strike up to ten years, mostly 1e-8: for scans and first guesses. */
export const fastAmericanScheme: AmericanScheme = { boundaryNodes: 7, boundaryPoints: 8, premiumPoints: 20, stepTolerance: 1e-2 };
/** The default: within 1e-7 of the strike up to ten years, mostly 1e-10. */
export const accurateAmericanScheme: AmericanScheme = { boundaryNodes: 16, boundaryPoints: 20, premiumPoints: 40, stepTolerance: 1e-4 };
/** Within 1e-9 of the strike up to ten years, mostly 1e-12: for checking the others. */
export const preciseAmericanScheme: AmericanScheme = { boundaryNodes: 32, boundaryPoints: 48, premiumPoints: 112, stepTolerance: 1e-6 };

/** What of a scheme does not depend on the option. Times are fractions of the time to expiry. */
export type SchemeTables = {
  readonly scheme: AmericanScheme;
  /** Roots of the remaining times at the nodes, rising to 1. */
  readonly nodes: Float64Array;
  readonly boundaryRule: TimeRule;
  /** Interpolation weights: one row of nodes for each point of each node's integral. */
  readonly boundaryRows: Float64Array;
  readonly premiumRule: TimeRule;
  /** Interpolation weights: one row of nodes for each point of the premium. */
  readonly premiumRows: Float64Array;
};

const newTables = (scheme: AmericanScheme): SchemeTables => {
  const nodes = chebyshevNodes(scheme.boundaryNodes);
  const boundaryRule = angleRule(scheme.boundaryPoints);
  const premiumRule = nearAngleRule(scheme.premiumPoints);
  const places = Array.from(nodes, (node) => Array.from(boundaryRule.rootRemaining, (root) => node * root)).flat();
  return {
    scheme,
    nodes,
    boundaryRule,
    boundaryRows: interpolationRows(nodes, places),
    premiumRule,
    premiumRows: interpolationRows(nodes, Array.from(premiumRule.rootRemaining)),
  };
};

const tablesByScheme = new WeakMap<AmericanScheme, SchemeTables>();

/** The tables of a scheme, made when it is first used. */
export const tablesOf = (scheme: AmericanScheme): SchemeTables => {
  const known = tablesByScheme.get(scheme);
  if (known !== undefined) return known;
  const tables = newTables(scheme);
  tablesByScheme.set(scheme, tables);
  return tables;
};
