export type ContractsErrorCode = "not_json_value" | "not_json" | "unknown_type" | "unknown_version" | "bad_record" | "bad_ticks";

/** Bytes or values that do not keep the contract. The message names the offending value. */
export class ContractsError extends Error {
  readonly code: ContractsErrorCode;

  constructor(code: ContractsErrorCode, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.name = "ContractsError";
    this.code = code;
  }
}
