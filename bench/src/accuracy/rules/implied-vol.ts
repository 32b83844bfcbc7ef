import { impliedVol, type ImpliedVolResult } from "@finality/pricing";
import { eachRow, same, within, type Rule } from "../rule.ts";
import type { Row } from "../table.ts";

const solve = (row: Row, price: number): ImpliedVolResult =>
  impliedVol({ forward: row.number("F"), strike: row.number("K"), yearsToExpiry: row.number("T"), price, putCall: row.number("w") === 1 ? "call" : "put" });

const volOf = (result: ImpliedVolResult): number => (result.kind === "vol" ? result.vol : NaN);

const relative = (row: Row, expected: number, tolerance: number) =>
  [within(row, "vol", { gave: volOf(solve(row, row.number("price"))), expected, tolerance: tolerance * expected })];

/** The libraries' names of our outcomes. */
const outcomeNames: Readonly<Record<ImpliedVolResult["kind"], string>> = {
  vol: "a volatility", below_intrinsic: "error:below-intrinsic", above_maximum: "error:above-maximum (or +inf)", no_solution: "error:no-solution",
};

export const impliedVolRules: Readonly<Record<string, Rule>> = {
  iv_mp_extreme: eachRow((row) => relative(row, row.number("sigma_exact"), Math.max(1e-14, 8 * row.number("rel_cond")))),
  iv_lbr_published: eachRow((row) => relative(row, row.number("sigma_generating"), Math.max(4e-15, 4 * row.number("rel_cond")))),
  iv_library_grids: eachRow(function* (row) {
    // What rounding the price costs: of a price that is nearly all intrinsic value much more than the solver.
    const [price, years, sigma] = [row.number("price") / row.number("df"), row.number("T"), row.number("sigma")];
    const [forward, strike] = [row.number("F"), row.number("K")];
    const d1 = Math.log(forward / strike) / (sigma * Math.sqrt(years)) + (sigma * Math.sqrt(years)) / 2;
    const vega = (forward * Math.sqrt(years) * Math.exp(-d1 * d1 / 2)) / Math.sqrt(2 * Math.PI);
    const published = row.number("library_tolerance") === 1e-7 ? 1e-7 : 1e-13;
    yield within(row, "vol", { gave: volOf(solve(row, price)), expected: sigma, tolerance: sigma * Math.max(published, (8 * price * 2 ** -53) / (vega * sigma)) });
  }),
  iv_domain_rules: eachRow(function* (row) {
    const result = solve(row, row.number("price"));
    const expected = row.text("expected");
    if (expected.startsWith("error")) yield same(row, "outcome", outcomeNames[result.kind], expected);
    else yield within(row, "vol", { gave: volOf(result), expected: Number(expected), tolerance: 1e-15 * Number(expected) });
  }),
};
