import { expect, test } from "vitest";
import { withAnswer } from "./other-release.ts";
import { isProven, type Verdict, type VerifiedRange, type VerifyDifference } from "./verdict.ts";
import { parsedVerification, verificationOf, type Verification } from "./verification.ts";

const range = (from: number, to: number, semantics: number, checked: boolean): VerifiedRange => ({ log: "SPX", from, to, semantics, checkedBy: checked ? "this release" : null });
const changedAt = (position: number): VerifyDifference => ({ log: "SPX", kind: "unreadable", position, error: "for the test" });

const ours: Verdict = { log: "SPX", records: 30, decisions: 9, ranges: [range(1, 10, 2, true), range(11, 20, 3, false), range(21, 30, 4, false)] };
const answer = (ranges: readonly VerifiedRange[], firstDifference: VerifyDifference | null = null): Verification => ({ ...verificationOf([]), ranges, firstDifference });

test("another release speaks for the ranges that it checked, and for no others", () => {
  const merged = withAnswer(ours, "../v3", answer([range(1, 10, 2, false), range(11, 20, 3, true), range(21, 30, 4, false)]));
  expect(merged.ranges.map(({ checkedBy }) => checkedBy)).toEqual(["this release", { release: "../v3" }, null]);
  expect(isProven(merged)).toBe(false);
  const whole = withAnswer(merged, "../v4", answer([range(21, 30, 4, true)]));
  expect(isProven(whole)).toBe(true);
});

test("a range that it did not read to its end is not checked", () => {
  expect(withAnswer(ours, "../v3", answer([range(11, 15, 3, true)])).ranges[1]?.checkedBy).toBeNull();
});

test("its difference counts where this release could not judge, the earlier of two is the first", () => {
  expect(withAnswer(ours, "../v3", answer([], changedAt(15))).firstDifference).toEqual(changedAt(15));
  expect(withAnswer(ours, "../v3", answer([], changedAt(5))).firstDifference).toBeUndefined();
  expect(withAnswer({ ...ours, firstDifference: changedAt(12) }, "../v3", answer([], changedAt(15))).firstDifference).toEqual(changedAt(12));
  expect(withAnswer({ ...ours, firstDifference: changedAt(18) }, "../v3", answer([], changedAt(15))).firstDifference).toEqual(changedAt(15));
});

test("it reads on where this release could not", () => {
  const stuck: Verdict = { ...ours, ranges: [range(1, 10, 2, true), range(11, 14, 3, false)], firstDifference: changedAt(15) };
  const read = withAnswer(stuck, "../v3", answer([range(1, 10, 2, false), range(11, 20, 3, true)]));
  expect(isProven(read)).toBe(true);
  expect(read.ranges.map(({ from, to, checkedBy }) => [from, to, checkedBy])).toEqual([[1, 10, "this release"], [11, 14, { release: "../v3" }], [15, 20, { release: "../v3" }]]);
  expect(isProven(withAnswer(stuck, "../v3", answer([range(11, 20, 3, true), range(21, 30, 2, false)])))).toBe(false);
  expect(withAnswer(stuck, "../v3", answer([range(11, 20, 3, true)], changedAt(18))).firstDifference).toEqual(changedAt(18));
  expect(withAnswer(stuck, "../v3", answer([range(11, 14, 3, true)], changedAt(15))).firstDifference).toEqual(changedAt(15));
});

test.each(["", "{}", "null", '{"format":"finality-replay-verify/2","ranges":[]}'])("nothing is taken for an answer that is none: %s", (text) => {
  expect(parsedVerification(text)).toBeUndefined();
});
