export { ApiError, type ApiErrorCode } from "./errors.ts";
export { startApi, type Api, type ApiOptions } from "./start-api.ts";
