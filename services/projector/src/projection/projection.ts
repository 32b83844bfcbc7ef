import { decodeRecord, isDecisionRecord, type DecisionRecord, type StoredRecord } from "@finality/contracts";
import { evolve, initialState, semantics, stateHash, type EngineState } from "@finality/engine";
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
   * Folds the next records, decisions as they were recorded (rule 11). Throws ProjectorError "state_hash_mismatch", EngineError,
   * ContractsError; the projection cannot go on after that.
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
  );
};

const decisionRow = (record: DecisionRecord): DecisionRow => {
  const { log, position, type, recordedTimeUs, body } = record;
  return { log, position, type, book: "book" in body ? body.book : null, reason: "reason" in body ? body.reason : null, recordedTimeUs, body };
};

/** Where a projection goes on: a state, and the record that it stands behind. */
export type Beginning = { readonly state: EngineState; readonly checkpoint: Checkpoint | undefined };

export const createProjection = (log: string, { state, checkpoint: begun }: Beginning = { state: initialState(log), checkpoint: undefined }): Projection => {
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

  const foldOne = (stored: StoredRecord): void => {
    const record = decodeRecord(stored);
    if (isDecisionRecord(record)) {
      checkHash(state, record);
      decisions.push(decisionRow(record));
    }
    evolve(state, record);
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
