import { columnsOf, commandIdOf, decisionSchemas, decodeRecord, decodeTicks, encodeRecord, encodeTicks, isInputRecord, type DecisionRecord, type Input, type RecordContent, type TickColumns } from "@finality/contracts";
import { advance, initialState, type EngineState } from "@finality/engine";
import { sha256 } from "@finality/transparency";
import { answersTo } from "./desk.ts";
import { longDay, type Body } from "./long-day.ts";
import { recordDay } from "./recorded-day.ts";

/** An input and what was decided because of it. */
export type Step = { readonly input: RecordContent; readonly decisions: readonly DecisionRecord[]; readonly ticks: number };

/** A true log without an end that is nowhere stored: the shipped day walked there and back, its decisions made as it goes, every hedge filled at once. */
export type GeneratedLog = {
  readonly log: string;
  /** Stands behind the last step. */
  readonly state: EngineState;
  steps(): Generator<Step, never>;
};

/** `fold` is given each input to fold; it may measure what that takes. */
export type Folding = (state: EngineState, input: RecordContent) => readonly DecisionRecord[];

/** A hundred million ticks are over before the first options expire: an instant is 4 ms where the day has a minute. */
const stepUs = 4_000;

export const generatedLog = async (fold: Folding = decodeAndAdvance): Promise<GeneratedLog> => {
  const { log, opening } = await recordDay({ ticks: 1, messagesPerBatch: 1 });
  const opened = opening.flatMap(({ records }) => inputsOf(records.map(({ content }) => content)));
  const round = longDay().round.map((ticks) => columnsOf(ticks, ticks.map(() => 0)));
  const state = initialState(log);
  /** The input, then the answers to what was decided because of it, and so on. */
  const answered = function* (input: RecordContent, ticks: number): Generator<Step, void> {
    const decisions = fold(state, input);
    yield { input, decisions, ticks };
    for (const answer of answersOf(decisions, state.facts.recordedTimeUs)) yield* answered(answer, 0);
  };
  const steps = function* (): Generator<Step, never> {
    for (const input of opened) yield* answered(input, input.type === "TicksRecorded" ? decodeTicks(input.payload).count : 0);
    let nowUs = state.facts.recordedTimeUs;
    for (let count = 0; ; count++) {
      nowUs += stepUs;
      const columns = round[count % round.length];
      if (columns === undefined) throw new Error("The shipped day has no ticks.");
      yield* answered(ticksContent(columns, nowUs), columns.count);
    }
  };
  return { log, state, steps };
};

/** Without what was decided. */
export const inputsOf = <Content extends RecordContent>(contents: readonly Content[]): readonly Content[] => contents.filter(({ type }) => !Object.hasOwn(decisionSchemas, type));

/** The step's records as they are stored. */
export const contentsOf = ({ input, decisions }: Step): readonly RecordContent[] => [
  input,
  ...decisions.map((decision) => ({ ...encodeRecord(decision), venueTimeUs: decision.venueTimeUs, recordedTimeUs: decision.recordedTimeUs })),
];

export const decodeAndAdvance: Folding = (state, input) => {
  const { log, generation, position } = state.facts;
  const record = decodeRecord({ ...input, log, generation: Math.max(1, generation), position: position + 1 });
  if (!isInputRecord(record)) throw new Error(`A ${record.type} is no input.`);
  return advance(state, record, sha256);
};

const ticksContent = (columns: TickColumns, nowUs: number): RecordContent => {
  columns.venueTimeUs.fill(nowUs);
  return { type: "TicksRecorded", version: 1, payload: encodeTicks(columns), venueTimeUs: nowUs, recordedTimeUs: nowUs };
};

const answersOf = (decisions: readonly DecisionRecord[], nowUs: number): readonly RecordContent[] =>
  decisions
    .flatMap((decision) => (decision.type === "HedgeDecided" ? answersTo({ commandId: commandIdOf(decision), venueTimeUs: nowUs, body: decision.body }) : []))
    .flatMap((body) => inputOf(body))
    .map((input) => ({ ...encodeRecord(input), venueTimeUs: nowUs, recordedTimeUs: nowUs }));

const inputOf = ({ type, body }: Body): readonly Input[] => {
  if (type === "fill") return [{ type: "FillRecorded", body }];
  return type === "order_report" ? [{ type: "OrderReported", body }] : [];
};
