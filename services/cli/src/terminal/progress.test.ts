import { expect, test } from "vitest";
import { progressLine } from "./progress.ts";

const stretch = { log: "SPX", from: 1, to: 10_000 };

test("says where it is, how fast, and how long it takes yet", () => {
  expect(progressLine(stretch, { position: 2_500, records: 2_500, ticks: 50_000 }, { seconds: 5, width: 200 })).toBe("SPX  █████░░░░░░░░░░░░░░░ 25 %  2,500 of 10,000  500 records/s  10,000 ticks/s  0:15 left");
});

test("counts a stretch from where it begins, and time from where it was gone on with", () => {
  expect(progressLine({ log: "SPX", from: 5_001, to: 10_000 }, { position: 9_000, records: 1_000, ticks: 0 }, { seconds: 3_600, width: 200 })).toMatch(/80 % {2}9,000 of 10,000 {2}0 records\/s {2}0 ticks\/s {2}1:00:00 left$/);
});

test("promises nothing before the first record, and is never longer than the terminal is wide", () => {
  const line = progressLine(stretch, { position: 0, records: 0, ticks: 0 }, { seconds: 0, width: 60 });
  expect(line).not.toContain("left");
  expect(Array.from(line).length).toBeLessThanOrEqual(60);
});
