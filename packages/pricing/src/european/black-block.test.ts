import { describe, expect, test } from "vitest";
import { batchStatus } from "../batch-status.ts";
import { seededUniform } from "../kernel-samples.ts";
import { BLOCK_LENGTH, blackBlock, evaluateApart, evaluateBlackBlock, signedAsset, signedStrike } from "./black-block.ts";
import { evaluateBlackTerms, newBlackLegs, newBlackTerms } from "./black-terms.ts";
import { writeExpiryGreeks } from "./expiry-batch.ts";
import { newGreekColumns } from "./greek-columns.ts";

type Row = { readonly assetLeg: number; readonly strikeLeg: number; readonly logMoneyness: number; readonly totalVol: number };

const evaluate = (rows: readonly Row[]): void => {
  rows.forEach((row, index) => {
    blackBlock.assetLeg[index] = row.assetLeg;
    blackBlock.strikeLeg[index] = row.strikeLeg;
    blackBlock.logMoneyness[index] = row.logMoneyness;
    blackBlock.totalVol[index] = row.totalVol;
  });
  evaluateBlackBlock(rows.length);
  for (let index = 0; index < rows.length; index += 1) if (blackBlock.apart[index] === 1) evaluateApart(index, 0, 0);
};

const rowAt = (logMoneyness: number, totalVol: number): Row => ({ assetLeg: 100 * Math.exp(logMoneyness), strikeLeg: 100, logMoneyness, totalVol });

const near = (actual: number | undefined, expected: number, relative: number): void => {
  expect(Math.abs((actual ?? NaN) - expected)).toBeLessThanOrEqual(relative * Math.abs(expected));
};

describe("the table gives what the rational functions and the series give", () => {
  const uniform = seededUniform(3);
  /** Moneyness as so many total vols, total vol from so much to so much. */
  const spread = (deviations: number, from: number, to: number): readonly Row[] =>
    Array.from({ length: BLOCK_LENGTH }, () => {
      const totalVol = from * (to / from) ** uniform();
      return rowAt((2 * uniform() - 1) * deviations * totalVol, totalVol);
    });

  test.each([
    ["near the money, minutes to years", 2e-14, spread(2, 1e-6, 1)],
    ["around the border of the series", 2e-14, spread(3, 0.05, 0.08)],
    // One rounding of d1 moves the density by d1² roundings.
    ["in the wings", 8e-14, spread(8, 1e-3, 1)],
    // N(-2) as 1 - N(2) has lost a factor of 44.
    ["of high volatility, d1 on the far side of 0", 5e-14, spread(0.5, 1, 4)],
    // There the slope is corrected for the rounding of d1, which the plain terms are not.
    ["beyond the table, on both of its sides", 4e-13, spread(30, 0.5, 8)],
  ] as const)("%s", (_, relative, rows) => {
    evaluate(rows);
    const terms = newBlackTerms();
    rows.forEach((row, index) => {
      evaluateBlackTerms({ ...newBlackLegs(), ...row }, terms);
      near(blackBlock.slope[index], terms.density, relative);
      near(blackBlock.outPrice[index], row.logMoneyness <= 0 ? terms.callPrice : terms.putPrice, relative);
      near(signedAsset(index, 1), row.assetLeg * terms.callAssetProbability, relative);
      near(signedAsset(index, -1), -row.assetLeg * terms.putAssetProbability, relative);
      near(signedStrike(index, 1), row.strikeLeg * terms.callStrikeProbability, relative);
      near(signedStrike(index, -1), -row.strikeLeg * terms.putStrikeProbability, relative);
    });
  });

  test("most rows of a chain lie in the table", () => {
    evaluate(spread(6, 0.02, 1));
    expect(blackBlock.apart.reduce((sum, each) => sum + each, 0)).toBe(0);
  });
});

describe("nothing steps where the method changes", () => {
  /** Of a value that itself moves by `steep` times the relative step. */
  const pairs: readonly (readonly [string, Row, Row, number])[] = [
    ["series below total vol 1/16", rowAt(-0.05, (1 / 16) * (1 - 1e-15)), rowAt(-0.05, (1 / 16) * (1 + 1e-15)), 1e-14],
    ["series, at the money", rowAt(0, (1 / 16) * (1 - 1e-15)), rowAt(0, (1 / 16) * (1 + 1e-15)), 1e-14],
    ["the table's upper end, d = 10", rowAt(-9.9 * 0.2, 0.2 * (1 - 1e-15)), rowAt(-9.9 * 0.2, 0.2 * (1 + 1e-15)), 1e-12],
    ["the table's lower end, d = -2", rowAt(0, 4 * (1 - 1e-15)), rowAt(0, 4 * (1 + 1e-15)), 1e-14],
    ["a border between two cells, d = 1", rowAt(-0.3 * 1.15, 0.3 * (1 - 1e-15)), rowAt(-0.3 * 1.15, 0.3 * (1 + 1e-15)), 1e-14],
  ];

  test.each(pairs)("%s", (_, below, above, relative) => {
    evaluate([below, above]);
    for (const column of [blackBlock.outPrice, blackBlock.slope]) near(column[1], column[0] ?? NaN, relative);
  });
});

test("at expiry a volatility out of range is refused as at any other time", () => {
  const result = newGreekColumns(3);
  const status = new Uint8Array(3);
  const options = { count: 3, strike: new Float64Array([90, 90, 90]), vol: new Float64Array([0.2, -0.2, 0]), callPut: new Float64Array([1, 1, -1]) };
  writeExpiryGreeks({ forward: 100, yearsToExpiry: 0, rate: 0 }, options, result, status);
  expect([...status]).toEqual([batchStatus.ok, batchStatus.invalidInput, batchStatus.ok]);
  expect([...result.price]).toEqual([10, NaN, 0]);
});
