import type { Checkpoint } from "@finality/read-models";

/**
 * Strong: names the position that an answer is true at, whether it was asked for as the newest or as of it, and the venue time of facts.
 * `lag_ms`, the age of what is not in it, is not part of what it names.
 */
export const etagOf = ({ log, generation, position }: Checkpoint, venueTimeUs?: number): string =>
  `"${log}:${String(generation)}:${String(position)}${venueTimeUs === undefined ? "" : `:${String(venueTimeUs)}`}"`;

/** True when one of the tags in If-None-Match is this one (RFC 9110: weakly compared, `*` is any). */
export const matches = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch !== undefined && ifNoneMatch.split(",").map((tag) => tag.trim().replace(/^W\//, "")).some((tag) => tag === "*" || tag === etag);
