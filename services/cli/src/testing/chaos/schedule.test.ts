import { describe, expect, test } from "vitest";
import { faultKinds, scheduleOf, type Step } from "./schedule.ts";

const first = (seed: number, count: number, kinds = faultKinds): readonly Step[] => {
  const steps = scheduleOf(seed, kinds);
  return Array.from({ length: count }, () => steps.next().value);
};

describe("a schedule of faults", () => {
  test("is the same for the same seed, and another for another", () => {
    expect(first(7, 40)).toEqual(first(7, 40));
    expect(first(7, 40)).not.toEqual(first(8, 40));
  });

  test("throws every kind before any a second time", () => {
    const kinds = first(3, 60).flatMap(({ faults }) => faults.map(({ kind }) => kind));
    for (let round = 0; round < 2; round += 1) {
      const from = round * faultKinds.length;
      expect([...kinds.slice(from, from + faultKinds.length)].sort()).toEqual([...faultKinds].sort());
    }
  });

  test("throws only what it is asked for", () => {
    expect(new Set(first(1, 30, ["kill", "halt"]).flatMap(({ faults }) => faults.map(({ kind }) => kind)))).toEqual(new Set(["kill", "halt"]));
  });

  test("takes the same thing away by one fault at a time", () => {
    const pairs = first(11, 500).filter(({ faults }) => faults.length === 2).map(({ faults }) => faults.map(({ kind }) => kind));
    expect(pairs.length).toBeGreaterThan(50);
    expect(pairs.filter((pair) => pair.every((kind) => kind.startsWith("postgres")) || pair.every((kind) => kind.startsWith("redis")))).toEqual([]);
  });
});
