import { describe, expect, test } from "vitest";
import garchTable from "../../reference/tables/garch-benchmarks.json" with { type: "json" };
import marks from "../../reference/tables/garch-dem2gbp-data.json" with { type: "json" };
import harTable from "../../reference/tables/har-rv-ols.json" with { type: "json" };
import days from "../../reference/tables/har-rv-data.json" with { type: "json" };
import { referenceRows } from "../../reference/reference-table.ts";
import { seededUniform } from "../kernel-samples.ts";
import { inverseNormalDistribution } from "../kernels/inverse-normal.ts";
import { ewmaForecast, ewmaVariance, newEwma } from "./ewma.ts";
import { fitGarch, garchForecast, garchVariances, type GarchFit } from "./garch.ts";
import { newGarchPass, passGarch } from "./garch-likelihood.ts";
import { fitHar, harForecast, harNext, type HarFit } from "./har.ts";

const exchangeRate = Float64Array.from(referenceRows(marks), (row) => row.number("return_pct"));
const dailyVariances = Float64Array.from(referenceRows(days), (row) => row.number("rv"));

const fittedGarch = (returns: Float64Array): Extract<GarchFit, { kind: "fitted" }> => {
  const fit = fitGarch(returns);
  if (fit.kind !== "fitted") throw new Error(fit.reason);
  return fit;
};

const fittedHar = (transform: "variance" | "root" | "logarithm"): Extract<HarFit, { kind: "fitted" }> => {
  const fit = fitHar(dailyVariances, transform);
  if (fit.kind !== "fitted") throw new Error(fit.reason);
  return fit;
};

describe("GARCH(1,1)", () => {
  const fit = fittedGarch(exchangeRate);
  const { mean, omega, alpha, beta } = fit.parameters;
  const published: Record<string, number> = { mu: mean, omega, alpha, beta, loglik: fit.logLikelihood };

  test.each(referenceRows(garchTable).filter((row) => row.text("case") === "dem2gbp").map((row) => [row.text("quantity"), row.number("value")] as const))("the benchmark's %s is %d", (name, value) => {
    expect(Math.abs((published[name] ?? NaN) - value)).toBeLessThanOrEqual(name === "loglik" ? 1e-5 : 1e-5 * Math.abs(value));
  });

  test("its standard errors are the benchmark's, printed to six digits", () => {
    // Fiorentini, Calzolari and Panattoni (1996), from the Hessian.
    expect(fit.standardErrors.mean).toBeCloseTo(0.00846212, 7);
    expect(fit.standardErrors.omega).toBeCloseTo(0.00285271, 7);
    expect(fit.standardErrors.alpha).toBeCloseTo(0.0265228, 6);
    expect(fit.standardErrors.beta).toBeCloseTo(0.0335527, 6);
  });

  test("the gradient is the slope of the likelihood, and 0 at the maximum", () => {
    const pass = newGarchPass(exchangeRate.length);
    const at = Float64Array.from([0.01, 0.02, 0.12, 0.8]);
    passGarch(exchangeRate, at, pass);
    const gradient = pass.gradient.slice();
    for (let k = 0; k < 4; k += 1) {
      const side = (shift: number): number => {
        const moved = at.slice();
        moved[k] = (moved[k] ?? NaN) + shift;
        passGarch(exchangeRate, moved, pass);
        return pass.logLikelihood;
      };
      const slope = (side(1e-5) - side(-1e-5)) / 2e-5;
      expect(Math.abs((gradient[k] ?? NaN) - slope)).toBeLessThanOrEqual(1e-5 * (1 + Math.abs(slope)));
    }
    passGarch(exchangeRate, Float64Array.from([mean, omega, alpha, beta]), pass);
    for (const each of pass.gradient) expect(Math.abs(each)).toBeLessThanOrEqual(1e-4);
  });

  const simulated = (seed: number, count: number, [omega, alpha, beta]: readonly [number, number, number]): Float64Array => {
    const uniform = seededUniform(seed);
    let h = omega / (1 - alpha - beta);
    return new Float64Array(count).map(() => {
      const e = Math.sqrt(h) * inverseNormalDistribution(uniform());
      h = omega + alpha * e * e + beta * h;
      return e;
    });
  };

  test("finds the parameters that a series was made with, in any unit", () => {
    const made = simulated(5, 6_000, [0.05, 0.1, 0.85]);
    const [plain, small] = [fittedGarch(made), fittedGarch(made.map((each) => each / 100))];
    expect(Math.abs(plain.parameters.alpha - 0.1)).toBeLessThan(4 * plain.standardErrors.alpha);
    expect(Math.abs(plain.parameters.beta - 0.85)).toBeLessThan(4 * plain.standardErrors.beta);
    // The returns are normal, so both kinds of standard errors say the same.
    expect(plain.robustErrors.beta / plain.standardErrors.beta).toBeCloseTo(1, 0);
    expect(small.parameters.alpha).toBeCloseTo(plain.parameters.alpha, 6);
    expect(small.parameters.omega * 1e4).toBeCloseTo(plain.parameters.omega, 6);
  });

  test("no other parameters of a grid have a higher likelihood, though short series have several tops", () => {
    for (let seed = 1; seed <= 12; seed += 1) {
      const returns = simulated(seed, 300, [0.5, 0.2, 0.3]);
      const fit = fitGarch(returns);
      if (fit.kind === "refused") continue;
      const pass = newGarchPass(returns.length);
      for (let alpha = 0.01; alpha < 1; alpha += 0.07) {
        for (let beta = 0.01; alpha + beta < 1; beta += 0.07) {
          for (const level of [0.7, 1, 1.4]) {
            passGarch(returns, Float64Array.from([fit.parameters.mean, level * (1 - alpha - beta), alpha, beta]), pass);
            expect(pass.logLikelihood).toBeLessThanOrEqual(fit.logLikelihood);
          }
        }
      }
    }
  });

  test("forecasts return to the long-run variance", () => {
    const { variancePerStep, meanVariance } = garchForecast(fit.parameters, fit.nextVariance, 2_000);
    expect(variancePerStep[0]).toBe(fit.nextVariance);
    expect(variancePerStep[1999]).toBeCloseTo(omega / (1 - alpha - beta), 10);
    expect(meanVariance).toBeGreaterThan(Math.min(fit.nextVariance, omega / (1 - alpha - beta)));
    expect(garchVariances(fit.parameters, exchangeRate, fit.variance[0] ?? NaN).at(-1)).toBeCloseTo(fit.nextVariance, 12);
  });

  test("refuses what has no maximum", () => {
    expect(fitGarch(new Float64Array(50))).toEqual({ kind: "refused", reason: "too_few_returns", returns: 50 });
    expect(fitGarch(new Float64Array(500).fill(0.01))).toEqual({ kind: "refused", reason: "no_variation", returns: 500 });
    // Without clusters alpha is 0; with a variance that has no mean to return to alpha + beta is 1.
    expect(fitGarch(simulated(3, 400, [1, 0, 0]))).toEqual({ kind: "refused", reason: "at_edge", returns: 400 });
    expect(fitGarch(Float64Array.from({ length: 400 }, (_, t) => (t % 2 === 0 ? 1 : -1) * Math.exp(t / 100)))).toMatchObject({ reason: "at_edge" });
    expect(() => fitGarch(exchangeRate.with(7, NaN))).toThrow("logReturns must be finite, got NaN");
  });
});

describe("HAR", () => {
  const places = { const: 0, beta_d: 1, beta_w: 2, beta_m: 3 } as const;
  const transforms = { RV: "variance", logRV: "logarithm", sqrtRV: "root" } as const;

  test.each(referenceRows(harTable).map((row) => [row.text("transform") as keyof typeof transforms, row.text("quantity"), row] as const))("%s: %s", (name, quantity, row) => {
    const fit = fittedHar(transforms[name]);
    const near = (gave: number, column: string, tolerance: number): void => {
      expect(Math.abs(gave / row.number(column) - 1)).toBeLessThanOrEqual(tolerance);
    };
    if (quantity === "r_squared") near(fit.rSquared, "value", 1e-8);
    else if (quantity === "forecast_1_step") near(harNext(fit), "value", 1e-8);
    else {
      const place = places[quantity as keyof typeof places];
      near(fit.coefficients[place] ?? NaN, "value", 1e-8);
      near(fit.standardErrors[place] ?? NaN, "ols_se", 1e-8);
      near(fit.robustErrors[place] ?? NaN, "newey_west5_se", 1e-6);
    }
  });

  test("the first day of a forecast is the next day, later ones go towards the mean", () => {
    const fit = fittedHar("variance");
    const { variancePerStep } = harForecast(fit, 500);
    expect(variancePerStep[0]).toBe(harNext(fit));
    const [c = NaN, d = NaN, w = NaN, m = NaN] = fit.coefficients;
    expect(variancePerStep[499]).toBeCloseTo(c / (1 - d - w - m), 8);
    for (const transform of ["root", "logarithm"] as const) expect(harForecast(fittedHar(transform), 5).meanVariance).toBeGreaterThan(0);
  });

  test("the mean variance of a logarithm or a root is that of simulated days", () => {
    const uniform = seededUniform(11);
    for (const transform of ["root", "logarithm"] as const) {
      const fit = fittedHar(transform);
      const [c = NaN, d = NaN, w = NaN, m = NaN] = fit.coefficients;
      const paths = 20_000;
      let [sum, squares] = [0, 0];
      for (let path = 0; path < paths; path += 1) {
        const values = [...fit.lastMonth];
        for (let step = 0; step < 5; step += 1) {
          const mean = (days: number): number => values.slice(-days).reduce((total, each) => total + each, 0) / days;
          values.push(c + d * mean(1) + w * mean(5) + m * mean(22) + Math.sqrt(fit.residualVariance) * inverseNormalDistribution(uniform()));
        }
        const last = values.at(-1) ?? NaN;
        const variance = transform === "root" ? last * last : Math.exp(last);
        sum += variance;
        squares += variance * variance;
      }
      const mean = sum / paths;
      const error = Math.sqrt((squares / paths - mean * mean) / paths);
      expect(Math.abs((harForecast(fit, 5).variancePerStep[4] ?? NaN) - mean)).toBeLessThan(4 * error);
    }
  });

  test("refuses too few days and days that do not differ", () => {
    expect(fitHar(dailyVariances.subarray(0, 20), "variance")).toEqual({ kind: "refused", reason: "too_few_days", days: 20 });
    for (const constant of [1e-3, 0.1, 1 / 3]) {
      for (const transform of ["variance", "root", "logarithm"] as const) expect(fitHar(new Float64Array(100).fill(constant), transform)).toMatchObject({ kind: "refused", reason: "no_variation" });
    }
    expect(() => fitHar(dailyVariances.with(3, 0), "logarithm")).toThrow("dailyVariances must be finite and > 0, got 0");
  });
});

describe("EWMA", () => {
  test("fed one by one it is the batch, and the same for every step ahead", () => {
    const ewma = newEwma(0.9);
    for (const each of exchangeRate) ewma.push(each);
    expect(ewma.variance()).toBe(ewmaVariance(exchangeRate, 0.9));
    expect([...ewmaForecast(exchangeRate, 3, 0.9).variancePerStep]).toEqual(new Array(3).fill(ewma.variance()));
    expect(newEwma().variance()).toBeNaN();
    expect(() => newEwma(1)).toThrow("lambda must be between 0 and 1, both excluded, got 1");
    expect(() => {
      newEwma().push(NaN);
    }).toThrow("logReturn must be finite, got NaN");
    expect(() => ewmaForecast(exchangeRate, 0)).toThrow("horizon must be a whole number >= 1, got 0");
    expect(() => garchForecast({ mean: 0, omega: 1, alpha: 0, beta: 0 }, 1, 1.5)).toThrow("horizon must be a whole number >= 1, got 1.5");
  });
});
