export { feed, type FeedOptions, type FeedProgress } from "./conductor.ts";
export { ConductorError, type ConductorErrorCode } from "./errors.ts";
