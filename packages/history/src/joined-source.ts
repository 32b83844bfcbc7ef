import { EventLogError } from "@finality/event-log";
import type { LogSource } from "./log-source.ts";

/** An archive as far as reading needs it; `read` as that of the log itself. */
export type ArchiveSource = Pick<LogSource, "read">;

/** PostgreSQL and an archive as one log: what left for the archive is read there, and nobody who reads notices. */
export const joinedSource = (recent: LogSource, archive: ArchiveSource): LogSource => {
  /** The positions up to here are known to have left, by log. */
  const archived = new Map<string, number>();
  const fromArchive = async (log: string, afterPosition: number, limit: number): ReturnType<LogSource["read"]> => {
    const records = await archive.read(log, afterPosition, limit);
    const last = records.at(-1);
    if (last === undefined) throw new EventLogError("archived", `The archive that was named does not hold the records of log ${log} behind position ${String(afterPosition)}, and they left PostgreSQL.`);
    archived.set(log, Math.max(archived.get(log) ?? 0, last.position));
    return records;
  };
  return {
    head: (log) => recent.head(log),
    read: async (log, afterPosition, limit) => {
      if (afterPosition < (archived.get(log) ?? 0)) return fromArchive(log, afterPosition, limit);
      try {
        return await recent.read(log, afterPosition, limit);
      } catch (error) {
        if (error instanceof EventLogError && error.code === "archived") return fromArchive(log, afterPosition, limit);
        throw error;
      }
    },
  };
};
