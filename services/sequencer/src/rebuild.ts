import { decodeRecord, type StoredRecord } from "@finality/contracts";
import { evolve, initialState, type EngineState } from "@finality/engine";
import type { LogHold, LogReader } from "@finality/event-log";
import { SequencerError } from "./errors.ts";

const readChunk = 2_000;

/** The state behind the last record that a hold names, folded from the log alone: recorded decisions are applied, never made again (rule 11). Throws `record_unfoldable`. */
export const rebuildState = async (reader: LogReader, { log, position: head }: LogHold): Promise<EngineState> => {
  const state = initialState(log);
  while (state.facts.position < head) {
    const { position } = state.facts;
    const records = await reader.read(log, position, Math.min(readChunk, head - position));
    if (records.length === 0) throw new Error(`Invariant: a log has every record up to its head; ${log} has none behind ${String(position)} of ${String(head)}.`);
    for (const record of records) fold(state, record);
  }
  return state;
};

const fold = (state: EngineState, record: StoredRecord): void => {
  try {
    evolve(state, decodeRecord(record));
  } catch (cause) {
    const place = `${record.log}-${String(record.generation)}-${String(record.position)}`;
    throw new SequencerError("record_unfoldable", `The record ${place} cannot be folded: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
};
