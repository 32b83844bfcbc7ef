import {
  annualizedVol, barVariance, ewmaVariance, fitGarch, fitHar, garchForecast, garchVariances, harNext, parzenKernelVariance, returnMeasures, returnsOver,
  subsampledVariance, type BarColumns, type BarEstimator, type GarchFit, type HarFit, type HarTransform,
} from "@finality/pricing";
import { evaluate, within, type Judgement, type Rule } from "../rule.ts";
import type { Row, Table } from "../table.ts";

const column = (table: Table, name: string): Float64Array => Float64Array.from(table.rows, (row) => row.number(name));

const barNames: Readonly<Record<string, BarEstimator>> = {
  close: "close", close_mean0: "close_mean_zero", parkinson: "parkinson", "garman.klass": "garman_klass", "rogers.satchell": "rogers_satchell",
  "gk.yz": "garman_klass_yang_zhang", "yang.zhang": "yang_zhang", bipower: "bipower", minrv: "min_rv", medrv: "med_rv",
};

const estimators: Rule = evaluate(function* (table, { table: other }) {
  const prices = other("ohlc_data");
  const bars: BarColumns = { open: column(prices, "open"), high: column(prices, "high"), low: column(prices, "low"), close: column(prices, "close") };
  for (const row of table.rows) {
    const [name, last] = [row.text("estimator"), row.number("i") - 1];
    const estimator = barNames[name];
    const variance = estimator === undefined ? ewmaVariance(returnsOver(bars.close.subarray(0, last + 1), 1)) : barVariance(estimator, bars, { last, length: row.number("n") });
    const expected = row.number("value_mpmath");
    yield within(row, name, { gave: annualizedVol(variance, row.number("N")), expected, tolerance: 1e-12 * expected });
  }
});

const intradayMeasure = (prices: Float64Array, row: Row): number => {
  const step = row.number("step_minutes");
  if (row.text("measure") === "subsampled_RV") return subsampledVariance(prices, step);
  const returns = returnsOver(prices, step);
  if (row.text("measure") === "realised_kernel_parzen") return parzenKernelVariance(returns, row.number("H"));
  const measures = returnMeasures(returns);
  const named: Record<string, number> = { RV: measures.realizedVariance, bipower: measures.bipower, minRV: measures.minRv, medRV: measures.medRv, tripower_quarticity: measures.tripowerQuarticity };
  return named[row.text("measure")] ?? NaN;
};

const intraday: Rule = evaluate(function* (table, { table: other }) {
  const prices = column(other("intraday_prices"), "price");
  for (const row of table.rows) {
    const expected = row.number("value");
    yield within(row, row.text("measure"), { gave: intradayMeasure(prices, row), expected, tolerance: 1e-11 * expected });
  }
});

const fitted = (fit: GarchFit): Extract<GarchFit, { kind: "fitted" }> => {
  if (fit.kind !== "fitted") throw new Error(`the fit was refused: ${fit.reason}`);
  return fit;
};

function* eachOf(row: Row, gave: Float64Array, tolerance: number): Iterable<Judgement> {
  for (const [place, expected] of row.numbers("value").entries()) {
    yield within(row, `${row.text("quantity")} ${String(place + 1)}`, { gave: gave[place] ?? NaN, expected, tolerance });
  }
}

const garch: Rule = evaluate(function* (table, { table: other }) {
  const fit = fitted(fitGarch(column(other("garch_dem2gbp_data"), "return_pct")));
  const { mean, omega, alpha, beta } = fit.parameters;
  const named: Record<string, number> = { mu: mean, omega, alpha, beta, loglik: fit.logLikelihood };
  for (const row of table.rows) {
    const [kind, quantity] = [row.text("case"), row.text("quantity")];
    const expected = row.number("value");
    // The benchmark prints six digits; fGarch stops its search a little before the maximum.
    if (kind === "dem2gbp") yield within(row, quantity, { gave: named[quantity] ?? NaN, expected, tolerance: quantity === "loglik" ? 1e-3 : 1e-5 * Math.abs(expected) });
    else if (kind === "dem2gbp fGarch") yield within(row, quantity, { gave: named[quantity] ?? NaN, expected, tolerance: 1e-4 * Math.abs(expected) });
    else if (kind.startsWith("dem2gbp fGarch forecast")) yield* eachOf(row, garchForecast(fit.parameters, fit.nextVariance, 5).variancePerStep.map(Math.sqrt), 1e-5);
    else if (kind.startsWith("dem2gbp fGarch first")) yield* eachOf(row, fit.variance, 1e-5);
    else {
      // omega = (1 - alpha - beta) × the long-run variance 0.4, from that variance on, on returns of 0.1.
      const variances = garchVariances({ mean: 0, omega: 0.5 * 0.4, alpha: 0.2, beta: 0.3 }, new Float64Array(10).fill(0.1), 0.01);
      yield* eachOf(row, variances.subarray(1).map(Math.sqrt), 1e-6);
    }
  }
});

const transforms: Readonly<Record<string, HarTransform>> = { RV: "variance", logRV: "logarithm", sqrtRV: "root" };
const places: Readonly<Record<string, number>> = { const: 0, beta_d: 1, beta_w: 2, beta_m: 3 };

const harOf = (variances: Float64Array, name: string): Extract<HarFit, { kind: "fitted" }> => {
  const transform = transforms[name];
  if (transform === undefined) throw new RangeError(`no transform is called ${name}`);
  const fit = fitHar(variances, transform);
  if (fit.kind !== "fitted") throw new Error(`the fit was refused: ${fit.reason}`);
  return fit;
};

const har: Rule = evaluate(function* (table, { table: other }) {
  const variances = column(other("har_rv_data"), "rv");
  for (const row of table.rows) {
    const fit = harOf(variances, row.text("transform"));
    const quantity = row.text("quantity");
    const place = places[quantity];
    const value = place === undefined ? (quantity === "r_squared" ? fit.rSquared : harNext(fit)) : (fit.coefficients[place] ?? NaN);
    yield within(row, quantity, { gave: value, expected: row.number("value"), tolerance: 1e-8 * Math.abs(row.number("value")) });
    if (place === undefined) continue;
    yield within(row, "ols_se", { gave: fit.standardErrors[place] ?? NaN, expected: row.number("ols_se"), tolerance: 1e-8 * row.number("ols_se") });
    yield within(row, "newey_west5_se", { gave: fit.robustErrors[place] ?? NaN, expected: row.number("newey_west5_se"), tolerance: 1e-6 * row.number("newey_west5_se") });
  }
});

export const realizedRules: Readonly<Record<string, Rule>> = {
  realised_vol_estimators: estimators,
  intraday_realised_measures: intraday,
  garch_benchmarks: garch,
  har_rv_ols: har,
};
