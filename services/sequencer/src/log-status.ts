import type { MessagePlace } from "@finality/event-log";

/** A live log's recorded time may be ahead of the clock by this, microseconds; past it somebody should look at the clock (rule 7). */
export const clockBehindUsMax = 1_000_000;

export type LogStatus = LogCounts &
  (
    | { readonly state: "writing" }
    /** The log is not open; so many messages wait for it. */
    | { readonly state: "waiting"; readonly messages: number }
    | { readonly state: "stopped"; readonly reason: string; readonly code?: StopCode; /** The message that cannot be applied: it can be skipped (rule 10). */ readonly at?: MessagePlace }
  );

/** Other reasons have no code. */
export type StopCode =
  /** Another writer took the log over. */
  | "fenced"
  /** The database is away: everything is about to be taken over again. */
  | "away"
  | "message_unapplicable";

export type LogCounts = {
  /** Of the last record folded here; undefined: the log could not be opened. */
  readonly position: number | undefined;
  /** How far the wall clock is behind the recorded time of a live log, as of the last batch; 0: it is not. */
  readonly clockBehindUs: number;
  /** Since this process holds the log. */
  readonly deadLetters: number;
  readonly skips: number;
};
