import { createHash } from "node:crypto";
import { BusError, type Bus, type BusMessage } from "@finality/bus";
import type { Append, LogHold } from "@finality/event-log";
import { SequencerError } from "./errors.ts";

const hashOf = (message: BusMessage): Buffer => createHash("sha256").update(message.value).digest();

/**
 * The offsets that an append stores: of each topic those behind what is stored already, without a gap. What was taken in out of order in
 * front of a message that is not recorded is not stored, and known by its id when it comes again.
 */
export const offsetsOf = (consumed: readonly BusMessage[], stored: ReadonlyMap<string, number>): Append["offsets"] => {
  const byTopic = Map.groupBy(consumed, ({ topic }) => topic);
  return [...byTopic].flatMap(([topic, messages]) => {
    const expected = stored.get(topic) ?? 0;
    let last: BusMessage | undefined;
    for (const message of messages.toSorted((left, right) => left.offset - right.offset)) {
      if (message.offset !== (last?.offset ?? expected - 1) + 1) break;
      last = message;
    }
    return last === undefined ? [] : [{ topic, partition: last.partition, expected, next: last.offset + 1, lastHash: hashOf(last) }];
  });
};

/** Throws `offset_gap` when messages are missing (rule 4). */
export const requireNoGap = (log: string, fresh: readonly BusMessage[], next: ReadonlyMap<string, number>): void => {
  const due = new Map(next);
  for (const { topic, partition, offset } of fresh) {
    const expected = due.get(topic) ?? 0;
    if (offset !== expected) throw new SequencerError("offset_gap", `Log ${log}: ${topic}/${String(partition)} went from offset ${String(expected)} to ${String(offset)}; messages are missing.`);
    due.set(topic, offset + 1);
  }
};

/** Throws `offset_gap` when the bus let go of messages before they were recorded: this log cannot go on, the others of the consumer can. */
const requireKept = async (bus: Bus, log: string, place: Parameters<Bus["read"]>[0]): Promise<void> => {
  try {
    await bus.read(place, 1);
  } catch (cause) {
    if (!(cause instanceof BusError && cause.code === "offset_out_of_range")) throw cause;
    throw new SequencerError("offset_gap", `Log ${log} is to go on at ${place.topic}/${String(place.partition)}/${String(place.offset)}, but messages are missing: ${cause.message}`, { cause });
  }
};

/**
 * Compares the bus with the one that the log was written from, and the last consumed message of each topic with the one that lies there
 * now. Throws `topic_recreated` when either is another one or a topic ends before it (rule 4). A message that the bus no longer keeps says
 * nothing, unless it was not recorded: then `offset_gap`. Returns the identity of the bus, for the offsets that are stored from now on.
 */
export const requireSameTopics = async (bus: Bus, { log, offsets }: LogHold): Promise<string> => {
  const identity = await bus.identity();
  const other = offsets.find(({ busIdentity }) => busIdentity !== undefined && busIdentity !== identity);
  if (other !== undefined) throw new SequencerError("topic_recreated", sayOtherBus(log, other, identity));
  for (const { topic, partition, nextOffset, lastHash } of offsets) {
    if (nextOffset === 0 || lastHash === undefined) continue;
    const recreated = (what: string): SequencerError =>
      new SequencerError("topic_recreated", `Log ${log} has consumed ${topic}/${String(partition)} up to offset ${String(nextOffset)}, but ${what}: the topic is not the one that the log was written from.`);
    const end = await bus.endOffset(topic, partition);
    if (end < nextOffset) throw recreated(`the partition ends at ${String(end)}`);
    const [last] = await readKept(bus, { topic, partition, offset: nextOffset - 1 });
    if (last?.offset === nextOffset - 1 && !hashOf(last).equals(lastHash)) throw recreated(`the message at ${String(nextOffset - 1)} is another one`);
    if (nextOffset < end) await requireKept(bus, log, { topic, partition, offset: nextOffset });
  }
  return identity;
};

const sayOtherBus = (log: string, { topic, partition, nextOffset, busIdentity = "" }: LogHold["offsets"][number], identity: string): string =>
  `Log ${log} has consumed ${topic}/${String(partition)} up to offset ${String(nextOffset)} of the bus ${busIdentity}, but this is ${identity}, where that offset means other messages. ` +
  `Connect to ${busIdentity} again; or, if its topics were moved here with their offsets, set event_log.source_offset.bus_identity to NULL for ${log} and start again.`;

const readKept = async (bus: Bus, place: Parameters<Bus["read"]>[0]): Promise<readonly BusMessage[]> => {
  try {
    return await bus.read(place, 1);
  } catch (error) {
    if (error instanceof BusError && error.code === "offset_out_of_range") return [];
    throw error;
  }
};
