import type { Bus } from "@finality/bus";
import { parseMessage, topics } from "@finality/contracts";
import type { Database } from "@finality/database";
import { sourceOffsets, type Catalogue } from "@finality/event-log";
import { pause } from "@finality/service-kit";
import { ConductorError } from "../errors.ts";

export type LogPlace = { readonly database: Database; readonly bus: Bus; readonly log: string; readonly partition: number };
export type LogStart = { readonly clock: "data" | "live"; readonly startsAtUs: number };

const pollMs = 25;
const takenInWithinMs = 60_000;
/** Nothing but an opening, or what waits for it, lies in front of an opening that nobody has recorded. */
const openingWithin = 1_000;

/** The log's partition, given to it now if it has none yet. Throws `ConductorError` "no_partition" when the topics have none left. */
export const enterLog = async (catalogue: Catalogue, bus: Bus, log: string): Promise<number> => {
  const partitions = await bus.partitions(topics.control);
  const partition = (await catalogue.partitionOf(log)) ?? (await catalogue.list()).length;
  if (partition < partitions) return catalogue.assignPartition(log);
  throw new ConductorError("no_partition", `The log ${log} would be the partition ${String(partition)} of the topics, but they have ${String(partitions)}: add partitions, or feed fewer underlyings.`);
};

/** How the log was opened: by its first record, else by an opening that lies on the bus and is not recorded yet. Undefined when nobody opened it. */
export const startOfLog = async (place: LogPlace): Promise<LogStart | undefined> => (await recordedStart(place)) ?? publishedStart(place);

const recordedStart = async ({ database, log }: LogPlace): Promise<LogStart | undefined> => {
  const { rows } = await database.query<{ readonly opening: LogStart }>("SELECT convert_from(payload, 'UTF8')::jsonb AS opening FROM event_log.record WHERE log = $1 AND position = 1", [log]);
  return rows[0]?.opening;
};

const publishedStart = async ({ bus, log, partition }: LogPlace): Promise<LogStart | undefined> => {
  const end = await bus.endOffset(topics.control, partition);
  if (end === 0) return undefined;
  for (const { topic, value } of await bus.read({ topic: topics.control, partition, offset: 0 }, Math.min(end, openingWithin))) {
    const parsed = parseMessage(topic, value);
    if (parsed.ok && parsed.message.type === "open_log" && parsed.message.log === log) return parsed.message.body;
  }
  return undefined;
};

/**
 * Waits until the log has recorded, or judged, all control that lies on the bus: ticks of instruments that are not listed yet would be
 * dead letters. Returns early when the signal is aborted. Throws `ConductorError` "not_taken_in" after 60 s.
 */
export const untilControlTakenIn = async ({ database, bus, log, partition }: LogPlace, signal: AbortSignal): Promise<void> => {
  const end = await bus.endOffset(topics.control, partition);
  const deadlineMs = performance.now() + takenInWithinMs;
  while (!signal.aborted) {
    const offsets = await sourceOffsets(database, log);
    const recorded = offsets.find(({ topic }) => topic === topics.control)?.nextOffset ?? 0;
    if (recorded >= end) return;
    if (performance.now() > deadlineMs) throw new ConductorError("not_taken_in", `The log ${log} has recorded ${String(recorded)} of ${String(end)} control messages after ${String(takenInWithinMs / 1_000)} s: is a sequencer running?`);
    await pause(pollMs, signal);
  }
};
