import { describe, expect, test } from "vitest";
import { perpetualPrice, type PerpetualInput } from "./perpetual-price.ts";

const base = { spot: 60_000, rate: 0.05, coinRate: 0.01, fundingPull: 0.001, interestPart: 0.0001 };
const all: readonly PerpetualInput[] = (["linear", "inverse"] as const).flatMap((settlement) => (["previous", "current"] as const).map((kind) => ({ ...base, settlement, funding: { kind, yearsPerPeriod: 8 / 8760 } })));

describe("laws of perpetual prices", () => {
  test.each(all)("one period of holding earns nothing under the pricing measure: %o", (input) => {
    if (input.funding.kind === "continuous") throw new Error("funding is paid by periods here");
    const ratio = perpetualPrice(input) / input.spot;
    const [own, other, level] = input.settlement === "linear" ? [input.rate, input.coinRate, ratio] : [input.coinRate, input.rate, 1 / ratio];
    const growth = Math.exp((own - other) * input.funding.yearsPerPeriod);
    const paid = (input.fundingPull * (level - 1) + input.interestPart) * (input.funding.kind === "previous" ? 1 : growth);
    expect(Math.abs(level * growth - level - paid)).toBeLessThanOrEqual(1e-15);
  });

  test.each(all)("payments every millisecond are continuous funding: %o", (input) => {
    if (input.funding.kind === "continuous") throw new Error("funding is paid by periods here");
    const yearsPerPeriod = 1 / (365 * 86_400_000);
    const often = perpetualPrice({ ...input, fundingPull: 2 * yearsPerPeriod, interestPart: 0.01 * yearsPerPeriod, funding: { kind: input.funding.kind, yearsPerPeriod } });
    const continuous = perpetualPrice({ ...input, fundingPull: 2, interestPart: 0.01, funding: { kind: "continuous" } });
    expect(Math.abs(often / continuous - 1)).toBeLessThanOrEqual(1e-11);
  });

  test("without carry and interest the perpetual is the spot", () => {
    for (const input of all) expect(perpetualPrice({ ...input, rate: 0.03, coinRate: 0.03, interestPart: 0 })).toBe(60_000);
  });

  test("a pull too weak for the rates or the interest has no price, even where both quotients are negative", () => {
    const continuous = { ...base, settlement: "linear", funding: { kind: "continuous" } } as const;
    expect(() => perpetualPrice({ ...continuous, fundingPull: 0.01, interestPart: 0.02 })).toThrow("fundingPull must outweigh the rates");
    expect(() => perpetualPrice({ ...continuous, fundingPull: 0.1, interestPart: 0.2 })).toThrow("fundingPull must be > interestPart 0.2, got 0.1");
    expect(() => perpetualPrice({ ...base, settlement: "linear", funding: { kind: "current", yearsPerPeriod: 0 } })).toThrow("yearsPerPeriod must be finite and > 0, got 0");
  });
});
