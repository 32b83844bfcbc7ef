import type { StoredRecord } from "@finality/contracts";
import { factsAsOf, rowsAsOf, type AsOfDeps } from "./as-of.ts";
import { createFoldTurns, createKept } from "./as-of-turns.ts";
import type { FactsRows, StateRows } from "./rows.ts";

/** Past states for a process that serves many: bounded in records, folds at once, callers that wait, and answers kept. */
export interface AsOfAnswers {
  /** What the desk showed behind this record. Throws HistoryError "too_far", "busy", and what `foldAt` throws. */
  rowsAt(record: StoredRecord): Promise<StateRows>;
  /** Facts at a venue time by everything up to this record. */
  factsAt(record: StoredRecord, venueTimeUs: number): Promise<FactsRows>;
}

export type AsOfBounds = {
  /** Records that one answer may fold. */
  readonly recordsMax: number;
  readonly atOnce: number;
  readonly waitingMax: number;
  /** Answers of each kind that are kept. */
  readonly kept: number;
};

/** A record by what it holds: a log that was restored may have another one at this position. */
const keyOf = ({ log, position, leafHash }: StoredRecord): string => `${log} ${String(position)} ${Buffer.from(leafHash).toString("hex")}`;

export const createAsOfAnswers = (deps: Omit<AsOfDeps, "recordsMax">, { recordsMax, kept, ...turns }: AsOfBounds): AsOfAnswers => {
  const bounded: AsOfDeps = { ...deps, recordsMax };
  const { take } = createFoldTurns(turns);
  const rows = createKept<StateRows>(kept);
  const facts = createKept<FactsRows>(kept);
  return {
    rowsAt: (record) => rows.of(keyOf(record), () => take(() => rowsAsOf(bounded, record.log, record.position))),
    factsAt: (record, venueTimeUs) => facts.of(`${keyOf(record)} ${String(venueTimeUs)}`, () => take(() => factsAsOf(bounded, record, venueTimeUs))),
  };
};
