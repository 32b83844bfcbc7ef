export { feed, type FeedOptions, type FeedProgress } from "./conductor.ts";
export { ConductorError, type ConductorErrorCode } from "./errors.ts";
export { feedLive, type LiveFeedOptions } from "./live/live-feed.ts";
export { enterLog } from "./live/log-start.ts";
export { generateLoad, type LoadOptions, type LoadSecond, type LoadSummary } from "./load/load.ts";
export { together } from "./together.ts";
