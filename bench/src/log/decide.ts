import { decodeRecord, isDecisionRecord, isInputRecord, type DecisionRecord, type InputRecord, type LogRecord, type RecordContent, type RecordPlace } from "@finality/contracts";
import { advance, evolve, initialState, verifyStep } from "@finality/engine";
import { sha256 } from "@finality/transparency";
import { alone, compared, type Measurement } from "../measurement.ts";
import { recordDay, type RecordedDay } from "../recording/recorded-day.ts";
import { alternate } from "../timing.ts";

const verifyGoal = { atLeast: 0.7 } as const;
const ticks = 1_000_000;
const rounds = 5;

/** Ticks a second of a recorded day from memory, one core: decoded alone, folded with every decision made again, and compared with what was recorded. */
export const decide = async (): Promise<readonly Measurement[]> => {
  const day = await recordDay({ ticks, messagesPerBatch: 1 });
  const stored = storedOf(day);
  const records = stored.map((record) => decodeRecord(record));
  const steps = stepsOf(records);
  const perSecond = (milliseconds: number): number => (day.ticks * 1_000) / milliseconds;
  const race = async (subject: () => void, baseline: () => void) => {
    const { subjectMs, baselineMs } = await alternate({ subject, baseline, rounds });
    return { value: perSecond(subjectMs), baseline: perSecond(baselineMs), unit: "ticks/s" };
  };
  const decode = (): void => stored.forEach((record) => void decodeRecord(record));
  return [
    compared("decide: decode, fold and decide; baseline: decode", await race(() => decideAll(day.log, stored), decode)),
    compared("decide: verify; baseline: replay (both decoded before)", await race(() => verifyAll(day.log, steps), () => replayAll(day.log, records)), verifyGoal),
    compared("decide: decode and verify; baseline: decode and replay", await race(() => verifyAll(day.log, stepsOf(stored.map((record) => decodeRecord(record)))), () => replayAll(day.log, stored.map((record) => decodeRecord(record)))), verifyGoal),
    alone("decide: decisions in the recorded day", records.filter(isDecisionRecord).length, "records"),
  ];
};

const storedOf = ({ log, opening, trading }: RecordedDay): readonly (RecordPlace & RecordContent)[] =>
  [...opening, ...trading].flatMap(({ records }) => records).map(({ content }, index) => ({ log, generation: 1, position: index + 1, ...content }));

type Step = { readonly input: InputRecord; readonly decisions: readonly DecisionRecord[] };

const stepsOf = (records: readonly LogRecord[]): readonly Step[] => {
  const steps: { readonly input: InputRecord; readonly decisions: DecisionRecord[] }[] = [];
  for (const record of records) {
    if (isInputRecord(record)) steps.push({ input: record, decisions: [] });
    else if (isDecisionRecord(record)) steps.at(-1)?.decisions.push(record);
  }
  return steps;
};

/** Recorded decisions are passed over: they are made again. */
const decideAll = (log: string, stored: readonly (RecordPlace & RecordContent)[]): void => {
  const state = initialState(log);
  for (const each of stored) {
    const record = decodeRecord(each);
    if (isInputRecord(record)) advance(state, record, sha256);
  }
};

const verifyAll = (log: string, steps: readonly Step[]): void => {
  const state = initialState(log);
  for (const step of steps) {
    const difference = verifyStep(state, step, sha256);
    if (difference !== undefined) throw new Error(`The recorded day does not verify: position ${String(difference.position)}, ${difference.field}.`);
  }
};

const replayAll = (log: string, records: readonly LogRecord[]): void => {
  const state = initialState(log);
  for (const record of records) evolve(state, record);
};
