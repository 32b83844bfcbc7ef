import { describe, expect, test } from "vitest";
import type { DecisionSide, PlacedDecision } from "./decision-side.ts";
import { alignmentOf, diffDecisions } from "./diff-decisions.ts";

const refused = (input: number, book: string, reason: "halted" | "limit" = "halted"): PlacedDecision => ({ input, recordedTimeUs: input * 10, type: "HedgeRefused", body: { book, reason, netDelta: null, band: null } });
const ended = (input: number, book: string): PlacedDecision => ({ input, recordedTimeUs: input * 10, type: "RefusalEnded", body: { book, reason: "halted" } });
const expired = (input: number, instrument: string): PlacedDecision => ({ input, recordedTimeUs: input * 10, type: "InstrumentExpired", body: { instrument } });
const hashed = (input: number, semantics: number, hash: string): PlacedDecision => ({ input, recordedTimeUs: input * 10, type: "StateHashed", body: { hash, semantics } });

async function* streamed(decisions: readonly PlacedDecision[]): AsyncGenerator<PlacedDecision, void, void> {
  yield* decisions;
}

const side = (decisions: readonly PlacedDecision[], changes: Partial<DecisionSide> = {}): DecisionSide => ({
  name: "test", log: "SPX", generation: 1, from: 1, to: 1_000, logHash: null, decisions: streamed(decisions), close: () => Promise.resolve(), ...changes,
});

describe("runs of one recorded log, by input", () => {
  test("say what is the same, what differs in which field, and what only one of them decided", async () => {
    const a = [expired(1, "C"), expired(1, "P"), refused(2, "x"), refused(2, "y"), ended(4, "x"), refused(7, "x")];
    const b = [expired(1, "P"), refused(2, "x"), refused(2, "y", "limit"), refused(3, "x"), ended(4, "x")];
    const diff = await diffDecisions(side(a), side(b), "input");
    expect(diff).toMatchObject({ alignedBy: "input", equal: false, same: 3, different: 1, onlyA: 2, onlyB: 1, otherSemantics: 0 });
    expect(diff.differences).toEqual([
      { kind: "only_a", a: a[0], b: null, fields: [] },
      { kind: "different", a: a[3], b: b[2], fields: [{ field: "/body/reason", a: "halted", b: "limit" }] },
      { kind: "only_b", a: null, b: b[3], fields: [] },
      { kind: "only_a", a: a[5], b: null, fields: [] },
    ]);
  });

  test("pair decisions of one type first, then what a book did instead", async () => {
    const diff = await diffDecisions(side([ended(1, "x"), refused(1, "x")]), side([refused(1, "x")]), "input");
    expect(diff).toMatchObject({ same: 1, onlyA: 1, differences: [{ kind: "only_a", a: { type: "RefusalEnded" } }] });
    const instead = await diffDecisions(side([ended(1, "x")]), side([refused(1, "x")]), "input");
    expect(instead).toMatchObject({ different: 1, onlyA: 0, onlyB: 0 });
    expect(instead.differences[0]?.fields).toContainEqual({ field: "/type", a: "RefusalEnded", b: "HedgeRefused" });
  });

  test("are compared where both looked", async () => {
    const diff = await diffDecisions(side([refused(1, "x"), refused(5, "x")], { to: 6 }), side([refused(5, "x"), refused(9, "x")], { from: 4 }), "input");
    expect(diff).toMatchObject({ equal: true, same: 1 });
  });

  test("do not compare hashes of two semantics", async () => {
    expect(await diffDecisions(side([hashed(1, 1, "a")]), side([hashed(1, 2, "b")]), "input")).toMatchObject({ equal: true, otherSemantics: 1 });
    expect(await diffDecisions(side([hashed(1, 2, "a")]), side([hashed(1, 2, "b")]), "input")).toMatchObject({ equal: false, different: 1 });
  });
});

describe("runs of different logs, by order", () => {
  test("compare the n-th decision of each book, whatever stands between", async () => {
    const a = [refused(1, "x"), refused(2, "y"), ended(3, "x")].map((each) => ({ ...each, recordedTimeUs: 5 }));
    const b = [refused(4, "y"), refused(6, "x"), ended(9, "x"), refused(11, "y", "limit")].map((each) => ({ ...each, recordedTimeUs: 5 }));
    const diff = await diffDecisions(side(a), side(b), "order");
    expect(diff).toMatchObject({ alignedBy: "order", same: 3, different: 0, onlyA: 0, onlyB: 1, differences: [{ kind: "only_b", b: { input: 11 } }] });
  });

  test("hold what one side is ahead by", async () => {
    const a = Array.from({ length: 50 }, (_unused, index) => ({ ...refused(index + 1, "x"), recordedTimeUs: index }));
    const b = [...Array.from({ length: 50 }, (_unused, index) => ({ ...refused(index + 1, "y"), recordedTimeUs: index })), ...a.map((each) => ({ ...each, input: each.input + 100 }))];
    expect(await diffDecisions(side(a), side(b), "order")).toMatchObject({ same: 50, onlyA: 0, onlyB: 50 });
    expect(await diffDecisions(side(b), side(a), "order")).toMatchObject({ same: 50, onlyA: 50, onlyB: 0 });
  });
});

test("the first twenty differences are shown, all are counted", async () => {
  const diff = await diffDecisions(side(Array.from({ length: 30 }, (_unused, index) => refused(index + 1, "x"))), side([]), "input");
  expect(diff.onlyA).toBe(30);
  expect(diff.differences).toHaveLength(20);
});

test.each([
  ["of one log", side([]), side([]), "input"],
  ["of one stretch of it", side([], { logHash: "a" }), side([], { logHash: "a" }), "input"],
  ["of a log and a run of it", side([]), side([], { logHash: "a" }), "input"],
  ["of two recordings", side([], { logHash: "a" }), side([], { logHash: "b" }), "order"],
  ["of two logs", side([]), side([], { log: "NDX" }), "order"],
  ["of two generations", side([]), side([], { generation: 2 }), "order"],
] as const)("two sides %s are aligned by what they have in common", (_name, a, b, alignment) => {
  expect(alignmentOf(a, b)).toBe(alignment);
});
