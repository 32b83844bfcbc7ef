import { expect, test } from "vitest";
import { agree, sameContent } from "./content.ts";

test("values agree exactly when they are written alike, whatever the order of their names", () => {
  const value = { book: "scalper", legs: [{ quantity: "2", ratio: 0.5 }, null], done: false };
  expect(agree(value, { done: false, legs: [{ ratio: 0.5, quantity: "2" }, null], book: "scalper" })).toBe(true);
  expect(agree({ delta: 0 }, { delta: -0 }) && sameContent({ delta: 0 }, { delta: -0 })).toBe(true);
});

test.each([
  ["a value", { a: 1 }, { a: 2 }],
  ["a type", { a: 1 }, { a: "1" }],
  ["a name", { a: 1 }, { b: 1 }],
  ["a name more", { a: 1 }, { a: 1, b: null }],
  ["the order of a list", [1, 2], [2, 1]],
  ["a list's length", [1], [1, 1]],
  ["a list instead of an object", [], {}],
  ["nothing instead of an object", null, {}],
])("they do not where %s differs", (_what, a, b) => {
  expect([agree(a, b), agree(b, a), sameContent(a, b)]).toEqual([false, false, false]);
});

test("what cannot be written agrees with nothing and is refused", () => {
  for (const value of [Number.NaN, undefined, new Date(0)]) {
    expect(agree({ value }, { value })).toBe(false);
    expect(() => sameContent({ value }, { value })).toThrow(expect.objectContaining({ code: "not_json_value" }));
  }
});
