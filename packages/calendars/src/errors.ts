export type CalendarErrorCode = "unknown_venue" | "name" | "date" | "range" | "no_such_time" | "ambiguous_time" | "no_session" | "no_expiry";

/** The one operating error of this package. The message names the offending value and what is allowed. */
export class CalendarError extends Error {
  override readonly name = "CalendarError";
  readonly code: CalendarErrorCode;

  constructor(code: CalendarErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
