import { decodeRecord, decodeTicks, encodeRecord, isInputRecord, type RecordContent } from "@finality/contracts";
import { initialState, stateHash, verifyStep } from "@finality/engine";
import { sha256 } from "@finality/transparency";
import { expect, test } from "vitest";
import { contentsOf, generatedLog, type Step } from "./generated-log.ts";

const firstTicks = async (wanted: number): Promise<{ readonly log: string; readonly hash: string; readonly steps: readonly Step[] }> => {
  const { log, state, steps } = await generatedLog();
  const taken: Step[] = [];
  let ticks = 0;
  for (const step of steps()) {
    taken.push(step);
    ticks += step.ticks;
    if (ticks >= wanted) break;
  }
  return { log, hash: stateHash(state, sha256), steps: taken };
};

test("the generated log is a true one: every decision in it is what its inputs give, and its hedges are filled", async () => {
  const { log, hash, steps } = await firstTicks(200_000);
  const state = initialState(log);
  const generation = 1;
  const recorded = (content: RecordContent, position: number) => decodeRecord({ log, generation, position, ...content });
  for (const step of steps) {
    const input = recorded(step.input, state.facts.position + 1);
    if (!isInputRecord(input)) throw new Error(`A ${input.type} is no input.`);
    expect(verifyStep(state, { input, decisions: step.decisions }, sha256)).toBeUndefined();
  }
  const types = steps.flatMap((step) => contentsOf(step)).map(({ type }) => type);
  const count = (type: string): number => types.filter((each) => each === type).length;
  expect(stateHash(state, sha256)).toBe(hash);
  expect(count("HedgeDecided")).toBeGreaterThan(0);
  expect(count("FillRecorded")).toBe(count("HedgeDecided"));
  const ticks = steps.flatMap(({ input }) => (input.type === "TicksRecorded" ? decodeTicks(input.payload).count : []));
  expect(ticks.reduce((sum, each) => sum + each, 0)).toBe(steps.reduce((sum, step) => sum + step.ticks, 0));
  expect(count("StateHashed")).toBeGreaterThan(0);
});

test("a step's decisions are stored with the times of their input", async () => {
  const { steps } = await firstTicks(20_000);
  const [decided] = steps.filter(({ decisions }) => decisions.length > 0);
  if (decided === undefined) throw new Error("Nothing was decided.");
  const [input, ...decisions] = contentsOf(decided);
  expect(decisions.map(({ recordedTimeUs }) => recordedTimeUs)).toEqual(decided.decisions.map(() => input?.recordedTimeUs));
  expect(decisions.map(({ payload }) => payload)).toEqual(decided.decisions.map((decision) => encodeRecord(decision).payload));
});
