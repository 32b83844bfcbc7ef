import { expect, test } from "vitest";
import { beside } from "./beside.ts";
import { requireEveryRowPriced } from "./every-row-priced.ts";
import { parseYardstick } from "./yardstick.ts";

test("a program's lines are read by name and options", () => {
  const { nanoseconds } = parseYardstick("chain5\t1024\t10.250\nchain5\t16384\t11\r\nimplied vol near\t0\t1262.100\n");
  expect(nanoseconds("chain5", 1_024)).toBe(10.25);
  expect(nanoseconds("chain5", 16_384)).toBe(11);
  expect(nanoseconds("implied vol near")).toBe(1_262.1);
});

test("what was not measured is null, never 0: no such name, no such count, no figure, no number", () => {
  const { nanoseconds } = parseYardstick("chain5\t1024\t10\nshort\t0\nempty\t0\t\nwords\t0\tfast\nzero\t0\t0\nendless\t0\tinf\n\nnoise");
  for (const name of ["none", "chain5", "short", "empty", "words", "zero", "endless", "noise", ""]) expect(nanoseconds(name)).toBeNull();
  expect(nanoseconds("chain5", 1_024)).toBe(10);
  expect(parseYardstick("").nanoseconds("chain5", 1_024)).toBeNull();
});

test("without a baseline there is no ratio, and no goal is met or missed", () => {
  expect(beside("x", { value: 5, baseline: null }, { atMost: 1 })).toEqual({ name: "x", value: 5, unit: "ns", baseline: null, ratio: null, goal: null, ok: null });
  expect(beside("x", { value: 5, baseline: 4, unit: "µs" }, { atMost: 1 })).toMatchObject({ unit: "µs", ratio: 1.25, goal: "<= 1", ok: false });
});

test("a batch with a row that has no result is not timed as if it had", () => {
  expect(() => {
    requireEveryRowPriced("batch", new Uint8Array(3));
  }).not.toThrow();
  expect(() => {
    requireEveryRowPriced("batch", Uint8Array.of(0, 0, 1));
  }).toThrow("batch: row 2 has status 1.");
});
