export type ServiceKitErrorCode =
  /** FINALITY_CRASH_AT names no point, or no passage. */
  | "bad_fault"
  | "port_in_use"
  | "port_not_permitted"
  /** A loop or task failed more often in a row than is stated; the last failure is the cause. */
  | "gave_up";

/** Everything that fails in this package. */
export class ServiceKitError extends Error {
  override readonly name = "ServiceKitError";
  readonly code: ServiceKitErrorCode;

  constructor(code: ServiceKitErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
