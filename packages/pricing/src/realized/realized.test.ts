import fc from "fast-check";
import { describe, expect, test } from "vitest";
import barTable from "../../reference/tables/realised-vol-estimators.json" with { type: "json" };
import bars from "../../reference/tables/ohlc-data.json" with { type: "json" };
import intradayTable from "../../reference/tables/intraday-realised-measures.json" with { type: "json" };
import intraday from "../../reference/tables/intraday-prices.json" with { type: "json" };
import { referenceRows } from "../../reference/reference-table.ts";
import { batchStatus } from "../batch-status.ts";
import { ewmaVariance } from "../forecast/ewma.ts";
import { annualizedVol, barEstimators, barVariance, newBarVarianceColumns, writeBarVariances, type BarColumns, type BarEstimator } from "./bar-estimators.ts";
import { newBarStream } from "./bar-stream.ts";
import { newReturnStream, returnMeasures } from "./return-measures.ts";
import { irregularVariancePerYear, parzenKernelVariance, returnsOver, sampleOnGrid, subsampledVariance } from "./sampling.ts";
import { volCone } from "./vol-cone.ts";

const column = (name: string): Float64Array => Float64Array.from(referenceRows(bars), (row) => row.number(name));
const recorded: BarColumns = { open: column("open"), high: column("high"), low: column("low"), close: column("close") };
const names: Readonly<Record<string, BarEstimator>> = {
  close: "close", close_mean0: "close_mean_zero", parkinson: "parkinson", "garman.klass": "garman_klass", "rogers.satchell": "rogers_satchell",
  "gk.yz": "garman_klass_yang_zhang", "yang.zhang": "yang_zhang", bipower: "bipower", minrv: "min_rv", medrv: "med_rv",
};

test.each(referenceRows(barTable).map((row) => [row.text("estimator"), row.number("n"), row.number("i"), row] as const))("%s over %d bars to bar %d", (name, length, bar, row) => {
  const estimator = names[name];
  const variance = estimator === undefined ? ewmaVariance(returnsOver(recorded.close.subarray(0, bar), 1)) : barVariance(estimator, recorded, { last: bar - 1, length });
  expect(Math.abs(annualizedVol(variance, row.number("N")) / row.number("value_mpmath") - 1)).toBeLessThanOrEqual(1e-12);
});

const prices = Float64Array.from(referenceRows(intraday), (row) => row.number("price"));

test.each(referenceRows(intradayTable).map((row) => [row.text("measure"), row.number("step_minutes"), row.number("H"), row.number("value")] as const))("%s every %d minutes (%d lags)", (measure, step, lags, expected) => {
  const returns = returnsOver(prices, step);
  const measures = returnMeasures(returns);
  const named: Record<string, () => number> = {
    RV: () => measures.realizedVariance, bipower: () => measures.bipower, minRV: () => measures.minRv, medRV: () => measures.medRv,
    tripower_quarticity: () => measures.tripowerQuarticity, subsampled_RV: () => subsampledVariance(prices, step), realised_kernel_parzen: () => parzenKernelVariance(returns, lags),
  };
  expect(Math.abs((named[measure]?.() ?? NaN) / expected - 1)).toBeLessThanOrEqual(1e-11);
});

const anyBar = fc.tuple(fc.double({ min: 50, max: 200, noNaN: true }), fc.double({ min: 0, max: 0.1, noNaN: true }), fc.double({ min: 0, max: 0.1, noNaN: true }), fc.double({ min: -0.1, max: 0.1, noNaN: true }));
const anyBars = fc.array(anyBar, { minLength: 4, maxLength: 60 }).map((rows) =>
  rows.map(([open, up, down, move]) => {
    const close = open * (1 + move);
    return { open, close, high: Math.max(open, close) * (1 + up), low: Math.min(open, close) * (1 - down) };
  }),
);

describe("laws", () => {
  test("fed bar by bar an estimator gives the bits of the batch", () => {
    fc.assert(
      fc.property(anyBars, fc.integer({ min: 3, max: 12 }), fc.constantFrom(...barEstimators), (rows, length, estimator) => {
        const columns: BarColumns = {
          open: Float64Array.from(rows, ({ open }) => open), high: Float64Array.from(rows, ({ high }) => high),
          low: Float64Array.from(rows, ({ low }) => low), close: Float64Array.from(rows, ({ close }) => close),
        };
        const batch = newBarVarianceColumns(rows.length);
        writeBarVariances(estimator, columns, length, batch);
        const stream = newBarStream(estimator, length);
        const streamed = rows.map((bar) => {
          stream.push(bar);
          return stream.variance();
        });
        expect(streamed).toEqual([...batch.variance]);
        expect([...batch.status].map((each) => each === batchStatus.ok)).toEqual(streamed.map((each) => !Number.isNaN(each)));
      }),
    );
  });

  test("fed return by return the measures are those of the batch, and never negative", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -0.05, max: 0.05, noNaN: true }), { minLength: 3, maxLength: 50 }), (returns) => {
        const stream = newReturnStream();
        for (const each of returns) stream.push(each);
        const batch = returnMeasures(Float64Array.from(returns));
        expect(stream.measures()).toEqual(batch);
        for (const value of Object.values(batch)) expect(value).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test("a jump moves the realized variance, and bipower, minRV and medRV little", () => {
    const calm = Float64Array.from({ length: 500 }, (_, place) => 0.001 * Math.sin(place * place));
    const jumped = calm.slice();
    jumped[250] = 0.05;
    const [before, after] = [returnMeasures(calm), returnMeasures(jumped)];
    expect(after.realizedVariance / before.realizedVariance).toBeGreaterThan(5);
    for (const name of ["bipower", "minRv", "medRv"] as const) expect(after[name] / before[name]).toBeLessThan(1.5);
  });
});

describe("irregular times", () => {
  const second = 1e6;

  test("the price known at each instant", () => {
    const timed = { timeUs: Float64Array.from([2, 3, 3, 7].map((at) => at * second)), price: Float64Array.from([10, 11, 12, 13]) };
    expect([...sampleOnGrid(timed, { fromUs: 0, stepUs: second, count: 9 })]).toEqual([NaN, NaN, 10, 12, 12, 12, 12, 13, 13]);
    expect(() => sampleOnGrid({ timeUs: Float64Array.from([2, 1]), price: Float64Array.from([1, 1]) }, { fromUs: 5, stepUs: 1, count: 1 })).toThrow("timeUs must not fall, got 1 after 2");
  });

  test("evenly spaced they give the annualised sum of squares, whatever is left out in quiet times", () => {
    const minute = 60 * second;
    const even = { timeUs: Float64Array.from(prices, (_, place) => place * minute), price: prices };
    const perYear = returnMeasures(returnsOver(prices, 1)).realizedVariance * 365;
    expect(Math.abs(irregularVariancePerYear(even) / perYear - 1)).toBeLessThanOrEqual(1e-13);
    const still = { timeUs: Float64Array.from([0, minute, 90 * minute, 1440 * minute]), price: Float64Array.from([100, 100, 110, 110]) };
    const thinned = { timeUs: Float64Array.from([0, 90 * minute, 1440 * minute]), price: Float64Array.from([100, 110, 110]) };
    expect(irregularVariancePerYear(still)).toBe(irregularVariancePerYear(thinned));
    expect(irregularVariancePerYear({ timeUs: Float64Array.from([5]), price: Float64Array.from([1]) })).toBeNaN();
  });
});

describe("the vol cone", () => {
  test("its quantiles are those of the sorted windows", () => {
    const [slice] = volCone({ bars: recorded, estimator: "yang_zhang", horizons: [10], barsPerYear: 365, shares: [0, 0.5, 1] });
    const columns = newBarVarianceColumns(recorded.close.length);
    writeBarVariances("yang_zhang", recorded, 10, columns);
    const variances = columns.variance;
    const vols = [...variances].filter((each) => !Number.isNaN(each)).map((each) => annualizedVol(each, 365)).sort((low, high) => low - high);
    expect(slice).toMatchObject({ horizon: 10, windows: 80, latest: annualizedVol(variances[89] ?? NaN, 365) });
    expect(slice?.vols).toEqual([vols[0], ((vols[39] ?? NaN) + (vols[40] ?? NaN)) / 2, vols[79]]);
  });

  test("a horizon longer than the data has no window", () => {
    expect(volCone({ bars: recorded, estimator: "close", horizons: [500], barsPerYear: 365 })).toMatchObject([{ windows: 0, latest: NaN }]);
  });
});

test("bad input is refused by name; a window that is not filled is NaN", () => {
  expect(() => barVariance("close", recorded, { last: 50, length: 2 })).toThrow("length must be a whole number >= 3, got 2");
  expect(() => newBarStream("close", 2.5)).toThrow("length must be a whole number >= 3, got 2.5");
  expect(() => returnsOver(prices, 0)).toThrow("step must be a whole number >= 1, got 0");
  expect(() => volCone({ bars: recorded, estimator: "close", horizons: [5], barsPerYear: 365, shares: [1.1] })).toThrow("shares must be from 0 to 1, got 1.1");
  expect(barVariance("close_mean_zero", recorded, { last: 9, length: 10 })).toBeNaN();
  expect(barVariance("close", recorded, { last: 200, length: 10 })).toBeNaN();
  expect(() => volCone({ bars: recorded, estimator: "close", horizons: [5], barsPerYear: -1 })).toThrow("barsPerYear");
  expect(() => irregularVariancePerYear({ timeUs: Float64Array.from([0, 9, 1]), price: Float64Array.from([1, 2, 3]) })).toThrow("timeUs must not fall, got 1 after 9");
  expect(() => irregularVariancePerYear({ timeUs: Float64Array.from([0, 1, 2]), price: Float64Array.from([1, 2]) })).toThrow("timeUs and price must be of one length, got 3 and 2");
  expect(() => sampleOnGrid({ timeUs: Float64Array.from([0, NaN]), price: Float64Array.from([1, 2]) }, { fromUs: 0, stepUs: 1, count: 3 })).toThrow("timeUs must not fall, got NaN after 0");
});

test("what is no price, and a high below its low, never give a number", () => {
  const negative: BarColumns = { open: recorded.open.map((price) => -price), high: recorded.low.map((price) => -price), low: recorded.high.map((price) => -price), close: recorded.close.map((price) => -price) };
  for (const estimator of barEstimators) expect(barVariance(estimator, negative, { last: 50, length: 10 })).toBeNaN();
  const swapped: BarColumns = { ...recorded, high: recorded.low, low: recorded.high };
  for (const estimator of ["parkinson", "garman_klass", "rogers_satchell", "garman_klass_yang_zhang", "yang_zhang"] as const) expect(barVariance(estimator, swapped, { last: 50, length: 10 })).toBeNaN();
  const columns = newBarVarianceColumns(recorded.close.length);
  writeBarVariances("close_mean_zero", { ...recorded, close: recorded.close.with(40, -1) }, 5, columns);
  const { ok, invalidInput, tooFewRows } = batchStatus;
  // The returns into that bar and away from it lie in the windows that end up to five bars later.
  expect([...columns.status.subarray(0, 60)]).toEqual(Array.from({ length: 60 }, (_, bar) => (bar < 5 ? tooFewRows : bar >= 40 && bar <= 45 ? invalidInput : ok)));
  expect([...returnsOver(Float64Array.from([-2, -3, 0, 1]), 1)]).toEqual([NaN, NaN, NaN]);
});
