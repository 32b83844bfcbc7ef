import fc from "fast-check";
import { expect, test } from "vitest";
import { batchStatus } from "../batch-status.ts";
import { PricingError } from "../errors.ts";
import { impliedVol, type ImpliedVolInput } from "./implied-vol.ts";
import { writeImpliedVols } from "./implied-vol-batch.ts";

const columnsOf = (rows: readonly ImpliedVolInput[]): Parameters<typeof writeImpliedVols>[0] => ({
  forward: Float64Array.from(rows, (row) => row.forward),
  strike: Float64Array.from(rows, (row) => row.strike),
  yearsToExpiry: Float64Array.from(rows, (row) => row.yearsToExpiry),
  price: Float64Array.from(rows, (row) => row.price),
  isCall: Uint8Array.from(rows, (row) => (row.putCall === "call" ? 1 : 0)),
});

const resultsOf = (rows: readonly ImpliedVolInput[]): { vol: Float64Array; status: Uint8Array } => {
  const results = { vol: new Float64Array(rows.length), status: new Uint8Array(rows.length) };
  writeImpliedVols(columnsOf(rows), results);
  return results;
};

const statusOf = { vol: batchStatus.ok, below_intrinsic: batchStatus.belowIntrinsic, above_maximum: batchStatus.aboveMaximum, no_solution: batchStatus.noSolution };

/** What the scalar form says about the same row. */
const expectedOf = (row: ImpliedVolInput): { readonly vol: number; readonly status: number } => {
  try {
    const result = impliedVol(row);
    return { vol: result.kind === "vol" ? result.vol : NaN, status: statusOf[result.kind] };
  } catch (error) {
    if (error instanceof PricingError) return { vol: NaN, status: batchStatus.invalidInput };
    throw error;
  }
};

const anyRow = fc.record({
  forward: fc.oneof({ weight: 9, arbitrary: fc.double({ min: 50, max: 200, noNaN: true }) }, { weight: 1, arbitrary: fc.double() }),
  strike: fc.oneof({ weight: 9, arbitrary: fc.double({ min: 20, max: 500, noNaN: true }) }, { weight: 1, arbitrary: fc.constantFrom(0, -1, NaN, Infinity, 1e-300) }),
  yearsToExpiry: fc.oneof({ weight: 9, arbitrary: fc.double({ min: 0.001, max: 3, noNaN: true }) }, { weight: 1, arbitrary: fc.constantFrom(0, -1, NaN, Infinity) }),
  price: fc.oneof({ weight: 9, arbitrary: fc.double({ min: 0, max: 60, noNaN: true }) }, { weight: 1, arbitrary: fc.double() }),
  putCall: fc.constantFrom("put" as const, "call" as const),
});

test("every row has the bits and the outcome of the scalar form, whatever stands beside it", () => {
  fc.assert(
    fc.property(fc.array(anyRow, { minLength: 1, maxLength: 400 }), (rows) => {
      const { vol, status } = resultsOf(rows);
      rows.forEach((row, place) => {
        const expected = expectedOf(row);
        expect([vol[place], status[place]]).toEqual([expected.vol, expected.status]);
      });
    }),
    { numRuns: 60 },
  );
});

test("more rows than one block, with and without rows that are not solved", () => {
  const rows = Array.from({ length: 1000 }, (_, place): ImpliedVolInput => ({
    forward: 100,
    strike: 60 + place * 0.1,
    yearsToExpiry: 0.5,
    price: place % 7 === 0 ? -1 : 3 + Math.max(40 - place * 0.1, 0),
    putCall: "call",
  }));
  const { vol, status } = resultsOf(rows);
  rows.forEach((row, place) => {
    const expected = expectedOf(row);
    expect([vol[place], status[place]]).toEqual([expected.vol, expected.status]);
  });
  expect(status.filter((one) => one === batchStatus.belowIntrinsic).length).toBe(143);
});

test("nothing to do is no error", () => {
  expect(resultsOf([])).toEqual({ vol: new Float64Array(0), status: new Uint8Array(0) });
});

test("columns of different length and sides that are neither are refused", () => {
  const row: ImpliedVolInput = { forward: 100, strike: 100, yearsToExpiry: 1, price: 5, putCall: "call" };
  const columns = columnsOf([row, row]);
  const results = { vol: new Float64Array(2), status: new Uint8Array(2) };
  expect(() => writeImpliedVols({ ...columns, price: new Float64Array(1) }, results)).toThrow("price must have as many rows as forward, 2, got 1");
  expect(() => writeImpliedVols(columns, { ...results, status: new Uint8Array(3) })).toThrow(PricingError);
  writeImpliedVols({ ...columns, isCall: Uint8Array.of(1, 2) }, results);
  expect([...results.status]).toEqual([batchStatus.ok, batchStatus.invalidInput]);
  expect(results.vol[1]).toBeNaN();
});
