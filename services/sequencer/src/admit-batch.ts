import type { BusMessage } from "@finality/bus";
import { messageHeaders, parseMessage, topics, type DeadLetterReason, type Input, type Message } from "@finality/contracts";
import { admit, type EngineState } from "@finality/engine";
import type { NewDeadLetter } from "@finality/event-log";
import { noSkips, placeKey, type Skips } from "./skipping.ts";
import type { Parsed } from "./tick-groups.ts";

/** What one message, or several neighbouring tick messages of a live log, became. */
export type Admitted =
  | { readonly kind: "record"; readonly input: Input; readonly venueTimeUs: number; readonly recordedTimeUs: number; readonly deadLetters: readonly NewDeadLetter[] }
  | { readonly kind: "dead_letter"; readonly deadLetter: NewDeadLetter }
  | { readonly kind: "duplicate" }
  /** Says nothing that is worth a record. */
  | { readonly kind: "ignored" }
  /** One of several merged messages has a bad tick: each is to be judged by itself, so that its dead letter names its own ticks. */
  | { readonly kind: "split" };

/** What a message's recorded time is made from. */
export type LogTime = { readonly clock: "data" | "live" | undefined; readonly nowUs: number; readonly lastRecordedUs: number };

type Refusal = { readonly reason: DeadLetterReason; readonly detail: string };

const deadLetterOf = (source: BusMessage, { reason, detail }: Refusal, badIndices?: readonly number[]): NewDeadLetter => ({
  topic: source.topic,
  partition: source.partition,
  offset: source.offset,
  reason,
  detail,
  ...(badIndices === undefined ? {} : { badIndices }),
  headers: source.headers,
  value: source.value,
});

/** Size, shape and partition: everything that can be said of a message without the log's state. */
export const parse = (log: string, source: BusMessage, skips: Skips = noSkips): Parsed => {
  const skip = skips.get(placeKey(source));
  if (skip !== undefined) return { source, skip, deadLetter: deadLetterOf(source, { reason: "skipped", detail: `An operator skipped the message: ${skip.reason}.` }) };
  const parsed = parseMessage(source.topic, source.value);
  if (!parsed.ok) return { source, deadLetter: deadLetterOf(source, parsed) };
  if (parsed.message.log === log) return { source, message: parsed.message };
  const detail = `The message is for the log "${parsed.message.log}", but partition ${String(source.partition)} carries "${log}".`;
  return { source, deadLetter: deadLetterOf(source, { reason: "wrong_partition", detail }) };
};

/** Asks the engine what a group of an open log, or its opening, is: a record, known already, or bad. Reads the state only. */
export const admitGroup = (state: EngineState, group: readonly Parsed[], time: LogTime): Admitted => {
  const [first] = group;
  if (first === undefined) throw new Error("Invariant: a group has a message.");
  if ("deadLetter" in first) return refused(state, first, time);
  const { source } = first;
  const message = merged(first.message, group);
  const recordedTimeUs = recordedTimeOf(source, message, time);
  if (typeof recordedTimeUs !== "number") return { kind: "dead_letter", deadLetter: deadLetterOf(source, recordedTimeUs) };
  const admission = admit(state, message, recordedTimeUs);
  switch (admission.kind) {
    case "wait":
      throw new Error(`Invariant: messages are kept until their log is open; ${source.topic}/${String(source.offset)} was not.`);
    case "ignored":
      return { kind: "ignored" };
    case "duplicate":
      return { kind: "duplicate" };
    case "dead_letter":
      return group.length > 1 ? { kind: "split" } : { kind: "dead_letter", deadLetter: deadLetterOf(source, admission) };
    case "record": {
      const { input, venueTimeUs, badTicks } = admission;
      if (badTicks === undefined) return { kind: "record", input, venueTimeUs, recordedTimeUs, deadLetters: [] };
      if (group.length > 1) return { kind: "split" };
      return { kind: "record", input, venueTimeUs, recordedTimeUs, deadLetters: [deadLetterOf(source, badTicks, badTicks.indices)] };
    }
  }
};

/** A skipped message leaves a record; in front of the opening, which is record 1 of every log, the dead letter alone. */
const refused = (state: EngineState, { deadLetter, skip }: Extract<Parsed, { readonly deadLetter: NewDeadLetter }>, { clock, nowUs, lastRecordedUs }: LogTime): Admitted => {
  if (skip === undefined || state.facts.opening === null) return { kind: "dead_letter", deadLetter };
  const timeUs = clock === "live" ? Math.max(nowUs, lastRecordedUs) : lastRecordedUs;
  const { reason, actor } = skip;
  return { kind: "record", input: { type: "MessageSkipped", body: { reason, actor } }, venueTimeUs: timeUs, recordedTimeUs: timeUs, deadLetters: [deadLetter] };
};

const merged = (first: Message, group: readonly Parsed[]): Message => {
  if (group.length === 1 || first.type !== "ticks") return first;
  const ticks = group.flatMap((each) => ("message" in each && each.message.type === "ticks" ? each.message.body.ticks : []));
  return { ...first, body: { ticks } };
};

/**
 * Recorded time never falls (rule 7). In recorded data it is the message's own instant (rule 33), and one without it or for a past
 * instant is refused. What carries no instant of the data takes the log's present: a person's control, a redriven message, and an
 * execution, which is never lost because of its time (rule 6).
 */
const recordedTimeOf = ({ topic, headers }: BusMessage, message: Message, { clock, nowUs, lastRecordedUs }: LogTime): number | Refusal => {
  const present = (timeUs: number): number => Math.max(timeUs, lastRecordedUs);
  if (message.type === "open_log") return present(message.body.clock === "data" ? message.body.startsAtUs : nowUs);
  if (clock !== "data") return present(nowUs);
  const { instantUs } = message;
  if (topic === topics.executions || headers[messageHeaders.redriveOf] !== undefined) return present(instantUs ?? 0);
  if (instantUs === undefined) {
    if (topic === topics.control) return lastRecordedUs;
    return { reason: "schema", detail: `/instantUs must be there on ${message.type} of a log with recorded data, but is absent.` };
  }
  if (instantUs >= lastRecordedUs) return instantUs;
  return { reason: "control_conflict", detail: `The message is for the instant ${String(instantUs)} us, but the log has recorded up to ${String(lastRecordedUs)} us.` };
};
