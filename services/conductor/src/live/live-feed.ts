import type { Bus } from "@finality/bus";
import { onWallClock, type Dataset, type TimelineInstant } from "@finality/datasets";
import type { Database } from "@finality/database";
import type { FeedOptions } from "../conductor.ts";
import { ConductorError } from "../errors.ts";
import { pacer } from "../pacing.ts";
import { liveMessageOf, tickMessages, type Channel } from "../publish.ts";
import { startOfLog, untilControlTakenIn } from "./log-start.ts";
import { steadyWallClock } from "./wall-clock.ts";

export type LiveFeedOptions = Pick<FeedOptions, "signal" | "onInstant" | "beforeHalt"> & {
  readonly database: Database;
  readonly bus: Bus;
  readonly dataset: Dataset;
  readonly partition: number;
  /** Recorded seconds in one second of the wall clock, > 0. */
  readonly speed: number;
};

/**
 * Publishes a recorded day into a live log as if it began now (`onWallClock`): each instant at its time, whatever the house is doing. Only
 * the opening is waited for, since a tick of an instrument that is not listed yet is a dead letter. Reports reach the log from the executors.
 * A day that was broken off cannot go on, because its instants have passed: it wants a fresh log.
 * Resolves when the day is over or the signal is aborted. Throws `ConductorError` "log_not_fresh", "not_taken_in".
 */
export const feedLive = async (options: LiveFeedOptions): Promise<void> => {
  const { database, bus, dataset, partition, speed, signal } = options;
  const { log } = dataset.manifest;
  const place = { database, bus, log, partition };
  if ((await startOfLog(place)) !== undefined) {
    throw new ConductorError("log_not_fresh", `The log ${log} is open already, and a day on the wall clock begins a log: feed another copy of the day (\`--underlyings 1 --from <n>\`), or an empty house.`);
  }
  const channel: Channel = { bus, dataset: dataset.manifest.dataset, log, partition };
  const timeline = onWallClock(dataset.timeline, { startsAtUs: steadyWallClock()(), speed });
  const pace = pacer(1, signal);
  for (const [index, instant] of timeline.entries()) {
    await pace(instant.instantUs);
    if (signal.aborted) return;
    await publishInstant(options, channel, instant);
    if (index === 0) await untilControlTakenIn(place, signal);
    options.onInstant?.({ instantUs: instant.instantUs, done: index + 1, of: timeline.length });
  }
};

const publishInstant = async ({ bus, beforeHalt }: LiveFeedOptions, channel: Channel, instant: TimelineInstant): Promise<void> => {
  for (const step of instant.control) if (step.type === "halt") await beforeHalt(step.body.haltId, step.body.book);
  const ticks = instant.ticks.length === 0 ? [] : tickMessages(instant);
  await bus.produce([...ticks, ...instant.control].map((outgoing, part) => liveMessageOf(channel, instant.instantUs, outgoing, part)));
};
