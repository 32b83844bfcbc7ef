import type { BusMessage } from "@finality/bus";
import { decodeRecord, encodeRecord, isInputRecord, type Decision, type Input, type Provenance, type RecordPlace } from "@finality/contracts";
import type { advance, EngineState } from "@finality/engine";
import { type NewDeadLetter, type PendingRecord } from "@finality/event-log";
import { sha256 } from "@finality/transparency";
import { admitGroup, parse, type Admitted, type LogTime } from "./admit-batch.ts";
import { provenanceOf, type WriterIdentity } from "./provenance.ts";
import type { Skips } from "./skipping.ts";
import { groupMessages, type Parsed } from "./tick-groups.ts";

/** Folds one input and decides; the engine's own everywhere but in tests of what happens when it fails. */
export type Advance = typeof advance;

/** The engine's state, folded up to the last record, and who folds it. */
export type Folding = WriterIdentity & { readonly log: string; readonly state: EngineState; readonly advance: Advance; readonly skips: Skips };

/** The clock that a log lives on; undefined while it is not open. */
export const clockOf = ({ state }: Folding): "data" | "live" | undefined => state.facts.opening?.clock;

/** What a batch adds behind the last folded record, not yet appended. */
export type FoldedBatch = {
  readonly records: readonly PendingRecord[];
  readonly deadLetters: readonly NewDeadLetter[];
  readonly duplicates: number;
  /** Messages taken in, in the order of the fold. */
  readonly consumed: readonly BusMessage[];
  /** A message that the engine could not apply (a bug): what came before it stands, the log stops here (rule 10). */
  readonly unapplicable?: { readonly source: BusMessage; readonly error: unknown };
};

type Pending = { readonly records: PendingRecord[]; readonly deadLetters: NewDeadLetter[]; duplicates: number; readonly consumed: BusMessage[] };

/**
 * Folds messages record by record behind the last one, deciding after each input (rules 1, 11 and 12). Mutates `folding`, whose state
 * is of no more use behind a message that is `unapplicable`. The log is open, or its opening is the first message that is not bad.
 */
export const foldBatch = (folding: Folding, messages: readonly BusMessage[], nowUs: number): FoldedBatch => {
  const pending: Pending = { records: [], deadLetters: [], duplicates: 0, consumed: [] };
  const groups = groupMessages(clockOf(folding), messages.map((message) => parse(folding.log, message, folding.skips)));
  for (const group of groups) {
    try {
      takeGroup(folding, pending, group, nowUs);
    } catch (error) {
      const source = group.find((each) => !pending.consumed.includes(each.source))?.source;
      if (source === undefined) throw error;
      return { ...pending, unapplicable: { source, error } };
    }
  }
  return pending;
};

const takeGroup = (folding: Folding, pending: Pending, group: readonly Parsed[], nowUs: number): void => {
  const time: LogTime = { clock: clockOf(folding), nowUs, lastRecordedUs: folding.state.facts.recordedTimeUs };
  const admitted = admitGroup(folding.state, group, time);
  if (admitted.kind === "split") {
    for (const each of group) takeGroup(folding, pending, [each], nowUs);
    return;
  }
  const sources = group.map(({ source }) => source);
  take(folding, pending, admitted, sources);
  pending.consumed.push(...sources);
};

const take = (folding: Folding, pending: Pending, admitted: Exclude<Admitted, { readonly kind: "split" }>, sources: readonly BusMessage[]): void => {
  switch (admitted.kind) {
    case "ignored":
      return;
    case "duplicate":
      pending.duplicates += 1;
      return;
    case "dead_letter":
      pending.deadLetters.push(admitted.deadLetter);
      return;
    case "record":
      pending.records.push(...foldInput(folding, admitted.input, admitted, provenanceOf(folding, sources)));
      pending.deadLetters.push(...admitted.deadLetters);
  }
};

type RecordTime = { readonly venueTimeUs: number; readonly recordedTimeUs: number };

/** One input and the decisions made from it, encoded; everybody folds what was encoded, the writer first (rule 1). Mutates `folding`. */
export const foldInput = (folding: Folding, input: Input, { venueTimeUs, recordedTimeUs }: RecordTime, provenance: Provenance): readonly PendingRecord[] => {
  const { log, state } = folding;
  const encoded = pendingRecord(input, { venueTimeUs, recordedTimeUs }, provenance);
  const generation = input.type === "GenerationRaised" ? input.body.generation : state.facts.generation;
  const place: RecordPlace = { log, generation, position: state.facts.position + 1, venueTimeUs, recordedTimeUs };
  const record = decodeRecord({ ...place, ...encoded.content });
  if (!isInputRecord(record)) throw new Error("Invariant: an input stays an input through its encoding.");
  const decisions = folding.advance(state, record, sha256);
  const own = provenanceOf(folding, []);
  return [encoded, ...decisions.map((decision) => pendingRecord(decision, { venueTimeUs: recordedTimeUs, recordedTimeUs }, own))];
};

const pendingRecord = (body: Input | Decision, time: RecordTime, provenance: Provenance): PendingRecord => ({ content: { ...encodeRecord(body), ...time }, provenance });
