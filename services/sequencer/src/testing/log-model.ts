import { createHash } from "node:crypto";
import type { BusMessage } from "@finality/bus";
import { decodeRecord, encodeRecord, isDecisionRecord, isInputRecord, messageHeaders, parseMessage, topics, type DecisionRecord, type Input, type LogRecord, type Message, type RecordContent } from "@finality/contracts";
import { admit, advance, evolve, initialState, stateHash, type EngineState } from "@finality/engine";
import { contentHash, sha256 } from "@finality/transparency";

/** Where an input came from; a decision came from nowhere. */
export type ModelRecord = RecordContent & { readonly source: Pick<BusMessage, "topic" | "offset"> | undefined };

export type ModelLetter = Pick<BusMessage, "topic" | "offset"> & { readonly reason: string };

/** What a log holds behind one message, or one step of its clock. */
export type Moment = { readonly position: number; readonly offsets: Readonly<Record<string, number>>; readonly duplicates: number; readonly letters: number };

/**
 * What a log is to hold, whoever writes it and whatever happens to them: the engine over one message after the other, in memory. It knows no
 * database, batch, epoch, snapshot or retry.
 */
export class LogModel {
  readonly log: string;
  readonly clock: "data" | "live";
  readonly state: EngineState;
  readonly records: ModelRecord[] = [];
  readonly letters: ModelLetter[] = [];
  readonly #offsets: Record<string, number> = {};
  #duplicates = 0;

  constructor(log: string, clock: "data" | "live") {
    this.log = log;
    this.clock = clock;
    this.state = initialState(log);
  }

  moment(): Moment {
    return { position: this.records.length, offsets: { ...this.#offsets }, duplicates: this.#duplicates, letters: this.letters.length };
  }

  take(source: BusMessage, nowUs: number): readonly DecisionRecord[] {
    this.#offsets[source.topic] = source.offset + 1;
    const parsed = parseMessage(source.topic, source.value);
    if (!parsed.ok) return this.#refuse(source, parsed.reason);
    const { message } = parsed;
    if (message.log !== this.log) return this.#refuse(source, "wrong_partition");
    const timeUs = this.#timeOf(source, message, nowUs);
    if (typeof timeUs === "string") return this.#refuse(source, timeUs);
    const admission = admit(this.state, message, timeUs);
    if (admission.kind === "dead_letter") return this.#refuse(source, admission.reason);
    if (admission.kind === "duplicate") this.#duplicates += 1;
    if (admission.kind !== "record") return [];
    if (admission.badTicks !== undefined) this.#refuse(source, admission.badTicks.reason);
    return this.#record(admission.input, { venueTimeUs: admission.venueTimeUs, recordedTimeUs: timeUs }, source);
  }

  /** A live log records the time when a second went by without a record. */
  tick(nowUs: number): void {
    if (this.clock === "live" && nowUs - this.state.facts.recordedTimeUs >= 1_000_000) this.#record({ type: "ClockTicked", body: {} }, { venueTimeUs: nowUs, recordedTimeUs: nowUs }, undefined);
  }

  logHash(): string {
    return hashOver(this.records);
  }

  decisionsHash(): string {
    return hashOver(this.records.filter((record, index) => isDecisionRecord(this.#decoded(record, index + 1))));
  }

  stateHash(): string {
    return stateHash(this.state, sha256);
  }

  /** Folded from nothing: recorded decisions are applied. */
  stateAt(position: number): EngineState {
    const state = initialState(this.log);
    for (const [index, record] of this.records.slice(0, position).entries()) evolve(state, this.#decoded(record, index + 1));
    return state;
  }

  /** Rules 7 and 33. */
  #timeOf({ topic, headers }: BusMessage, message: Message, nowUs: number): number | "schema" | "control_conflict" {
    const last = this.state.facts.recordedTimeUs;
    if (message.type === "open_log") return Math.max(message.body.clock === "data" ? message.body.startsAtUs : nowUs, last);
    if (this.clock === "live") return Math.max(nowUs, last);
    const { instantUs } = message;
    if (topic === topics.executions || headers[messageHeaders.redriveOf] !== undefined) return Math.max(instantUs ?? 0, last);
    if (instantUs === undefined) return topic === topics.control ? last : "schema";
    return instantUs < last ? "control_conflict" : instantUs;
  }

  #refuse({ topic, offset }: BusMessage, reason: string): readonly DecisionRecord[] {
    this.letters.push({ topic, offset, reason });
    return [];
  }

  #record(input: Input, time: Pick<RecordContent, "venueTimeUs" | "recordedTimeUs">, source: BusMessage | undefined): readonly DecisionRecord[] {
    const content = { ...encodeRecord(input), ...time };
    this.records.push({ ...content, source });
    const record = this.#decoded(content, this.records.length);
    if (!isInputRecord(record)) throw new Error("an input reads back as an input");
    const decisions = advance(this.state, record, sha256);
    for (const decision of decisions) this.records.push({ ...encodeRecord(decision), venueTimeUs: time.recordedTimeUs, recordedTimeUs: time.recordedTimeUs, source: undefined });
    return decisions;
  }

  #decoded(content: RecordContent, position: number): LogRecord {
    return decodeRecord({ ...content, log: this.log, generation: 1, position });
  }
}

const hashOver = (records: readonly RecordContent[]): string => createHash("sha256").update(Buffer.concat(records.map((record) => contentHash(record)))).digest("hex");

/** RFC 6962 section 2.1 word for word. */
export const rootOver = (leaves: readonly Uint8Array[]): Buffer => {
  const [first] = leaves;
  if (first === undefined) return sha256(Buffer.alloc(0));
  if (leaves.length === 1) return Buffer.from(first);
  let split = 1;
  while (2 * split < leaves.length) split *= 2;
  return sha256(Buffer.concat([Buffer.of(1), rootOver(leaves.slice(0, split)), rootOver(leaves.slice(split))]));
};
