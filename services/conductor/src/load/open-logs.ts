import type { Bus } from "@finality/bus";
import { topics } from "@finality/contracts";
import type { Database } from "@finality/database";
import { onWallClock, type ControlStep, type Dataset } from "@finality/datasets";
import type { Catalogue } from "@finality/event-log";
import { setVenueTerms } from "@finality/venues";
import { ConductorError } from "../errors.ts";
import { enterLog, startOfLog, untilControlTakenIn } from "../live/log-start.ts";
import { steadyWallClock } from "../live/wall-clock.ts";
import { liveMessageOf } from "../publish.ts";

export type LoadHouse = { readonly database: Database; readonly bus: Bus; readonly catalogue: Catalogue };

/** Books hedge as in a day of which a minute takes a second: often enough to be part of the load. */
const speed = 60;
/** A load may repeat the day for as long as it likes: nothing it trades expires within this. */
const expiresAfterUs = 30 * 24 * 3_600 * 1_000_000;

/**
 * Opens the dataset's log on the wall clock with its instruments, books and opening trades, unless it is open; its partition. What is
 * published is a function of the log's start, so doing it again after a crash changes nothing. Throws `ConductorError` "log_not_live",
 * "no_partition", "not_taken_in".
 */
export const openLoadLog = async ({ database, bus, catalogue }: LoadHouse, dataset: Dataset, signal: AbortSignal): Promise<number> => {
  const { log, venue, dataset: name } = dataset.manifest;
  const partition = await enterLog(catalogue, bus, log);
  await setVenueTerms(database, log, venue);
  const place = { database, bus, log, partition };
  const start = await startOfLog(place);
  if (start?.clock === "data") throw new ConductorError("log_not_live", `The log ${log} is one of recorded data and takes no load: load underlyings of their own.`);
  const startsAtUs = start?.startsAtUs ?? steadyWallClock()();
  const steps = openingSteps(dataset, startsAtUs);
  if ((await bus.endOffset(topics.control, partition)) < steps.length) {
    await bus.produce(steps.map((step, part) => liveMessageOf({ bus, dataset: name, log, partition }, startsAtUs, step, part)));
  }
  await untilControlTakenIn(place, signal);
  return partition;
};

/** All that a day's control says before its end, at once. */
const openingSteps = ({ timeline }: Dataset, startsAtUs: number): readonly ControlStep[] =>
  onWallClock(timeline, { startsAtUs, speed })
    .flatMap(({ control }) => control)
    .flatMap((step): readonly ControlStep[] => {
      if (step.type === "halt" || step.type === "settlement_price") return [];
      if (step.type === "book_trade") return [{ ...step, body: { ...step.body, venueTimeUs: startsAtUs } }];
      if (step.type !== "list_instrument" || !("expiryUs" in step.body.instrument)) return [step];
      return [{ ...step, body: { instrument: { ...step.body.instrument, expiryUs: step.body.instrument.expiryUs + expiresAfterUs } } }];
    });
