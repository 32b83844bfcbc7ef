/** Why a message, or some ticks of one, could not be recorded. */
export const deadLetterReasons = [
  "oversize",
  "not_json",
  "unknown_type",
  "unknown_version",
  "wrong_topic",
  "wrong_partition",
  "schema",
  "not_positive",
  "too_many_digits",
  "future_dated",
  "unknown_instrument",
  "fill_id_reused",
  "trade_id_reused",
  "control_conflict",
  "unapplicable",
  /** An operator told the writer to pass over it (rule 10). */
  "skipped",
] as const;
export type DeadLetterReason = (typeof deadLetterReasons)[number];

/** A refused message or tick: the reason, and one sentence that names the offending value. */
export type Refused = { readonly ok: false; readonly reason: DeadLetterReason; readonly detail: string };
