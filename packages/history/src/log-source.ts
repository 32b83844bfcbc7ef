import type { LogReader } from "@finality/event-log";

/** Where records are read from: PostgreSQL, an archive, or both joined. */
export type LogSource = Pick<LogReader, "head" | "read">;
