/** Headers of our own on messages, besides CloudEvents' `ce_…` and `traceparent`. */
export const messageHeaders = {
  /** `<topic>/<partition>/<offset>` of the dead letter that a message was published again from. */
  redriveOf: "finality-redrive-of",
  /** Salted reference of the person behind a control message, never a name (rule 40). */
  actor: "finality-actor",
  /** The conductor's own place: which dataset, which instant, the how-manieth message of the topic at that instant. */
  dataset: "finality-dataset",
  instantUs: "finality-instant-us",
  part: "finality-part",
} as const;

/** Headers of a message on a dead-letter topic, besides those that it came with. */
export const deadLetterHeaders = {
  topic: "finality-dlq-topic",
  partition: "finality-dlq-partition",
  offset: "finality-dlq-offset",
  /** ISO 8601. */
  refusedAt: "finality-dlq-refused-at",
  /** A dead letter's reason and its sentence. */
  errorClass: "finality-dlq-error-class",
  errorMessage: "finality-dlq-error-message",
  group: "finality-dlq-group",
  /** Of a message too large for any topic, how large it is: the value is left out here, the dead letter's row has it. */
  omittedBytes: "finality-dlq-omitted-bytes",
} as const;
