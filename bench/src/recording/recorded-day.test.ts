import { decodeRecord } from "@finality/contracts";
import { bookNames, bookView, evolve, initialState } from "@finality/engine";
import { expect, test } from "vitest";
import { recordDay } from "./recorded-day.ts";

test("the recorded day folds: four books, hedges filled, nothing refused by the sequencer", async () => {
  const { log, opening, trading, ticks, hedges } = await recordDay({ ticks: 20_000, messagesPerBatch: 10 });
  const state = initialState(log);
  const contents = [...opening, ...trading].flatMap(({ records }) => records.map(({ content }) => content));
  for (const [index, content] of contents.entries()) evolve(state, decodeRecord({ log, generation: 1, position: index + 1, ...content }));
  expect(ticks).toBeGreaterThanOrEqual(20_000);
  expect(hedges).toBeGreaterThan(0);
  expect([...opening, ...trading].flatMap(({ deadLetters }) => deadLetters)).toEqual([]);
  expect(contents.filter(({ type }) => type === "FillRecorded")).toHaveLength(hedges);
  expect(bookNames(state)).toEqual(["expiry", "scalper", "unhedged", "writer"]);
  expect(bookNames(state).map((name) => bookView(state, name).status)).toEqual(["trading", "trading", "trading", "trading"]);
});
