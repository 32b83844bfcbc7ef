import { decodeRecord, isDecisionRecord, type DecisionRecord, type StoredRecord } from "@finality/contracts";
import { evolve, initialState, passOver, semantics, stateHash, type EngineState } from "@finality/engine";
import { rowsOf } from "@finality/history";
import { sha256 } from "@finality/transparency";
import type { BookRow, Checkpoint, DecisionRow, GreeksRow, OrderRow, PnlRow, PositionRow, ReadModels, SmileRow } from "@finality/read-models";
import { ProjectorError } from "../errors.ts";
import { ChangedRows } from "./changed-rows.ts";

/** The fold of one log, and the rows that it shows. */
export type Projection = {
  /** Position of the last folded record; 0 before the first. */
  readonly position: number;
  /** Undefined before the first record. */
  readonly checkpoint: Checkpoint | undefined;
  /**
   * Folds the next records, decisions as they were recorded (rule 11). Throws ProjectorError "state_hash_mismatch" or "record_failed",
   * which names the record; the projection cannot go on after that.
   */
  fold(records: readonly StoredRecord[]): void;
  /** Rows that are new or changed since the last call. */
  takeChanges(): ReadModels;
};

const short = (hash: string): string => `${hash.slice(0, 16)}…`;

/** Every follower is checked against the hash that the writer recorded; hashes of other semantics say nothing about ours (rule 31). */
const checkHash = (state: EngineState, record: DecisionRecord): void => {
  if (record.type !== "StateHashed" || record.body.semantics !== semantics) return;
  const own = stateHash(state, sha256);
  if (own === record.body.hash) return;
  throw new ProjectorError(
    "state_hash_mismatch",
    `The projection of log ${record.log} stops at position ${String(record.position)}: its state hashes to ${short(own)}, the log says ${short(record.body.hash)}. Its read models stay at the last position that was written; run "finality replay verify".`,
    { position: record.position },
  );
};

/** An error of one record, with its place. */
const atRecord = ({ log, position, type }: StoredRecord, error: unknown): ProjectorError => {
  if (error instanceof ProjectorError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ProjectorError("record_failed", `The projection of log ${log} stops at position ${String(position)} (${type}): ${reason}`, { position, cause: error });
};

/** A decision as its row shows it. */
export const decisionRow = (record: DecisionRecord): DecisionRow => {
  const { log, position, type, recordedTimeUs, body } = record;
  return { log, position, type, book: "book" in body ? body.book : null, reason: "reason" in body ? body.reason : null, recordedTimeUs, body };
};

/** Where a projection goes on: a state, and the record that it stands behind. */
export type Beginning = { readonly state: EngineState; readonly checkpoint: Checkpoint | undefined };

/**
 * The records in `skipped` are folded where that succeeds, show no row of their own, and stop nothing; behind the first of them the state may
 * not be the log's, and no hash is compared.
 */
export const createProjection = (log: string, { state, checkpoint: begun }: Beginning = { state: initialState(log), checkpoint: undefined }, skipped: readonly number[] = []): Projection => {
  const passedOver = new Set(skipped);
  const trueUpTo = Math.min(...skipped, Infinity);
  let checkpoint = begun;
  let decisions: DecisionRow[] = [];
  const changed = {
    books: new ChangedRows<BookRow>(({ book }) => book),
    positions: new ChangedRows<PositionRow>(({ book, instrument }) => JSON.stringify([book, instrument])),
    greeks: new ChangedRows<GreeksRow>(({ book }) => book),
    smiles: new ChangedRows<SmileRow>(({ key }) => key),
    pnl: new ChangedRows<PnlRow>(({ book }) => book),
    orders: new ChangedRows<OrderRow>(({ commandId }) => commandId),
  };

  const apply = (stored: StoredRecord): void => {
    const record = decodeRecord(stored);
    if (isDecisionRecord(record)) {
      if (record.position < trueUpTo) checkHash(state, record);
      decisions.push(decisionRow(record));
    }
    evolve(state, record);
  };

  /** What can be known of it is: later records may name it. */
  const applySkipped = (stored: StoredRecord): void => {
    try {
      evolve(state, decodeRecord(stored));
    } catch {
      passOver(state, stored);
    }
  };

  const foldOne = (stored: StoredRecord): void => {
    try {
      if (passedOver.has(stored.position)) applySkipped(stored);
      else apply(stored);
    } catch (error) {
      throw atRecord(stored, error);
    }
    const { generation, position, recordedTimeUs, venueTimeUs } = stored;
    checkpoint = { log, generation, position, recordedTimeUs, venueTimeUs };
  };

  const takeChanges = (): ReadModels => {
    const rows = rowsOf(state);
    const taken = decisions;
    decisions = [];
    return {
      books: changed.books.take(rows.books),
      positions: changed.positions.take(rows.positions),
      greeks: changed.greeks.take(rows.greeks),
      smiles: changed.smiles.take(rows.smiles),
      pnl: changed.pnl.take(rows.pnl),
      orders: changed.orders.take(rows.orders),
      decisions: taken,
    };
  };

  return {
    get position() {
      return checkpoint?.position ?? 0;
    },
    get checkpoint() {
      return checkpoint;
    },
    fold: (records) => {
      for (const stored of records) foldOne(stored);
    },
    takeChanges,
  };
};
