/** Operating errors of the API service. What a caller did wrong is a `Problem`, not one of these. */
export type ApiErrorCode = "port_in_use" | "port_forbidden" | "listen_failed";

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ApiErrorCode;

  constructor(code: ApiErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const codeOf = (cause: unknown): unknown => (typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined);

/** `what` is the listener's name in the sentence. */
export const listenError = (what: "API" | "health", port: number, cause: unknown): ApiError => {
  const place = `port ${String(port)} of 127.0.0.1`;
  switch (codeOf(cause)) {
    case "EADDRINUSE":
    case "port_in_use":
      return new ApiError("port_in_use", `The ${what} port cannot be opened: ${place} is in use by another program. Stop that program or choose another ${what} port.`, { cause });
    case "EACCES":
    case "port_not_permitted":
      return new ApiError("port_forbidden", `The ${what} port cannot be opened: ${place} is not permitted, because ports below 1024 need a privilege. Choose a ${what} port from 1024 on.`, { cause });
    default:
      return new ApiError("listen_failed", `The ${what} port cannot be opened: ${place}: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause });
  }
};
