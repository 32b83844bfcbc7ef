import { expect, test } from "vitest";
import { gauge, render } from "./live-view.ts";

test("the gauge puts the book where its net delta is in the band", () => {
  const band = { bandLower: -50, bandUpper: 50, schedule: null };
  const middle = gauge({ ...band, netDelta: 0 });
  expect(middle).toHaveLength(25);
  expect(middle.indexOf("●")).toBe(12);
  expect(gauge({ ...band, netDelta: 50 }).indexOf("●")).toBe(18);
  expect(gauge({ ...band, netDelta: -50 }).indexOf("●")).toBe(6);
  expect(gauge({ ...band, netDelta: 10_000 }).indexOf("●")).toBe(24);
  expect(gauge({ ...band, netDelta: null })).not.toContain("●");
  expect(gauge({ bandLower: null, bandUpper: null, netDelta: 3, schedule: null }).trim()).toBe("");
  expect(gauge({ ...band, netDelta: 3, schedule: "every 15 min" }).trim()).toBe("every 15 min");
});

test("a frame shows the day's clock, the price, each book and why nothing moves", () => {
  const book = { book: "scalper", netDelta: -12.4, bandLower: -50, bandUpper: 50, schedule: null, hedges: 3, refusal: "cooldown", openingCost: "0", optionPnl: "-1200.5", hedgePnl: "1500", settlement: "0", fees: "10", netPnl: "289.5", inQuote: null, maxAbsNetDelta: 60, meanAbsNetDelta: 20 };
  const frame = { dataset: "d", instantUs: 1_609_777_440_000_000, share: 0.25, underlying: "SPX", spot: 3713.42, books: [book], waiting: "the dispatcher" };
  const text = render(frame, 120).join("\n");
  expect(text).toContain("2021-01-04 16:24:00 UTC   SPX 3,713.42");
  expect(text).toContain("25 %");
  expect(text).toMatch(/scalper +−12 .*\+1,500 +\+290 {2}cooldown/);
  expect(text).toContain("waiting: the dispatcher");
  const narrow = render(frame, 79);
  expect(Math.max(...narrow.map((line) => Array.from(line).length))).toBeLessThanOrEqual(79);
  expect(narrow.join("\n")).toMatch(/scalper +−12 .*\+290/);
});
