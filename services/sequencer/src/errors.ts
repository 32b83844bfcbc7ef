export type SequencerErrorCode = "message_unapplicable" | "offset_gap" | "topic_recreated" | "waiting_room_full" | "older_than_attested" | "consumer_hangs";

/** The world or a message failed one log, which the message names with the place; of a consumer that hangs, all of its logs. */
export class SequencerError extends Error {
  readonly code: SequencerErrorCode;

  constructor(code: SequencerErrorCode, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.name = "SequencerError";
    this.code = code;
  }
}
