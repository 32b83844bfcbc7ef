import type { MessagePlace, Skip } from "@finality/event-log";

/** The messages of a log to pass over, by `placeKey` (rule 10). */
export type Skips = ReadonlyMap<string, Skip>;

export const noSkips: Skips = new Map();

/** A log has one partition of each topic, so that says nothing. */
export const placeKey = ({ topic, offset }: Pick<MessagePlace, "topic" | "offset">): string => `${topic}/${String(offset)}`;

export const skipsByPlace = (skips: readonly Skip[]): Skips => new Map(skips.map((skip) => [placeKey(skip), skip]));
