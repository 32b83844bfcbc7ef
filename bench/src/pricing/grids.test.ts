import { blackGreeks, impliedVol } from "@finality/pricing";
import { expect, test } from "vitest";
import { cryptoGrid, nearGrid, uniformFrom } from "./grids.ts";

test("the same seed draws the same numbers from 0 up to but not 1, another seed draws others", () => {
  const draw = (seed: number): readonly number[] => Array.from({ length: 1_000 }, uniformFrom(seed));
  expect(draw(9)).toEqual(draw(9));
  expect(draw(9)).not.toEqual(draw(10));
  expect(draw(9).every((each) => each >= 0 && each < 1)).toBe(true);
  expect(draw(9).reduce((sum, each) => sum + each, 0) / 1_000).toBeCloseTo(0.5, 1);
});

test.each([
  ["near", nearGrid, 1e-8],
  ["crypto", cryptoGrid, 1e-3],
] as const)("the %s grid is the same each time: out of the money, worth something, and its vols can be had back", (_, grid, priceMin) => {
  const quotes = grid(500);
  expect(quotes).toHaveLength(500);
  expect(grid(500)).toEqual(quotes);
  expect(new Set(quotes.map(({ putCall }) => putCall))).toEqual(new Set(["put", "call"]));
  for (const quote of quotes) {
    expect(quote.putCall).toBe(quote.strike >= quote.forward ? "call" : "put");
    expect(quote.price).toBeGreaterThan(priceMin);
    expect(blackGreeks({ ...quote, rate: 0 }).price).toBe(quote.price);
    const result = impliedVol(quote);
    expect(result.kind === "vol" ? result.vol / quote.vol : result).toBeCloseTo(1, 10);
  }
});
