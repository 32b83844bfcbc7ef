import { createHash } from "node:crypto";
import { decodeRecord, isDecisionRecord, type StoredRecord } from "@finality/contracts";
import { evolve, initialState, stateHash } from "@finality/engine";
import { contentHash, sha256 } from "@finality/transparency";

/** What a log holds and hashes to. Hashes are lower-case hex SHA-256. */
export type LogSummary = {
  readonly log: string;
  readonly generation: number;
  readonly head: number;
  readonly records: number;
  readonly ticks: number;
  readonly fills: number;
  readonly decisions: number;
  /** Over the content hashes of all records, computed from their bytes. */
  readonly logHash: string;
  /** The same over the decisions. */
  readonly decisionsHash: string;
  /** Of the engine's state at the head. */
  readonly stateHash: string;
};

/** Folds a log's records from the first one, pure: needs nothing but the bytes. */
export const foldRecords = async (log: string, records: AsyncIterable<StoredRecord>): Promise<LogSummary> => {
  const state = initialState(log);
  const [all, decided] = [createHash("sha256"), createHash("sha256")];
  const counts = { records: 0, ticks: 0, fills: 0, decisions: 0 };
  for await (const stored of records) {
    const record = decodeRecord(stored);
    const hash = contentHash(stored);
    all.update(hash);
    counts.records += 1;
    if (isDecisionRecord(record)) {
      decided.update(hash);
      counts.decisions += 1;
    } else if (record.type === "TicksRecorded") counts.ticks += record.body.count;
    else if (record.type === "FillRecorded") counts.fills += 1;
    evolve(state, record);
  }
  const { generation, position: head } = state.facts;
  return { log, generation, head, ...counts, logHash: all.digest("hex"), decisionsHash: decided.digest("hex"), stateHash: stateHash(state, sha256) };
};
