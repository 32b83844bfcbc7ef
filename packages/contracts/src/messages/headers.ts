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
