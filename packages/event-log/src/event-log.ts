import type { Provenance, RecordContent, StoredRecord } from "@finality/contracts";
import type { GenerationOrder } from "./generations.ts";
import type { LogStop, Skip } from "./skips.ts";

export type SourceOffset = { readonly topic: string; readonly partition: number; readonly nextOffset: number };

/** A dead letter as it is written with the append that consumed it. */
export type NewDeadLetter = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly reason: string;
  /** One sentence that names the offending value. */
  readonly detail: string;
  readonly badIndices?: readonly number[];
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array;
};

export type PendingRecord = { readonly content: RecordContent; readonly provenance: Provenance };

/** The writer's hold on a log: what it compares against at each append. */
export type LogHold = {
  readonly log: string;
  readonly generation: number;
  readonly epoch: number;
  readonly position: number;
  readonly recordedUs: number;
  /** With the SHA-256 of the last consumed message of each, and the bus that it was consumed from. */
  readonly offsets: readonly (SourceOffset & { readonly lastHash?: Uint8Array | undefined; readonly busIdentity?: string | undefined })[];
  /** Messages to pass over when they come (rule 10). */
  readonly skips: readonly Skip[];
  /** To be recorded before anything else (rule 9). */
  readonly ordered?: GenerationOrder | undefined;
};

export type Append = {
  readonly log: string;
  readonly epoch: number;
  /** The head's position before this append; records get the positions behind it. */
  readonly expectedPosition: number;
  /** May be empty: then only offsets, duplicates and dead letters move. */
  readonly records: readonly PendingRecord[];
  /** Per consumed (topic, partition): expected stored next offset, the new one, and the last message's hash. */
  readonly offsets: readonly { readonly topic: string; readonly partition: number; readonly expected: number; readonly next: number; readonly lastHash: Uint8Array }[];
  /** Names the storage that the messages were consumed from; it is stored with the offsets, and is neither content nor provenance. */
  readonly busIdentity?: string;
  readonly deadLetters: readonly NewDeadLetter[];
  /** The records' generation and the head's from here on, where it is not the head's: the first record says so. */
  readonly generation?: number;
  /** Messages ignored as known in this batch. */
  readonly duplicates: number;
};

export type LogHead = {
  readonly log: string;
  readonly generation: number;
  readonly epoch: number;
  readonly position: number;
  readonly recordedUs: number;
  /** RFC 6962 root over leaves 1..position. */
  readonly root: Uint8Array;
  readonly duplicates: number;
};

/** Readers: by position and by following. A hole is an error `hole`. */
export interface LogReader {
  heads(): Promise<readonly LogHead[]>;
  head(log: string): Promise<LogHead | undefined>;
  /** Records behind `afterPosition`, at most `limit`, contiguous. */
  read(log: string, afterPosition: number, limit: number): Promise<readonly StoredRecord[]>;
  /** Every record behind `afterPosition`, then new ones as they are committed, in chunks, until the signal. */
  follow(log: string, afterPosition: number, signal: AbortSignal): AsyncIterable<readonly StoredRecord[]>;
}

export interface LogWriter {
  /** Raises the epoch (rule 2); creates the head row of a log at position 0 when there is none. */
  takeOver(log: string): Promise<LogHold>;
  /** One transaction (rule 1). Throws `EventLogError`: "fenced" (newer epoch), "conflict" (position or offset), "commit_unknown". */
  append(append: Append): Promise<{ readonly position: number; readonly recordedUs: number }>;
  /** After "commit_unknown": reads back on a new connection with the head row locked; true when the append is in the log (rule 3). */
  wasCommitted(append: Append): Promise<boolean>;
  /** Says in the database at which message this writer stopped, so that an operator can skip it and no other. */
  noteStop(stop: LogStop): Promise<void>;
  /** Skips that were ordered and not carried out. */
  pendingSkips(log: string): Promise<readonly Skip[]>;
}
