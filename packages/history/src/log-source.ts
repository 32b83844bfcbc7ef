import type { LogHead, LogReader } from "@finality/event-log";

/** Where records are read from: PostgreSQL, an archive, or both joined. */
export type LogSource = Pick<LogReader, "read"> & {
  /** What is known of a log's end, wherever it is kept. */
  head(log: string): Promise<Pick<LogHead, "generation" | "position" | "root"> | undefined>;
};
