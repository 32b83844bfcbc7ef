import { decodeRecord, type StoredRecord } from "@finality/contracts";
import { createFactsFold } from "@finality/engine";
import { recordChunks } from "@finality/event-log";
import type { Checkpoint } from "@finality/read-models";
import type { AsOfPoint } from "./as-of-point.ts";
import { positionByTime } from "./as-of-time.ts";
import { HistoryError } from "./errors.ts";
import type { LogSource } from "./log-source.ts";
import { factsRowsOf, rowsOf, type FactsRows, type StateRows } from "./rows.ts";
import { foldAt, type HistoryDeps } from "./state-at.ts";

export type AsOfDeps = HistoryDeps & {
  /** Records that one answer may read; absent: as many as it takes. */
  readonly recordsMax?: number;
};

/** As the read models say what they are true at. */
export const checkpointOf = ({ log, generation, position, recordedTimeUs, venueTimeUs }: StoredRecord): Checkpoint => ({ log, generation, position, recordedTimeUs, venueTimeUs });

/** The last record that a point holds. Throws HistoryError "unknown_log", and "not_in_log" for a point before the first record or behind the head. */
export const recordAsOf = async (source: LogSource, log: string, point: AsOfPoint): Promise<StoredRecord> => {
  const head = await source.head(log);
  if (head === undefined) throw new HistoryError("unknown_log", `There is no log ${log}.`);
  const position = point.kind === "position" ? point.position : await positionByTime(source, { log, position: head.position }, point.recordedTimeUs);
  const [record] = position < 1 || position > head.position ? [] : await source.read(log, position - 1, 1);
  if (record === undefined) throw new HistoryError("not_in_log", `Log ${log} holds positions 1 to ${String(head.position)}; there is no state behind ${String(position)}.`);
  return record;
};

const tooFar = (log: string, what: string, recordsMax: number): HistoryError =>
  new HistoryError("too_far", `${what} of log ${log} takes more than the ${String(recordsMax)} records that one answer may fold.`);

/**
 * The source, which ends by an abort rather than read more records than that. An abort is no verdict on the snapshot that the fold
 * began at, as an error of this package would be.
 */
const counted = ({ source, recordsMax = Infinity }: AsOfDeps): { readonly source: LogSource; readonly isSpent: () => boolean } => {
  const spent = new AbortController();
  let records = 0;
  const read: LogSource["read"] = async (log, afterPosition, limit) => {
    if (records + limit > recordsMax) spent.abort();
    spent.signal.throwIfAborted();
    const found = await source.read(log, afterPosition, limit);
    records += found.length;
    return found;
  };
  return { source: { head: (log) => source.head(log), read }, isSpent: () => spent.signal.aborted };
};

/**
 * What the desk showed at a position: the state folded from the nearest snapshot, as the read models' rows. Throws HistoryError
 * "too_far" before anything is folded where the snapshots alone say so, and what `foldAt` throws.
 */
export const rowsAsOf = async (deps: AsOfDeps, log: string, position: number): Promise<StateRows> => {
  const { snapshots, recordsMax = Infinity } = deps;
  const [nearest] = (await snapshots?.usable(log, position)) ?? [];
  const what = `The state at position ${String(position)}`;
  if (position - (nearest?.position ?? 0) > recordsMax) throw tooFar(log, what, recordsMax);
  const { source, isSpent } = counted(deps);
  try {
    return rowsOf((await foldAt({ ...deps, source }, log, position)).state);
  } catch (error) {
    if (isSpent()) throw tooFar(log, what, recordsMax);
    throw error;
  }
};

/**
 * Facts at a venue time by everything up to a position (rule 35), read from the first record: no snapshot holds what later records
 * say of an earlier time. Throws HistoryError "too_far".
 */
export const factsAsOf = async ({ source, signal, recordsMax = Infinity }: AsOfDeps, { log, position }: Pick<Checkpoint, "log" | "position">, venueTimeUs: number): Promise<FactsRows> => {
  if (position > recordsMax) throw tooFar(log, `A venue time at position ${String(position)}`, recordsMax);
  const facts = createFactsFold(log, venueTimeUs);
  for await (const records of recordChunks(source, { log, after: 0, to: position })) {
    signal?.throwIfAborted();
    for (const stored of records) facts.fold(decodeRecord(stored));
  }
  if (facts.position < position) throw new HistoryError("not_in_log", `Log ${log} ends at position ${String(facts.position)}; there is no ${String(position)}.`);
  return factsRowsOf(log, facts.books());
};
