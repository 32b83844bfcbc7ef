import type { BusMessage } from "@finality/bus";
import { messageHeaders, type Message } from "@finality/contracts";
import type { NewDeadLetter, Skip } from "@finality/event-log";

/** A message after everything was said of it that needs no state: it has its shape, or is a dead letter, because it is bad or to be skipped. */
export type Parsed = { readonly source: BusMessage; readonly message: Message } | { readonly source: BusMessage; readonly deadLetter: NewDeadLetter; readonly skip?: Skip };

/** Most ticks, and the widest span of venue times in microseconds, that neighbouring messages of a live log are merged into one record over (rule 12). */
export const mergeLimits = { ticks: 5_000, spanUs: 250_000 } as const;

type TickRun = { readonly ticks: number; readonly fromUs: number; readonly toUs: number };

/**
 * Groups that become one record each: neighbouring tick messages of a live log, else every message by itself. A message that was
 * redriven stays alone, because its record says so.
 */
export const groupMessages = (clock: "data" | "live" | undefined, parsed: readonly Parsed[]): readonly (readonly Parsed[])[] => {
  const groups: Parsed[][] = [];
  let run: TickRun | undefined;
  for (const each of parsed) {
    const own = clock === "live" ? runOf(each) : undefined;
    const merged = run === undefined || own === undefined ? undefined : mergedRun(run, own);
    if (merged === undefined) groups.push([each]);
    else groups.at(-1)?.push(each);
    run = merged ?? own;
  }
  return groups;
};

const mergedRun = (run: TickRun, own: TickRun): TickRun | undefined => {
  const merged = { ticks: run.ticks + own.ticks, fromUs: Math.min(run.fromUs, own.fromUs), toUs: Math.max(run.toUs, own.toUs) };
  return merged.ticks <= mergeLimits.ticks && merged.toUs - merged.fromUs <= mergeLimits.spanUs ? merged : undefined;
};

const runOf = (parsed: Parsed): TickRun | undefined => {
  if (!("message" in parsed) || parsed.message.type !== "ticks" || parsed.source.headers[messageHeaders.redriveOf] !== undefined) return undefined;
  let [fromUs, toUs] = [Infinity, -Infinity];
  for (const tick of parsed.message.body.ticks) {
    // Ticks are not checked yet: one without a time is judged, and refused, later.
    const timeUs: unknown = typeof tick === "object" && tick !== null ? Reflect.get(tick, "venueTimeUs") : undefined;
    if (typeof timeUs !== "number") continue;
    fromUs = Math.min(fromUs, timeUs);
    toUs = Math.max(toUs, timeUs);
  }
  return fromUs > toUs ? undefined : { ticks: parsed.message.body.ticks.length, fromUs, toUs };
};
