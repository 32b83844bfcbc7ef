import { decodeRecord, isInputRecord, type InputRecord, type LogRecord, type Tick } from "@finality/contracts";
import type { Database } from "@finality/database";
import { createNotifier } from "@finality/database";
import type { RecordedLog } from "@finality/desk-log";
import { invariant } from "@finality/domain";
import { admit, advance, semantics, type EngineState } from "@finality/engine";
import { createLogReader, type LogReader } from "@finality/event-log";
import { sha256 } from "@finality/transparency";
import { foldedFromTheFirst } from "../replay-source.ts";

/** Semantics that no release has; an engine that says so and decides as this one stands for the other release. */
export const otherSemantics = semantics + 1_000;

/** Behind the head of a log: a range written by a writer of other semantics, and one of ours again. */
export const appendTwoRanges = async (database: Database, recorded: RecordedLog): Promise<LogReader> => {
  const reader = createLogReader({ database, notifier: createNotifier(database) });
  const { log } = recorded;
  const state = await foldedFromTheFirst(reader, log, recorded.head());
  const append = async (input: Pick<LogRecord, "type" | "body">): Promise<void> => {
    await recorded.appendRaw(input);
    for (const decision of advance(state, await lastInput(reader, recorded), sha256)) {
      await recorded.appendRaw(decision.type === "StateHashed" ? { type: "StateHashed", body: { ...decision.body, semantics: state.facts.semantics } } : decision);
    }
  };
  for (const meaning of [otherSemantics, semantics]) {
    await append({ type: "WriterStarted", body: { semantics: meaning } });
    for (let step = 0; step < 25; step += 1) await append(ticksOf(state, 3_700 + 40 * Math.sin(step)));
  }
  return reader;
};

const lastInput = async (reader: LogReader, recorded: RecordedLog): Promise<InputRecord> => {
  const [stored] = await reader.read(recorded.log, recorded.head() - 1, 1);
  const record = stored === undefined ? undefined : decodeRecord(stored);
  invariant(record !== undefined && isInputRecord(record), "what was just appended is an input");
  return record;
};

/** Everything that the desk's books need a price of, at the last recorded time. */
const ticksOf = (state: EngineState, price: number): Pick<LogRecord, "type" | "body"> => {
  const { log, recordedTimeUs: venueTimeUs } = state.facts;
  const quote = (instrument: string, mid: number): Tick => ({ kind: "quote", instrument, venueTimeUs, bid: (mid - 0.2).toFixed(2), bidSize: "10", ask: (mid + 0.2).toFixed(2), askSize: "10" });
  const ticks: Tick[] = [
    { kind: "index", instrument: log, venueTimeUs, price: price.toFixed(2) },
    quote("FUT", price),
    quote("C3700", Math.max(price - 3_700, 0) + 9),
    quote("P3700", Math.max(3_700 - price, 0) + 9),
  ];
  const admission = admit(state, { type: "ticks", version: 1, log, body: { ticks } }, venueTimeUs);
  invariant(admission.kind === "record", `the ticks are recorded: ${JSON.stringify(admission)}`);
  return admission.input;
};
