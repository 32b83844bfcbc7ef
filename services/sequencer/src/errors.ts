export type SequencerErrorCode = "message_unapplicable" | "offset_gap" | "topic_recreated" | "waiting_room_full" | "older_than_attested";

/** The world or a message failed one log. The message names the log and the place. */
export class SequencerError extends Error {
  readonly code: SequencerErrorCode;

  constructor(code: SequencerErrorCode, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.name = "SequencerError";
    this.code = code;
  }
}
