import type { Decision, Input } from "./bodies.ts";

/** Where a record stands and when: the log's own coordinates. */
export type RecordPlace = {
  readonly log: string;
  readonly generation: number;
  /** 1, 2, 3 … without a gap. */
  readonly position: number;
  /** When it happened, by the venue or source; equal to recorded time where there is no other. */
  readonly venueTimeUs: number;
  /** When we knew: never falls along a log. */
  readonly recordedTimeUs: number;
};

/** A decoded record, of the newest schema version. What `evolve` takes. */
export type LogRecord = RecordPlace & (Input | Decision);
/** A decoded input record. */
export type InputRecord = RecordPlace & Input;
/** A decoded decision record. */
export type DecisionRecord = RecordPlace & Decision;

/** What is hashed as a record's content (rule 29): everything here, and nothing of where it came from. */
export type RecordContent = {
  readonly type: string;
  readonly version: number;
  readonly venueTimeUs: number;
  readonly recordedTimeUs: number;
  /** The bytes as they were hashed and stored: RFC 8785 JSON, or tick columns. */
  readonly payload: Uint8Array;
};

/** Where a record came from. Hashed apart from the content. Keys absent where they do not apply (decisions have no source). */
export type Provenance = {
  readonly epoch: number;
  readonly build: string;
  readonly topic?: string;
  readonly partition?: number;
  readonly firstOffset?: number;
  readonly lastOffset?: number;
  /** Salted reference of the person behind a control message; never a name (rule 40). */
  readonly actor?: string;
  readonly traceparent?: string;
  /** `<topic>/<partition>/<offset>` of the dead letter that this input was redriven from. */
  readonly redriveOf?: string;
};

/** A record as the event store keeps it. */
export type StoredRecord = RecordContent & {
  readonly log: string;
  readonly generation: number;
  readonly position: number;
  /** RFC 8785 JSON of `Provenance`, as hashed. */
  readonly provenance: Uint8Array;
  readonly contentHash: Uint8Array;
  readonly leafHash: Uint8Array;
};

/** The id of a decision is its place in the log (rule 13); of a `HedgeDecided` it is the command id and the venue's client order id. */
export const commandIdOf = (place: Pick<RecordPlace, "log" | "generation" | "position">): string =>
  `${place.log}-${String(place.generation)}-${String(place.position)}`;
