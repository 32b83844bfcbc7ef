import { createHash } from "node:crypto";
import type { BusMessage } from "@finality/bus";
import { decodeRecord, encodeRecord, isInputRecord, messageHeaders, type Decision, type Input, type Provenance, type RecordPlace } from "@finality/contracts";
import { advance, type EngineState } from "@finality/engine";
import type { NewDeadLetter, PendingRecord } from "@finality/event-log";
import { admitGroup, groupMessages, parse, type Admitted } from "./admit-batch.ts";

/** The engine's state, folded up to the last record, and who folds it. */
export type Folding = { readonly log: string; readonly epoch: number; readonly build: string; readonly state: EngineState };

/** The clock that a log lives on; undefined while it is not open. */
export const clockOf = ({ state }: Folding): "data" | "live" | undefined => state.facts.opening?.clock;

/** What a batch adds behind the last folded record, not yet appended. */
export type FoldedBatch = {
  readonly records: readonly PendingRecord[];
  readonly deadLetters: readonly NewDeadLetter[];
  readonly duplicates: number;
  /** Messages taken in, in order; the offsets behind the last one are what the append stores. */
  readonly consumed: readonly BusMessage[];
  /** Messages for a log that is not open yet; everything behind them waits too. */
  readonly waiting: readonly BusMessage[];
  /** A message that the engine could not apply (a bug): what came before it stands, the log stops here (rule 10). */
  readonly unapplicable?: { readonly source: BusMessage; readonly error: unknown };
};

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();

type Pending = { readonly records: PendingRecord[]; readonly deadLetters: NewDeadLetter[]; duplicates: number; readonly consumed: BusMessage[] };

/** Folds messages record by record behind the last one, deciding after each input (rules 1, 11 and 12). Mutates `folding`. */
export const foldBatch = (folding: Folding, messages: readonly BusMessage[], nowUs: number): FoldedBatch => {
  const pending: Pending = { records: [], deadLetters: [], duplicates: 0, consumed: [] };
  const groups = groupMessages(clockOf(folding), messages.map((message) => parse(folding.log, message)));
  for (const [index, group] of groups.entries()) {
    try {
      const admitted = admitGroup(folding.state, group, { clock: clockOf(folding), nowUs, lastRecordedUs: folding.state.facts.recordedTimeUs });
      if (admitted.some((each) => each.kind === "wait")) {
        return { ...pending, waiting: groups.slice(index).flatMap((rest) => rest.map(({ source }) => source)) };
      }
      for (const each of admitted) take(folding, pending, each);
    } catch (error) {
      const source = group[0]?.source;
      if (source === undefined) throw error;
      return { ...pending, waiting: [], unapplicable: { source, error } };
    }
  }
  return { ...pending, waiting: [] };
};

const take = (folding: Folding, pending: Pending, admitted: Admitted): void => {
  switch (admitted.kind) {
    case "wait":
      return;
    case "duplicate":
      pending.duplicates += 1;
      pending.consumed.push(admitted.source);
      return;
    case "dead_letter":
      pending.deadLetters.push(admitted.deadLetter);
      pending.consumed.push(admitted.source);
      return;
    case "record": {
      pending.records.push(...foldInput(folding, admitted.input, admitted, provenanceOf(folding, admitted.sources)));
      pending.deadLetters.push(...admitted.deadLetters);
      pending.consumed.push(...admitted.sources);
    }
  }
};

/** One input and the decisions made from it, encoded; everybody folds what was encoded, the writer first (rule 1). */
export const foldInput = (
  folding: Folding,
  input: Input,
  time: { readonly venueTimeUs: number; readonly recordedTimeUs: number },
  provenance: Provenance,
): readonly PendingRecord[] => {
  const own: Provenance = { epoch: folding.epoch, build: folding.build };
  const encoded = pendingRecord(input, time, provenance);
  const place: RecordPlace = { log: folding.log, generation: folding.state.facts.generation, position: folding.state.facts.position + 1, ...pick(time) };
  const record = decodeRecord({ ...place, ...encoded.content });
  if (!isInputRecord(record)) throw new Error("Invariant: an input stays an input through its encoding.");
  const decisions = advance(folding.state, record, sha256);
  const decidedAt = { venueTimeUs: time.recordedTimeUs, recordedTimeUs: time.recordedTimeUs };
  return [encoded, ...decisions.map((decision) => pendingRecord(decision, decidedAt, own))];
};

const pick = ({ venueTimeUs, recordedTimeUs }: { readonly venueTimeUs: number; readonly recordedTimeUs: number }) => ({ venueTimeUs, recordedTimeUs });

const pendingRecord = (body: Input | Decision, time: { readonly venueTimeUs: number; readonly recordedTimeUs: number }, provenance: Provenance): PendingRecord => ({
  content: { ...encodeRecord(body), ...pick(time) },
  provenance,
});

const provenanceOf = (folding: Folding, sources: readonly BusMessage[]): Provenance => {
  const [first, last] = [sources[0], sources.at(-1)];
  const own: Provenance = { epoch: folding.epoch, build: folding.build };
  if (first === undefined || last === undefined) return own;
  const [actor, traceparent, redriveOf] = [first.headers[messageHeaders.actor], first.headers["traceparent"], first.headers[messageHeaders.redriveOf]];
  return {
    ...own,
    topic: first.topic,
    partition: first.partition,
    firstOffset: first.offset,
    lastOffset: last.offset,
    ...(actor === undefined ? {} : { actor }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(redriveOf === undefined ? {} : { redriveOf }),
  };
};
