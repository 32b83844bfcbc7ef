import { decodeRecord, type LogRecord, type RecordPlace, type StoredRecord } from "@finality/contracts";
import { evolve, initialState, semantics, stateHash, type EngineState } from "@finality/engine";
import { sha256 } from "@finality/transparency";
import { HistoryError } from "./errors.ts";

/** The fold of one log as everybody but its writer does it: recorded decisions are applied, never made again (rule 11). */
export type Fold = {
  readonly state: EngineState;
  /** Position of the last folded record; 0 before the first. */
  readonly position: number;
  /**
   * Folds the next record and returns it decoded. Each `StateHashed` of this engine's semantics is compared with the state before it.
   * Throws HistoryError "state_hash_mismatch", "record_unfoldable"; the fold cannot go on after that.
   */
  fold(stored: StoredRecord): LogRecord;
  /** The same of a record that was decoded already. */
  apply(record: LogRecord): void;
};

const placeOf = ({ log, generation, position }: RecordPlace): string => `${log}-${String(generation)}-${String(position)}`;

const short = (hash: string): string => `${hash.slice(0, 16)}…`;

/** Hashes of other semantics say nothing about ours (rule 31). */
const checkHash = (state: EngineState, record: LogRecord): void => {
  if (record.type !== "StateHashed" || record.body.semantics !== semantics) return;
  const own = stateHash(state, sha256);
  if (own === record.body.hash) return;
  const { log, position } = record;
  throw new HistoryError("state_hash_mismatch", `Log ${log}: the state folded up to position ${String(position - 1)} hashes to ${short(own)}, the record at ${String(position)} says ${short(record.body.hash)}. Run \`finality replay verify\`.`, { position });
};

const unfoldable = (place: RecordPlace, cause: unknown): HistoryError =>
  new HistoryError("record_unfoldable", `The record ${placeOf(place)} cannot be folded: ${cause instanceof Error ? cause.message : String(cause)}`, { cause, position: place.position });

/** Of a log from its first record on, or from a state that stands somewhere in it; the fold owns that state. */
export const createFold = (log: string, state: EngineState = initialState(log)): Fold => {
  const apply = (record: LogRecord): void => {
    try {
      checkHash(state, record);
      evolve(state, record);
    } catch (cause) {
      throw cause instanceof HistoryError ? cause : unfoldable(record, cause);
    }
  };
  const decoded = (stored: StoredRecord): LogRecord => {
    try {
      return decodeRecord(stored);
    } catch (cause) {
      throw unfoldable(stored, cause);
    }
  };
  return {
    state,
    get position() {
      return state.facts.position;
    },
    fold: (stored) => {
      const record = decoded(stored);
      apply(record);
      return record;
    },
    apply,
  };
};
