import { expect, test } from "vitest";
import { parse } from "./admit-batch.ts";
import { groupMessages, mergeLimits } from "./tick-groups.ts";
import { lying, message, quote, startUs, type Extras, type Outgoing } from "./testing/desk-messages.ts";

const ticks = (atUs: number, count = 1, extras: Extras = {}): Outgoing => message("LOG", "ticks", { ticks: Array.from({ length: count }, () => quote(3700, atUs)) }, extras);
const sizes = (clock: "data" | "live" | undefined, ...messages: readonly Outgoing[]): readonly number[] => groupMessages(clock, lying(messages).map((each) => parse("LOG", each))).map((group) => group.length);
const clock = message("LOG", "clock", {});

test("a data log and one that is not open merge nothing, a live one neighbouring ticks", () => {
  const messages = [ticks(startUs), ticks(startUs), clock, ticks(startUs), ticks(startUs)];
  expect(sizes("data", ...messages)).toEqual([1, 1, 1, 1, 1]);
  expect(sizes(undefined, ...messages)).toEqual([1, 1, 1, 1, 1]);
  expect(sizes("live", ...messages)).toEqual([2, 1, 2]);
});

test("a merged record is bounded by its ticks and by the span of their times, whichever way they lie", () => {
  const [half, spanUs] = [mergeLimits.ticks / 2, mergeLimits.spanUs];
  expect(sizes("live", ticks(startUs, half), ticks(startUs, half), ticks(startUs))).toEqual([2, 1]);
  expect(sizes("live", ticks(startUs, mergeLimits.ticks + 1), ticks(startUs))).toEqual([1, 1]);
  expect(sizes("live", ticks(startUs), ticks(startUs + spanUs), ticks(startUs + spanUs + 1))).toEqual([2, 1]);
  expect(sizes("live", ticks(startUs), ticks(startUs - spanUs), ticks(startUs + 1))).toEqual([2, 1]);
});

test("what is bad, redriven or without a time stays alone", () => {
  const bad = message("OTHER", "ticks", { ticks: [quote(3700, startUs)] });
  const redriven = ticks(startUs, 1, { headers: { "finality-redrive-of": "md.ticks.v1/0/1" } });
  const timeless = message("LOG", "ticks", { ticks: [{ kind: "quote" }, 7] });
  for (const alone of [bad, redriven, timeless]) expect(sizes("live", ticks(startUs), alone, ticks(startUs))).toEqual([1, 1, 1]);
});
