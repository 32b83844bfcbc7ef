import { HistoryError } from "./errors.ts";
import type { LogSource } from "./log-source.ts";

const recordedAt = async (source: LogSource, log: string, position: number): Promise<number> => {
  const [record] = await source.read(log, position - 1, 1);
  if (record === undefined) throw new HistoryError("not_in_log", `Log ${log} has no record at position ${String(position)}.`);
  return record.recordedTimeUs;
};

/**
 * The last position whose recorded time is at or before an instant: what was known then. Recorded time never falls along a log, so
 * log₂ n single records are read. Throws HistoryError "unknown_log", and "not_in_log" for an instant before the first record.
 */
export const positionAtRecordedTime = async (source: LogSource, log: string, instantUs: number): Promise<number> => {
  const head = await source.head(log);
  if (head === undefined) throw new HistoryError("unknown_log", `There is no log ${log}.`);
  if (head.position === 0 || (await recordedAt(source, log, 1)) > instantUs) throw new HistoryError("not_in_log", `Log ${log} holds nothing that was recorded by ${new Date(instantUs / 1_000).toISOString()}.`);
  if (head.recordedUs <= instantUs) return head.position;
  let [known, unknown] = [1, head.position];
  while (unknown - known > 1) {
    const middle = Math.floor((known + unknown) / 2);
    if ((await recordedAt(source, log, middle)) <= instantUs) known = middle;
    else unknown = middle;
  }
  return known;
};
