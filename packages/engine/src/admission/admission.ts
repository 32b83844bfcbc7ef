import type { DeadLetterReason, Input } from "@finality/contracts";

/** Ticks of a message that are not recorded; the others are (rule 10). */
export type BadTicks = {
  /** Ascending places in the message. */
  readonly indices: readonly number[];
  /** Reason and sentence of the first bad one. */
  readonly reason: DeadLetterReason;
  readonly detail: string;
};

/** What becomes of a message. */
export type Admission =
  | { readonly kind: "record"; readonly input: Input; readonly venueTimeUs: number; readonly badTicks?: BadTicks }
  /** Known id, same content: ignored and counted. */
  | { readonly kind: "duplicate" }
  /** Says nothing that is worth a record: consumed, not counted. */
  | { readonly kind: "ignored" }
  | { readonly kind: "dead_letter"; readonly reason: DeadLetterReason; readonly detail: string }
  /** The log is not open yet; the message waits in its partition (rule 9). */
  | { readonly kind: "wait" };

export const duplicate: Admission = { kind: "duplicate" };

export const deadLetter = (reason: DeadLetterReason, detail: string): Admission => ({ kind: "dead_letter", reason, detail });

export const record = (input: Input, venueTimeUs: number): Admission => ({ kind: "record", input, venueTimeUs });
