/** Operating errors of the API service. What a caller did wrong is a `Problem`, not one of these. */
export type ApiErrorCode = "port_in_use" | "port_forbidden" | "listen_failed" | "token_missing";

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ApiErrorCode;

  constructor(code: ApiErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const codeOf = (cause: unknown): unknown => (typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined);

/** `place` is host:port. */
export const listenError = (place: string, cause: unknown): ApiError => {
  switch (codeOf(cause)) {
    case "EADDRINUSE":
      return new ApiError("port_in_use", `The API cannot listen on ${place}: another program does. Stop that program or choose another port.`, { cause });
    case "EACCES":
      return new ApiError("port_forbidden", `The API may not listen on ${place}: ports below 1024 need a privilege. Choose one from 1024 on.`, { cause });
    default:
      return new ApiError("listen_failed", `The API cannot listen on ${place}: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause });
  }
};
