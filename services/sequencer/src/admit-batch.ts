import type { BusMessage } from "@finality/bus";
import { messageHeaders, parseMessage, topics, type DeadLetterReason, type Input, type Message } from "@finality/contracts";
import { admit, type EngineState } from "@finality/engine";
import type { NewDeadLetter } from "@finality/event-log";

/** What one message, or several neighbouring tick messages of a live log, became. */
export type Admitted =
  | { readonly kind: "record"; readonly input: Input; readonly venueTimeUs: number; readonly recordedTimeUs: number; readonly sources: readonly BusMessage[]; readonly deadLetters: readonly NewDeadLetter[] }
  | { readonly kind: "dead_letter"; readonly deadLetter: NewDeadLetter; readonly source: BusMessage }
  | { readonly kind: "duplicate"; readonly source: BusMessage }
  | { readonly kind: "wait"; readonly source: BusMessage };

export type Parsed = { readonly source: BusMessage; readonly message: Message } | { readonly source: BusMessage; readonly deadLetter: NewDeadLetter };

export const deadLetterOf = (source: BusMessage, reason: DeadLetterReason, detail: string, badIndices?: readonly number[]): NewDeadLetter => ({
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
export const parse = (log: string, source: BusMessage): Parsed => {
  const parsed = parseMessage(source.topic, source.value);
  if (!parsed.ok) return { source, deadLetter: deadLetterOf(source, parsed.reason, parsed.detail) };
  if (parsed.message.log !== log) {
    return { source, deadLetter: deadLetterOf(source, "wrong_partition", `The message is for the log "${parsed.message.log}", but partition ${String(source.partition)} carries "${log}".`) };
  }
  return { source, message: parsed.message };
};

/** Most ticks and the widest span of venue times that neighbouring messages of a live log are merged into one record over (rule 12). */
const mergeLimits = { ticks: 5_000, spanUs: 250_000 } as const;

/** Groups that become one record each: neighbouring tick messages of a live log, else every message by itself. */
export const groupMessages = (clock: "data" | "live" | undefined, parsed: readonly Parsed[]): readonly (readonly Parsed[])[] => {
  const groups: Parsed[][] = [];
  let room = 0;
  for (const each of parsed) {
    const ticks = "message" in each && each.message.type === "ticks" ? each.message.body.ticks.length : undefined;
    const last = groups.at(-1);
    if (clock === "live" && ticks !== undefined && last !== undefined && ticks <= room && closeInTime(last[0], each)) {
      last.push(each);
      room -= ticks;
    } else {
      groups.push([each]);
      room = ticks === undefined ? 0 : mergeLimits.ticks - ticks;
    }
  }
  return groups;
};

const closeInTime = (first: Parsed | undefined, next: Parsed): boolean => {
  const [from, to] = [firstVenueTime(first), firstVenueTime(next)];
  return from === undefined || to === undefined || Math.abs(to - from) <= mergeLimits.spanUs;
};

const firstVenueTime = (parsed: Parsed | undefined): number | undefined => {
  if (parsed === undefined || !("message" in parsed) || parsed.message.type !== "ticks") return undefined;
  const tick = parsed.message.body.ticks[0];
  const time: unknown = typeof tick === "object" && tick !== null ? Reflect.get(tick, "venueTimeUs") : undefined;
  return typeof time === "number" ? time : undefined;
};

/** Asks the engine what a group is: a record, known already, too early, or bad. Reads the state only. */
export const admitGroup = (state: EngineState, group: readonly Parsed[], time: LogTime): readonly Admitted[] => {
  const [first] = group;
  if (first === undefined) return [];
  if ("deadLetter" in first) return [{ kind: "dead_letter", deadLetter: first.deadLetter, source: first.source }];
  const merged = mergeTicks(group);
  const recordedTimeUs = recordedTimeOf(first.source, merged.message, time);
  if (typeof recordedTimeUs === "string") {
    return [{ kind: "dead_letter", deadLetter: deadLetterOf(first.source, "control_conflict", recordedTimeUs), source: first.source }];
  }
  const admission = admit(state, merged.message, recordedTimeUs);
  switch (admission.kind) {
    case "wait":
      return group.map(({ source }) => ({ kind: "wait", source }));
    case "duplicate":
      return group.map(({ source }) => ({ kind: "duplicate", source }));
    case "dead_letter":
      return group.map(({ source }) => ({ kind: "dead_letter", deadLetter: deadLetterOf(source, admission.reason, admission.detail), source }));
    case "record": {
      const sources = group.map(({ source }) => source);
      const deadLetters = admission.badTicks === undefined ? [] : badTickLetters(merged.origins, admission.badTicks);
      return [{ kind: "record", input: admission.input, venueTimeUs: admission.venueTimeUs, recordedTimeUs, sources, deadLetters }];
    }
  }
};

type TickOrigin = { readonly source: BusMessage; readonly index: number };

const mergeTicks = (group: readonly Parsed[]): { readonly message: Message; readonly origins: readonly TickOrigin[] } => {
  const messages = group.flatMap((each) => ("message" in each ? [each] : []));
  const [first] = messages;
  if (first === undefined) throw new Error("Invariant: a group that is admitted holds parsed messages.");
  if (first.message.type !== "ticks") return { message: first.message, origins: [] };
  const origins: TickOrigin[] = [];
  const ticks: unknown[] = [];
  for (const { source, message } of messages) {
    if (message.type !== "ticks") continue;
    message.body.ticks.forEach((tick, index) => {
      origins.push({ source, index });
      ticks.push(tick);
    });
  }
  return { message: { ...first.message, body: { ticks } }, origins };
};

const badTickLetters = (origins: readonly TickOrigin[], bad: { readonly indices: readonly number[]; readonly reason: DeadLetterReason; readonly detail: string }): readonly NewDeadLetter[] => {
  const bySource = new Map<BusMessage, number[]>();
  for (const index of bad.indices) {
    const origin = origins[index];
    if (origin !== undefined) bySource.set(origin.source, [...(bySource.get(origin.source) ?? []), origin.index]);
  }
  return [...bySource].map(([source, indices]) => deadLetterOf(source, bad.reason, bad.detail, indices));
};

/** What a message's recorded time is made from. */
export type LogTime = { readonly clock: "data" | "live" | undefined; readonly nowUs: number; readonly lastRecordedUs: number };

/**
 * Recorded time never falls (rule 7). In recorded data it is the message's own instant (rule 33); what a person sends there (control, a
 * redriven message) carries none and takes the log's present. A string says why the message is refused.
 */
const recordedTimeOf = (source: BusMessage, message: Message, { clock, nowUs, lastRecordedUs }: LogTime): number | string => {
  if (message.type === "open_log") return message.body.clock === "data" ? Math.max(message.body.startsAtUs, lastRecordedUs) : Math.max(nowUs, lastRecordedUs);
  if (clock !== "data") return Math.max(nowUs, lastRecordedUs);
  if (source.headers[messageHeaders.redriveOf] !== undefined) return Math.max(message.instantUs ?? 0, lastRecordedUs);
  if (message.instantUs === undefined) {
    return source.topic === topics.control ? lastRecordedUs : `A ${message.type} of a log with recorded data must carry instantUs; this one has none.`;
  }
  if (message.instantUs >= lastRecordedUs) return message.instantUs;
  return `The message is for the instant ${String(message.instantUs)} us, but the log has recorded up to ${String(lastRecordedUs)} us.`;
};
