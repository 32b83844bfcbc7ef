import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { offsetsOf, requireNoGap } from "./source-offsets.ts";
import { lying, message, startUs, type Outgoing } from "./testing/desk-messages.ts";

const clock = (atUs: number): Outgoing => message("LOG", "clock", {}, { instantUs: atUs });
const [first, second, third] = lying([clock(startUs), clock(startUs + 1), clock(startUs + 2)], 4);
if (first === undefined || second === undefined || third === undefined) throw new Error("there are three");

test("what is stored goes on behind the offsets stored before, with the hash of the last message", () => {
  const lastHash = createHash("sha256").update(third.value).digest();
  expect(offsetsOf([first, second, third], new Map([[first.topic, 4]]))).toEqual([{ topic: first.topic, partition: 0, expected: 4, next: 7, lastHash }]);
  expect(offsetsOf([], new Map())).toEqual([]);
});

test("messages taken in out of order are stored only as far as nothing is missing before them", () => {
  const stored = new Map([[first.topic, 4]]);
  expect(offsetsOf([third, first, second], stored)).toMatchObject([{ expected: 4, next: 7 }]);
  expect(offsetsOf([third, first], stored)).toMatchObject([{ expected: 4, next: 5 }]);
  expect(offsetsOf([third, second], stored)).toEqual([]);
});

test("a gap is an error that names the place; what was seen before is none of its business", () => {
  const next = new Map([[first.topic, 4]]);
  expect(() => requireNoGap("LOG", [first, second, third], next)).not.toThrow();
  expect(() => requireNoGap("LOG", [first, third], next)).toThrow("Log LOG: md.ticks.v1/0 went from offset 5 to 6; messages are missing.");
  expect(() => requireNoGap("LOG", [first], new Map())).toThrow("went from offset 0 to 4");
  expect(next.get(first.topic)).toBe(4);
});
