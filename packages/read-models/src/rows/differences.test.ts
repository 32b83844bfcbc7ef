import { expect, test } from "vitest";
import { differences } from "./differences.ts";
import { noRows, type DecisionRow } from "./rows.ts";

const decision = (position: number, body: unknown): DecisionRow => ({ log: "SPX", position, type: "StateHashed", book: null, reason: null, recordedTimeUs: 1, body });

test("the order of rows and of keys, and the sign of zero, make no difference", () => {
  const found = { ...noRows, decisions: [decision(2, { b: 1, a: [{ d: -0, c: 2 }] }), decision(1, {})] };
  const expected = { ...noRows, decisions: [decision(1, {}), decision(2, { a: [{ c: 2, d: 0 }], b: 1 })] };
  expect(differences(found, expected)).toEqual([]);
});

test("changed, missing and additional rows are named by table and key, with both values", () => {
  const found = { ...noRows, decisions: [decision(1, { a: [1, 2] }), decision(3, {})] };
  const expected = { ...noRows, decisions: [decision(1, { a: [2, 1] }), decision(2, {})] };
  expect(differences(found, expected)).toEqual([
    { table: "decisions", key: "1", found: decision(1, { a: [1, 2] }), expected: decision(1, { a: [2, 1] }) },
    { table: "decisions", key: "2", found: undefined, expected: decision(2, {}) },
    { table: "decisions", key: "3", found: decision(3, {}), expected: undefined },
  ]);
});
