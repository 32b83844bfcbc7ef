import { enterLog, feed, feedLive, type FeedOptions } from "@finality/conductor";
import type { Dataset } from "@finality/datasets";
import { halt } from "@finality/execution";
import { setVenueTerms } from "@finality/venues";
import type { Parts } from "./open-parts.ts";

/** What feeding needs of a house, in this process or beside it. */
type FeedHouse = Pick<Parts, "database" | "bus" | "queue" | "catalogue">;

type FeedDatasetOptions = Pick<FeedOptions, "signal" | "onInstant" | "onWaiting"> & {
  readonly house: FeedHouse;
  readonly dataset: Dataset;
  readonly pace: Pace;
};

/** In lock-step with the house, at most so fast; or on the wall clock, whatever the house is doing. Speeds are recorded seconds in a second. */
export type Pace = { readonly clock: "data"; readonly speed: number | "max" } | { readonly clock: "live"; readonly speed: number };

/** Gives the dataset's log a partition and the paper venue its terms, then conducts it. Throws `ConductorError`. */
export const feedDataset = async ({ house, dataset, pace, ...options }: FeedDatasetOptions): Promise<void> => {
  const { database, bus, queue, catalogue } = house;
  const { log, venue, dataset: name } = dataset.manifest;
  const partition = await enterLog(catalogue, bus, log);
  await setVenueTerms(database, log, venue);
  const beforeHalt = async (haltId: string, book: string | undefined): Promise<void> => {
    await halt(database, { haltId, log, actor: `conductor-${name}`, ...(book === undefined ? {} : { book }) });
  };
  const common = { ...options, database, bus, dataset, partition, beforeHalt };
  if (pace.clock === "data") await feed({ ...common, queue, speed: pace.speed });
  else await feedLive({ ...common, speed: pace.speed });
};
