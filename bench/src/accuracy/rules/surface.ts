import {
  jumpWingsOfRaw, naturalOfRaw, ssviConditions, ssviSteepness, ssviTotalVariance, sviButterfly, sviPoint, sviTotalVariance, varianceStrip,
  type SsviShape, type SviRaw,
} from "@finality/pricing";
import { eachRow, evaluate, same, within, type Rule } from "../rule.ts";
import type { Row } from "../table.ts";

const sviOf = (row: Row): SviRaw => ({ a: row.number("a"), b: row.number("b"), rho: row.number("rho"), m: row.number("m"), sigma: row.number("sigma") });

const relative = (row: Row, column: string, gave: number, tolerance: number) =>
  within(row, column, { gave, expected: row.number(column), tolerance: tolerance * Math.abs(row.number(column)) });

function* rawValues(row: Row) {
  const svi = sviOf(row);
  const k = row.number("k");
  const point = sviPoint(svi, k);
  // w and its slope are sums that may cancel: their terms set the scale.
  const arm = Math.abs(k - svi.m) + svi.sigma;
  const scale = Math.abs(svi.a) + svi.b * (1 + Math.abs(svi.rho)) * arm;
  const near = (column: string, gave: number, size: number) =>
    within(row, column, { gave, expected: row.number(column), tolerance: Math.max(1e-13 * Math.abs(row.number(column)), 1e-15 * size) });
  yield near("w", point.totalVariance, scale);
  yield near("dw_dk", point.slope, svi.b * (1 + Math.abs(svi.rho)));
  yield near("d2w_dk2", point.curvature, 0);
  // g is a difference of squares of these, each known to 1e-15 of its own terms.
  yield near("g", point.densityFactor, 1 + (1 + Math.abs(k)) * (1 + 1 / point.totalVariance) * (scale / point.totalVariance));
}

/** Smallest density factor on the table's own grid, k = -4 to 4 by 0.01. */
const smallestOnGrid = (svi: SviRaw): { readonly value: number; readonly at: number } => {
  let [value, at] = [Infinity, NaN];
  for (let step = -400; step <= 400; step += 1) {
    const g = sviPoint(svi, step / 100).densityFactor;
    if (g < value) [value, at] = [g, step / 100];
  }
  return { value, at };
};

function* conversions(row: Row) {
  const svi = sviOf(row);
  const wings = jumpWingsOfRaw(svi, row.number("T"));
  const natural = naturalOfRaw(svi);
  const cells: readonly (readonly [column: string, gave: number, scale: number])[] = [
    ["jw_v", wings.atmVariance, 0], ["jw_psi", wings.atmSkew, 0], ["jw_p", wings.putWing, 0], ["jw_c", wings.callWing, 0],
    // Sums of terms of either sign.
    ["jw_vtilde", wings.smallestVariance, (Math.abs(svi.a) + svi.b * svi.sigma) / row.number("T")],
    ["nat_delta", natural.delta, Math.abs(svi.a) + Math.abs(natural.omega)], ["nat_mu", natural.mu, Math.abs(svi.m) + svi.sigma],
    ["nat_rho", natural.rho, 0], ["nat_omega", natural.omega, 0], ["nat_zeta", natural.zeta, 0],
  ];
  for (const [column, gave, scale] of cells) {
    const expected = row.number(column);
    yield within(row, column, { gave, expected, tolerance: Math.max(1e-12 * Math.abs(expected), 1e-14 * scale) });
  }
  const smallest = smallestOnGrid(svi);
  yield within(row, "min_g_on_grid", { gave: smallest.value, expected: row.number("min_g_on_grid"), tolerance: 1e-9 });
  const butterfly = sviButterfly(svi);
  yield within(row, "min_w", { gave: butterfly.smallestTotalVariance.value, expected: row.number("min_w"), tolerance: 1e-12 * (Math.abs(svi.a) + svi.b * svi.sigma) });
  yield same(row, "arb_free", String(butterfly.free), row.text("arb_free"));
}

const shapes: Readonly<Record<string, (eta: number) => SsviShape>> = {
  "powerlaw_gamma0.4": (eta) => ({ kind: "power_law", eta, gamma: 0.4 }),
  sqrt: (eta) => ({ kind: "square_root", eta }),
  heston_lambda2: () => ({ kind: "heston", lambda: 2 }),
};

function* ssvi(row: Row) {
  const shape = shapes[row.text("phi")]?.(row.number("eta"));
  if (shape === undefined) throw new RangeError(`no shape is called ${row.text("phi")}`);
  const smile = { rho: row.number("rho"), shape };
  const theta = row.number("theta");
  const variance = ssviTotalVariance(smile, theta, row.number("k"));
  yield relative(row, "phi_value", ssviSteepness(shape, theta), 1e-12);
  yield relative(row, "w", variance, 1e-12);
  yield relative(row, "implied_vol", Math.sqrt(variance / row.number("T")), 1e-12);
  yield same(row, "butterfly_sufficient", String(ssviConditions(smile, theta).hold), row.text("butterfly_sufficient"));
}

/** The strip's ends and terms stand in the table's notes: 45 and 140, a quarter of a year, rate 5 %. */
const strip: Rule = evaluate(function* (table) {
  const growth = Math.exp(0.05 * 0.25);
  const strikes = [45, ...new Set(table.rows.map((row) => row.number("K")).sort((low, high) => low - high)), 140];
  const vols = new Map(table.rows.map((row) => [row.number("K"), row.number("vol")]));
  const { legs, fairVariance } = varianceStrip({ forward: 100 * growth, yearsToExpiry: 0.25, strikes, anchorStrike: 100, volOfStrike: (strike) => vols.get(strike) ?? NaN });
  for (const row of table.rows) {
    const leg = legs.find(({ putCall, strike }) => putCall === row.text("type") && strike === row.number("K"));
    yield relative(row, "weight", (leg?.weight ?? NaN) * 1e4 * growth, 1e-2);
    yield within(row, "fair variance", { gave: fairVariance, expected: 0.20467 ** 2, tolerance: 1e-2 * 0.20467 ** 2 });
  }
});

export const surfaceRules: Readonly<Record<string, Rule>> = {
  svi_raw_values: eachRow(rawValues),
  svi_conversions_arbitrage: eachRow(conversions),
  svi_tfqf_published: eachRow(function* (row) {
    const [a = NaN, b = NaN, rho = NaN, m = NaN, sigma = NaN] = row.numbers("params");
    const expected = row.numbers("expected");
    for (const [place, k] of row.numbers("k_grid").entries()) {
      yield within(row, `w at k=${String(k)}`, { gave: sviTotalVariance({ a, b, rho, m, sigma }, k), expected: expected[place] ?? NaN, tolerance: 1e-8 });
    }
  }),
  ssvi_values: eachRow(ssvi),
  variance_swap_demeterfi: strip,
};
