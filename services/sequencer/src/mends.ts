import { BusError } from "@finality/bus";
import { DatabaseError } from "@finality/database";
import { EventLogError } from "@finality/event-log";

/** Whether taking everything over again, in a while, may help: what was lost comes back. Anything else is one log's own trouble. */
export const mends = (error: unknown): boolean => {
  if (error instanceof DatabaseError) return ["connection", "commit_unknown", "conflict", "disk_full"].includes(error.code);
  if (error instanceof BusError) return ["unavailable", "outcome_unknown"].includes(error.code);
  return error instanceof EventLogError && error.code === "commit_unknown";
};
