import type { Database } from "@finality/database";
import type { Dataset } from "@finality/datasets";
import { ConductorError } from "./errors.ts";

const isoOf = (timeUs: number): string => new Date(timeUs / 1_000).toISOString();

/**
 * A log's time does not go back: what the feed publishes first, or goes on with, must not lie before the log's last recorded time (rule 33).
 * Throws "begins_too_early".
 */
export const checkBeginning = async (database: Database, { manifest, timeline }: Dataset, lastInstantUs: number | undefined): Promise<void> => {
  const { dataset, log } = manifest;
  const fromUs = lastInstantUs ?? timeline[0]?.instantUs;
  if (fromUs === undefined) return;
  const { rows } = await database.query<{ readonly recorded_us: number }>("SELECT recorded_us FROM event_log.head WHERE log = $1 AND position > 0", [log]);
  const [head] = rows;
  if (head === undefined || fromUs >= head.recorded_us) return;
  throw new ConductorError(
    "begins_too_early",
    `The dataset ${dataset} ${lastInstantUs === undefined ? "begins" : "goes on"} at ${isoOf(fromUs)}, but the log ${log} has already recorded up to ${isoOf(head.recorded_us)}: a log's time does not go back. Use a fresh data folder.`,
  );
};
