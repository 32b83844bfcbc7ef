import type { BusMessage } from "@finality/bus";
import { parse } from "./admit-batch.ts";
import { noSkips, type Skips } from "./skipping.ts";

/** Messages, and their bytes, that are kept for a log that is not open yet; past this the log stops with an error. */
export const waitingRoomMax = { messages: 10_000, bytes: 256_000_000 } as const;

export type BeforeOpening = {
  /** To be folded now: the log's opening and, behind it, everything else; without an opening only what is bad. */
  readonly now: readonly BusMessage[];
  /** For after the opening, in the order of their coming. */
  readonly later: readonly BusMessage[];
};

/**
 * Sorts what has come for a log that is not open (rule 9). The opening may lie behind messages that wait for it. A bad message is a dead
 * letter at once as long as nothing of its topic waits before it: a stored offset never passes over a message that is not recorded.
 */
export const sortBeforeOpening = (log: string, messages: readonly BusMessage[], skips: Skips = noSkips): BeforeOpening => {
  const parsed = messages.map((message) => parse(log, message, skips));
  const opening = parsed.find((each) => "message" in each && each.message.type === "open_log")?.source;
  if (opening !== undefined) return { now: [opening, ...messages.filter((message) => message !== opening)], later: [] };
  const [now, later]: [BusMessage[], BusMessage[]] = [[], []];
  const waiting = new Set<string>();
  for (const each of parsed) {
    if ("deadLetter" in each && !waiting.has(each.source.topic)) {
      now.push(each.source);
    } else {
      waiting.add(each.source.topic);
      later.push(each.source);
    }
  }
  return { now, later };
};

export const isOverfull = (waiting: readonly BusMessage[]): boolean =>
  waiting.length > waitingRoomMax.messages || waiting.reduce((bytes, { value }) => bytes + value.length, 0) > waitingRoomMax.bytes;
