import { decodeRecord, isDecisionRecord, isInputRecord, type DecisionRecord, type InputRecord, type LogRecord, type RecordContent, type StoredRecord } from "@finality/contracts";
import { evolve, initialState, verifyStep } from "@finality/engine";
import { createFold } from "@finality/history";
import { sha256 } from "@finality/transparency";
import { alone, compared, type Goal, type Measurement } from "../measurement.ts";
import { decodeAndAdvance, inputsOf } from "../recording/generated-log.ts";
import { recordDay, type RecordedDay } from "../recording/recorded-day.ts";
import { alternate } from "../timing.ts";
import { tickBlocks, ticksPerBlock } from "./tick-blocks.ts";

const verifyGoal = { atLeast: 0.7 } as const;
const ticks = 1_000_000;
const blocks = 1_000;
const rounds = 5;

/** Ticks a second from memory, one core: decoded alone, folded with every decision made again, and compared with what was recorded. */
export const decide = async (): Promise<readonly Measurement[]> => {
  const day = await recordDay({ ticks, messagesPerBatch: 1 });
  const stored = storedAs(day.log, [...contentsOf(day.opening), ...contentsOf(day.trading)]);
  const records = stored.map((record) => decodeRecord(record));
  const steps = stepsOf(records);
  const inputs = inputsOf(stored);
  const merged = storedAs(day.log, [...inputsOf(contentsOf(day.opening)), ...tickBlocks(blocks)]);
  return [
    await row("decide: decode, fold and decide, about 19 ticks a record; baseline: decode", ticks, { subject: () => decideAll(day.log, inputs), baseline: () => decodeAll(inputs) }),
    await row(`decide: the same, ${String(ticksPerBlock)} ticks a record, hedges unanswered; baseline: decode`, blocks * ticksPerBlock, { subject: () => decideAll(day.log, merged), baseline: () => decodeAll(merged) }),
    await row("decide: verify; baseline: replay with its checks of recorded hashes, both decode", ticks, { subject: () => verifyAll(day.log, stepsOf(stored.map((record) => decodeRecord(record)))), baseline: () => replayAll(day.log, stored) }, verifyGoal),
    await row("decide: verify; baseline: evolve alone, no hash checked, both decoded before", ticks, { subject: () => verifyAll(day.log, steps), baseline: () => evolveAll(day.log, records) }),
    alone("decide: decisions in the recorded day", records.filter(isDecisionRecord).length, "records"),
    alone("decide: state hashes among them", records.filter(({ type }) => type === "StateHashed").length, "records"),
  ];
};

const row = async (name: string, count: number, work: { readonly subject: () => void; readonly baseline: () => void }, goal?: Goal): Promise<Measurement> => {
  const { subjectMs, baselineMs } = await alternate({ ...work, rounds });
  const perSecond = (milliseconds: number): number => (count * 1_000) / milliseconds;
  return compared(name, { value: perSecond(subjectMs), baseline: perSecond(baselineMs), unit: "ticks/s" }, goal);
};

const contentsOf = (appends: RecordedDay["opening"]): readonly RecordContent[] => appends.flatMap(({ records }) => records.map(({ content }) => content));

const nothing = new Uint8Array();

const storedAs = (log: string, contents: readonly RecordContent[]): readonly StoredRecord[] =>
  contents.map((content, index) => ({ ...content, log, generation: 1, position: index + 1, provenance: nothing, contentHash: nothing, leafHash: nothing }));

type Step = { readonly input: InputRecord; readonly decisions: readonly DecisionRecord[] };

const stepsOf = (records: readonly LogRecord[]): readonly Step[] => {
  const steps: { readonly input: InputRecord; readonly decisions: DecisionRecord[] }[] = [];
  for (const record of records) {
    if (isInputRecord(record)) steps.push({ input: record, decisions: [] });
    else if (isDecisionRecord(record)) steps.at(-1)?.decisions.push(record);
  }
  return steps;
};

const decodeAll = (stored: readonly StoredRecord[]): void => stored.forEach((record) => void decodeRecord(record));

/** Recorded decisions are not among the inputs: they are made again. */
const decideAll = (log: string, inputs: readonly RecordContent[]): void => {
  const state = initialState(log);
  for (const input of inputs) decodeAndAdvance(state, input);
};

const verifyAll = (log: string, steps: readonly Step[]): void => {
  const state = initialState(log);
  for (const step of steps) {
    const difference = verifyStep(state, step, sha256);
    if (difference !== undefined) throw new Error(`The recorded day does not verify: position ${String(difference.position)}, ${difference.field}.`);
  }
};

const replayAll = (log: string, stored: readonly StoredRecord[]): void => {
  const fold = createFold(log);
  for (const record of stored) fold.fold(record);
};

const evolveAll = (log: string, records: readonly LogRecord[]): void => {
  const state = initialState(log);
  for (const record of records) evolve(state, record);
};
