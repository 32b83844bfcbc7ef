export type DatasetErrorCode = "not_found" | "manifest" | "file" | "column" | "value" | "reference";

/** A dataset that cannot be used. The message names the file, the place and the offending value, and what to do. */
export class DatasetError extends Error {
  readonly code: DatasetErrorCode;

  constructor(code: DatasetErrorCode, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.name = "DatasetError";
    this.code = code;
  }
}
