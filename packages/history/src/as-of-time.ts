import { EventLogError } from "@finality/event-log";
import { HistoryError } from "./errors.ts";
import type { LogSource } from "./log-source.ts";

const isArchived = (error: unknown): error is EventLogError => error instanceof EventLogError && error.code === "archived";

/** An error instead of the time where the record has left for an archive that this source does not read. */
const recordedTimeAt = async (source: LogSource, log: string, position: number): Promise<number | EventLogError> => {
  try {
    const [record] = await source.read(log, position - 1, 1);
    if (record === undefined) throw new HistoryError("not_in_log", `Log ${log} has no record at position ${String(position)}.`);
    return record.recordedTimeUs;
  } catch (error) {
    if (isArchived(error)) return error;
    throw error;
  }
};

/**
 * The last position whose recorded time is at or before an instant, at most `head`. Recorded time never falls along a log, and what has
 * left for an archive is always its beginning: log₂ n single records are read, and none of those that left is needed for a later instant.
 * Throws HistoryError "not_in_log" for an instant before the first record, EventLogError "archived" where the answer has left.
 */
export const positionByTime = async (source: LogSource, { log, position: head }: { readonly log: string; readonly position: number }, instantUs: number): Promise<number> => {
  let [known, unknown] = [0, head + 1];
  let left: EventLogError | undefined;
  while (unknown - known > 1) {
    const middle = Math.floor((known + unknown) / 2);
    const recorded = await recordedTimeAt(source, log, middle);
    if (typeof recorded === "number" && recorded > instantUs) unknown = middle;
    else {
      known = middle;
      left = typeof recorded === "number" ? undefined : recorded;
    }
  }
  if (left !== undefined) throw left;
  if (known === 0) throw new HistoryError("not_in_log", `Log ${log} holds nothing that was recorded by ${new Date(instantUs / 1_000).toISOString()}.`);
  return known;
};
