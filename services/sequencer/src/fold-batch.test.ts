import { createHash } from "node:crypto";
import { decodeRecord } from "@finality/contracts";
import { advance, evolve, initialState, stateHash } from "@finality/engine";
import { expect, test } from "vitest";
import { foldBatch, type Advance, type FoldedBatch, type Folding } from "./fold-batch.ts";
import { noSkips } from "./skipping.ts";
import { fill, lying, message, openDesk, quote, second, startUs, trade } from "./testing/desk-messages.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const newFolding = (change: Partial<Folding> = {}): Folding => ({ log: "LOG", epoch: 3, build: "test", advance, state: initialState("LOG"), skips: noSkips, ...change });
const ticksAt = (seconds: number) => message("LOG", "ticks", { ticks: [quote(3700, startUs + seconds * second)] }, { instantUs: startUs + seconds * second });
const desk = [...openDesk("LOG", "data"), trade("LOG", "t-1", { instantUs: startUs })];
const typesOf = ({ records }: FoldedBatch): readonly string[] => records.map(({ content }) => content.type);

test("decisions stand right behind the input that they were made from, at its time, and name no source", () => {
  const batch = foldBatch(newFolding(), lying([...desk, ticksAt(1), ticksAt(2)]), 0);
  const types = typesOf(batch);
  expect(types.slice(0, 4)).toEqual(["LogOpened", "InstrumentListed", "BookOpened", "TradeBooked"]);
  const hedge = batch.records[types.indexOf("HedgeDecided")];
  expect(types[types.indexOf("HedgeDecided") - 2] === "TicksRecorded" || types[types.indexOf("HedgeDecided") - 1] === "TicksRecorded").toBe(true);
  expect(hedge?.provenance).toEqual({ epoch: 3, build: "test" });
  expect(hedge?.content).toMatchObject({ venueTimeUs: startUs + second, recordedTimeUs: startUs + second });
});

test("content names no offset, epoch or build: the same messages elsewhere give the same content (rule 29)", () => {
  const messages = [...desk, ticksAt(1)];
  const here = foldBatch(newFolding(), lying(messages), 0).records.map(({ content }) => content);
  const there = foldBatch(newFolding({ epoch: 99, build: "other" }), lying(messages, 50), 7).records.map(({ content }) => content);
  expect(there).toEqual(here);
});

test("the state stands behind decode(encode(record)) of everything that the batch adds", () => {
  const folding = newFolding();
  const { records } = foldBatch(folding, lying([...desk, ticksAt(1)]), 0);
  expect(folding.state.facts.position).toBe(records.length);
  const again = initialState("LOG");
  for (const [index, { content }] of records.entries()) evolve(again, decodeRecord({ log: "LOG", generation: 1, position: index + 1, ...content }));
  expect(stateHash(folding.state, sha256)).toBe(stateHash(again, sha256));
});

test("the engine is given what the record's bytes say, the writer's too: of a message, only what everybody can read again", () => {
  const seen: unknown[] = [];
  const watched: Advance = (state, input, hash) => {
    if (input.type === "BookOpened") seen.push(input.body.policy);
    return advance(state, input, hash);
  };
  const spelt = desk.map((each) => ({ ...each, value: Buffer.from(Buffer.from(each.value).toString().replace('"deltaTarget":0', '"deltaTarget":-0')) }));
  foldBatch(newFolding({ advance: watched }), lying(spelt), 0);
  // RFC 8785 has no minus zero.
  expect(seen).toEqual([expect.objectContaining({ deltaTarget: 0 })]);
  expect(seen).not.toEqual([expect.objectContaining({ deltaTarget: -0 })]);
});

test("a failing fold leaves what came before it, and names the message", () => {
  const failing: Advance = (state, input, sha256) => {
    if (input.type === "FillRecorded" || input.type === "UnexpectedFillRecorded") throw new Error("a bug");
    return advance(state, input, sha256);
  };
  const bad = { ...ticksAt(2), value: new Uint8Array([1]) };
  const batch = foldBatch(newFolding({ advance: failing }), lying([...desk, ticksAt(1), bad, message("LOG", "fill", fill(), { instantUs: startUs + 2 * second }), ticksAt(3)]), 0);
  expect(batch.unapplicable).toMatchObject({ source: { topic: "trade.executions.v1", offset: 0 }, error: { message: "a bug" } });
  expect(batch.consumed.map(({ topic, offset }) => [topic, offset]).at(-1)).toEqual(["md.ticks.v1", 1]);
  expect(batch.deadLetters.map(({ reason }) => reason)).toEqual(["not_json"]);
  expect(typesOf(batch)).not.toContain("UnexpectedFillRecorded");
});

test("known messages are counted, and consumed all the same", () => {
  const batch = foldBatch(newFolding(), lying([...desk, trade("LOG", "t-1", { instantUs: startUs })]), 0);
  expect(batch.duplicates).toBe(1);
  expect(batch.consumed).toHaveLength(5);
});
