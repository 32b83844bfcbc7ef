import fc from "fast-check";
import { expect, test } from "vitest";
import { blackGreeks } from "../european/black.ts";
import { sviVol, sviVolSlope, type SviRaw } from "./svi.ts";
import { SKEW_STICKINESS, smileDelta } from "./smile-delta.ts";

const svi: SviRaw = { a: 0.01, b: 0.15, rho: -0.4, m: 0.02, sigma: 0.2 };
const anyOption = fc.record({
  forward: fc.double({ min: 80, max: 120, noNaN: true }),
  moneyness: fc.double({ min: 0.7, max: 1.4, noNaN: true }),
  yearsToExpiry: fc.double({ min: 0.05, max: 1, noNaN: true }),
  putCall: fc.constantFrom("put" as const, "call" as const),
});

type Move = (k: number, moneynessOfStrike: number) => number;

/** How the vol of a strike follows the forward: from its log-moneyness before and after the move. */
const rules: readonly (readonly [number, Move])[] = [
  [SKEW_STICKINESS.stickyStrike, (before) => before],
  [SKEW_STICKINESS.stickyMoneyness, (_, after) => after],
  // The smile stands still in strike for a stickiness of 1 and moves on by as much as the forward for 2.
  [SKEW_STICKINESS.stickyLocalVol, (before, after) => 2 * before - after],
];

test.each(rules)("law: with stickiness %d the delta is the slope of prices whose vol moves so", (skewStickiness, place) => {
  fc.assert(
    fc.property(anyOption, ({ forward, moneyness, yearsToExpiry, putCall }) => {
      const strike = forward * moneyness;
      const before = Math.log(moneyness);
      const greeksAt = (moved: number) => {
        const vol = sviVol(svi, { logMoneyness: place(before, Math.log(strike / moved)), yearsToExpiry });
        return blackGreeks({ forward: moved, strike, yearsToExpiry, vol, rate: 0, putCall });
      };
      const { delta, vegaPerUnitVol } = greeksAt(forward);
      const volSlope = sviVolSlope(svi, { logMoneyness: before, yearsToExpiry });
      const step = 1e-5 * forward;
      const slope = (greeksAt(forward + step).price - greeksAt(forward - step).price) / (2 * step);
      expect(Math.abs(smileDelta({ delta, vegaPerUnitVol, forward, volSlope, skewStickiness }) - slope)).toBeLessThanOrEqual(2e-8);
    }),
  );
});

test("with a falling smile sticky moneyness raises the delta and sticky local vol lowers it by as much", () => {
  const input = { delta: 0.5, vegaPerUnitVol: 20, forward: 100, volSlope: -0.2 };
  expect(smileDelta({ ...input, skewStickiness: SKEW_STICKINESS.stickyStrike })).toBe(0.5);
  expect(smileDelta({ ...input, skewStickiness: SKEW_STICKINESS.stickyMoneyness })).toBeCloseTo(0.54, 15);
  expect(smileDelta({ ...input, skewStickiness: SKEW_STICKINESS.stickyLocalVol })).toBeCloseTo(0.46, 15);
  expect(() => smileDelta({ ...input, volSlope: NaN, skewStickiness: 1 })).toThrow("volSlope must be finite, got NaN");
});
