import { parseMessage, topics } from "@finality/contracts";
import { expect, test } from "vitest";
import { marketOf } from "./market.ts";

const parsed = (topic: string, bytes: Buffer) => {
  const result = parseMessage(topic, bytes);
  if (!result.ok) throw new Error(result.detail);
  return result.message;
};

test("what opens the log, and its ticks, are messages that a sequencer takes", () => {
  const market = marketOf("B1");
  const opening = market.opening(1_000_000).map((bytes) => parsed(topics.control, bytes));
  expect(opening[0]).toMatchObject({ type: "open_log", log: "SPXB1", body: { clock: "live", startsAtUs: 1_000_000 } });
  expect(opening.filter(({ type }) => type === "open_book")).toHaveLength(market.books.length);
  const ticks = parsed(topics.ticks, market.next(3, 5));
  expect(ticks).toMatchObject({ type: "ticks", log: "SPXB1" });
  expect(ticks.type === "ticks" && ticks.body.ticks.map((tick) => Reflect.get(Object(tick), "venueTimeUs"))).toEqual([5, 5, 5]);
});

test("the walk goes on without an end", () => {
  const market = marketOf();
  const first = market.next(1, 1);
  for (let taken = 0; taken < 20; taken += 1) market.next(5_000, 1);
  expect(market.next(1, 1).length).toBeGreaterThan(first.length / 2);
});
