import { expect, test } from "vitest";
import { future, lying, message, opening, quote, startUs, type Outgoing } from "./testing/desk-messages.ts";
import { isOverfull, sortBeforeOpening, waitingRoomMax } from "./waiting-room.ts";

const ticks = message("LOG", "ticks", { ticks: [quote(3700, startUs)] });
const listing = message("LOG", "list_instrument", { instrument: future("LOG") });
const open = message("LOG", "open_log", opening("data"));
const bad = (like: Outgoing): Outgoing => ({ ...like, value: new TextEncoder().encode("no") });
const sorted = (...messages: readonly Outgoing[]): readonly (readonly (readonly [string, number])[])[] => {
  const { now, later } = sortBeforeOpening("LOG", lying(messages));
  return [now, later].map((each) => each.map(({ topic, offset }) => [topic.split(".")[1] ?? topic, offset] as const));
};

test("without an opening good messages wait, and bad ones only behind a waiting one of their topic", () => {
  expect(sorted(bad(ticks), ticks, bad(ticks), bad(listing), listing)).toEqual([
    [["ticks", 0], ["control", 0]],
    [["ticks", 1], ["ticks", 2], ["control", 1]],
  ]);
});

test("an opening comes first wherever it lies, and nothing waits any more; another log's opening opens nothing", () => {
  expect(sorted(ticks, listing, open, ticks)).toEqual([[["control", 1], ["ticks", 0], ["control", 0], ["ticks", 1]], []]);
  expect(sorted(ticks, message("OTHER", "open_log", opening("data")))).toEqual([[["control", 0]], [["ticks", 0]]]);
});

test("the room is bounded by messages and by bytes", () => {
  const [one] = lying([ticks]);
  if (one === undefined) throw new Error("there is one");
  expect(isOverfull(Array.from({ length: waitingRoomMax.messages }, () => one))).toBe(false);
  expect(isOverfull(Array.from({ length: waitingRoomMax.messages + 1 }, () => one))).toBe(true);
  const large = { ...one, value: new Uint8Array(1_000_000) };
  expect(isOverfull(Array.from({ length: 256 }, () => large))).toBe(false);
  expect(isOverfull(Array.from({ length: 257 }, () => large))).toBe(true);
});
