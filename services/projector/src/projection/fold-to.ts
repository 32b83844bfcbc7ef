import { recordChunks, type LogReader } from "@finality/event-log";
import { ProjectorError } from "../errors.ts";
import type { Projection } from "./projection.ts";

/**
 * Folds until the projection stands at `position`, writing nothing. Throws ProjectorError "checkpoint_not_in_log" when the log ends
 * before, "stopped" when the signal says so.
 */
export const foldTo = async (reader: LogReader, log: string, projection: Projection, { position, signal }: { readonly position: number; readonly signal?: AbortSignal }): Promise<void> => {
  for await (const records of recordChunks(reader, { log, after: projection.position, to: position })) {
    if (signal?.aborted === true) throw new ProjectorError("stopped", `The projector was stopped while it read log ${log} again, at position ${String(projection.position)}.`);
    projection.fold(records);
  }
  if (projection.position < position) {
    throw new ProjectorError("checkpoint_not_in_log", `The read models of log ${log} are at position ${String(position)}, and the log ends at ${String(projection.position)}: it has lost records since. Rebuild the read models.`);
  }
};
