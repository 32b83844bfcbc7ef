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

  test("finds the parameters that a series was made with, in any unit", () => {
    const uniform = seededUniform(5);
    const made = new Float64Array(20_000);
    let h = 0.05 / (1 - 0.95);
    for (let t = 0; t < made.length; t += 1) {
      const e = Math.sqrt(h) * inverseNormalDistribution(uniform());
      made[t] = e;
      h = 0.05 + 0.1 * e * e + 0.85 * h;
    }
    const [plain, small] = [fittedGarch(made), fittedGarch(made.map((each) => each / 100))];
    expect(Math.abs(plain.parameters.alpha - 0.1)).toBeLessThan(4 * plain.standardErrors.alpha);
    expect(Math.abs(plain.parameters.beta - 0.85)).toBeLessThan(4 * plain.standardErrors.beta);
    expect(small.parameters.alpha).toBeCloseTo(plain.parameters.alpha, 6);
    expect(small.parameters.omega * 1e4).toBeCloseTo(plain.parameters.omega, 6);
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

  test("refuses too few days and days that do not differ", () => {
    expect(fitHar(dailyVariances.subarray(0, 20), "variance")).toEqual({ kind: "refused", reason: "too_few_days", days: 20 });
    expect(fitHar(new Float64Array(100).fill(1e-3), "variance")).toMatchObject({ kind: "refused", reason: "no_variation" });
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
  });
});
