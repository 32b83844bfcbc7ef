import { createHash } from "node:crypto";
import { isDecisionRecord, isInputRecord, type DecisionRecord, type InputRecord, type LogRecord } from "@finality/contracts";
import { assert, integer, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { initialState, type EngineState } from "../state/engine-state.ts";
import { serializeState } from "../state/snapshot.ts";
import { writeRandomLog } from "../testing/random-log.ts";
import { Scenario } from "../testing/scenario.ts";
import { evolve } from "./evolve.ts";
import { judge } from "./judge.ts";
import { differingFields, verifyStep, type RecordedStep } from "./verify.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();

const randomLog = (seed: number, steps = 60): readonly LogRecord[] => {
  const scenario = new Scenario(sha256, { stateHashEvery: 50 });
  writeRandomLog(scenario, seed, steps);
  return scenario.records;
};

const bytesOf = (state: EngineState): Buffer => Buffer.from(serializeState(state));

const folded = (records: readonly LogRecord[]): EngineState => {
  const state = initialState("SPX");
  for (const record of records) evolve(state, record);
  return state;
};

const stepsOf = (records: readonly LogRecord[]): readonly RecordedStep[] => {
  const steps: { input: InputRecord; decisions: DecisionRecord[] }[] = [];
  for (const record of records) {
    if (isInputRecord(record)) steps.push({ input: record, decisions: [] });
    else if (isDecisionRecord(record)) steps.at(-1)?.decisions.push(record);
  }
  return steps;
};

const judged = (records: readonly LogRecord[]): { readonly state: EngineState; readonly own: readonly DecisionRecord[] } => {
  const state = initialState("SPX");
  return { state, own: stepsOf(records).flatMap((step) => judge(state, step, sha256)) };
};

const seeds = integer({ min: 1, max: 1_000_000 });

/** The same log, where another engine decided otherwise at the n-th hedge, refusal or suspension. */
const decidedOtherwise = (records: readonly LogRecord[], at: number): readonly LogRecord[] =>
  records.map((record, index) => (index === at && record.type === "HedgeDecided" ? { ...record, body: { ...record.body, quantity: "1" } } : record));

describe("judging", () => {
  test("a log of this engine decides what is recorded, and the state is that of a straight fold", () => {
    assert(
      property(seeds, (seed) => {
        const records = randomLog(seed, 40);
        const { state, own } = judged(records);
        expect(own).toEqual(records.filter(isDecisionRecord));
        expect(bytesOf(state).equals(bytesOf(folded(records)))).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  test("a log of another engine goes on from what that one decided, hedge for hedge", () => {
    for (const seed of [1, 2, 3]) {
      const records = randomLog(seed);
      const hedges = [...records.keys()].filter((index) => records[index]?.type === "HedgeDecided");
      for (const at of hedges.slice(0, 8)) {
        const other = decidedOtherwise(records, at);
        const { state, own } = judged(other);
        expect(bytesOf(state).equals(bytesOf(folded(other)))).toBe(true);
        expect(own.find(({ position }) => position === at + 1)).toEqual(records[at]);
      }
    }
  });

  test("what another engine did not decide is decided here each time it is looked at, and nothing of it is folded", () => {
    const records = randomLog(4, 200);
    const [first, ...rest] = stepsOf(records);
    if (first === undefined) throw new Error("the log has an input");
    const before = rest.findIndex(({ decisions }) => decisions.some(({ type }) => type === "HedgeDecided"));
    const step = rest[before];
    if (step === undefined) throw new Error("the log has a hedge");
    const state = folded([...[first, ...rest.slice(0, before)].flatMap(({ input, decisions }) => [input, ...decisions])]);
    const own = judge(state, { input: step.input, decisions: [] }, sha256);
    expect(own).toEqual(step.decisions);
    expect(state.facts.position).toBe(step.input.position);
    expect(judge(state, { input: { ...step.input, position: step.input.position + 1, type: "ClockTicked", body: {} }, decisions: [] }, sha256).map(({ type }) => type)).toContain("HedgeDecided");
  });

  test("folds decisions in the recorded order, whatever the turns of this engine are", () => {
    const records = randomLog(8, 100);
    const step = stepsOf(records).find(({ decisions }) => new Set(decisions.flatMap(({ body }) => ("book" in body ? [body.book] : []))).size > 1);
    if (step === undefined) throw new Error("some input is followed by decisions of two books");
    const before = records.slice(0, step.input.position - 1);
    const reversed = [...step.decisions].reverse().map((record, index) => ({ ...record, position: step.input.position + 1 + index }));
    const state = folded(before);
    judge(state, { input: step.input, decisions: reversed }, sha256);
    expect(bytesOf(state).equals(bytesOf(folded([...before, step.input, ...reversed])))).toBe(true);
  });
});

describe("verifying stops where the differing decision was to be made", () => {
  const records = randomLog(8);
  const at = records.findIndex(({ type }) => type === "HedgeDecided");
  const upTo = stepsOf(records).findIndex(({ decisions }) => decisions.some(({ position }) => position === at + 1));

  test("with the book's inputs in the state", () => {
    const state = initialState("SPX");
    const steps = stepsOf(decidedOtherwise(records, at));
    const differences = steps.slice(0, upTo + 1).map((step) => verifyStep(state, step, sha256));
    const [difference] = differences.slice(-1);
    expect(differences.slice(0, -1).every((each) => each === undefined)).toBe(true);
    const decided = records[at];
    if (decided?.type !== "HedgeDecided") throw new Error("a hedge stands there");
    expect(difference).toMatchObject({ position: at + 1, field: "/body/quantity", recorded: "1", recomputed: decided.body.quantity });
    expect(state.books.get(decided.body.book)?.facts.valuation).toMatchObject({ spot: decided.body.spot, netDelta: decided.body.netDelta, vols: decided.body.vols });
  });

  test("and tells what only one side decided from what both decided differently", () => {
    const decided = records[at];
    const [step] = stepsOf(records).slice(upTo);
    if (decided?.type !== "HedgeDecided" || step === undefined) throw new Error("a hedge stands there");
    const stateBefore = (): EngineState => folded(records.slice(0, step.input.position - 1));
    expect(verifyStep(stateBefore(), { ...step, decisions: step.decisions.filter((each) => each !== decided) }, sha256)).toMatchObject({ field: "", recordedDecision: undefined, recomputedDecision: { type: "HedgeDecided" } });
    const earlier: DecisionRecord = { ...decided, position: step.input.position + 1, type: "InstrumentExpired", body: { instrument: "NEXT" } };
    expect(verifyStep(stateBefore(), { ...step, decisions: [earlier, ...step.decisions] }, sha256)).toMatchObject({ field: "", recordedDecision: { type: "InstrumentExpired" }, recomputedDecision: undefined });
  });
});

test("every differing field of two decisions is named", () => {
  const face = { type: "RefusalEnded", recordedTimeUs: 5, body: { book: "a", reason: "halted" } } as const;
  expect(differingFields(face, face)).toEqual([]);
  expect(differingFields(face, { ...face, recordedTimeUs: 6, body: { book: "b", reason: "halted" } })).toEqual([
    { field: "/body/book", recorded: "a", recomputed: "b" },
    { field: "/recordedTimeUs", recorded: 5, recomputed: 6 },
  ]);
  expect(differingFields(face, undefined)).toEqual([{ field: "", recorded: face, recomputed: undefined }]);
});
