import { createPostgresBus, type Bus } from "@finality/bus";
import { feed, type FeedOptions } from "@finality/conductor";
import { createNotifier, type Database } from "@finality/database";
import type { Dataset } from "@finality/datasets";
import { createCatalogue, type Catalogue } from "@finality/event-log";
import { halt } from "@finality/execution";
import { setVenueTerms } from "@finality/venues";
import { openWorkQueue, type WorkQueue } from "@finality/work-queue";
import type { DataFolder } from "./data-folder.ts";

/** What feeding needs of a house, in this process or beside it. */
export type FeedHouse = { readonly data: Pick<DataFolder, "database">; readonly bus: Bus; readonly queue: WorkQueue; readonly catalogue: Catalogue };

type FeedDatasetOptions = Pick<FeedOptions, "speed" | "signal" | "onInstant" | "onWaiting"> & { readonly house: FeedHouse; readonly dataset: Dataset };

/** Gives the dataset's log a partition and the paper venue its terms, then conducts it. */
export const feedDataset = async ({ house, dataset, ...options }: FeedDatasetOptions): Promise<void> => {
  const { database } = house.data;
  const { log, venue, dataset: name } = dataset.manifest;
  const partition = await house.catalogue.assignPartition(log);
  await setVenueTerms(database, log, venue);
  const beforeHalt = async (haltId: string, book: string | undefined): Promise<void> => {
    await halt(database, { haltId, log, actor: `conductor-${name}`, ...(book === undefined ? {} : { book }) });
  };
  await feed({ ...options, database, bus: house.bus, queue: house.queue, dataset, partition, beforeHalt });
};

/** The parts that a feed needs when the house runs in another process. */
export const openFeedHouse = async (data: { readonly database: Database }): Promise<FeedHouse & { close(): Promise<void> }> => {
  const { database } = data;
  const bus = createPostgresBus(database, { notifier: createNotifier(database) });
  const queue = await openWorkQueue({ kind: "postgres", url: database.url }, { onError: () => undefined });
  return {
    data,
    bus,
    queue,
    catalogue: createCatalogue(database),
    close: async () => {
      await queue.close();
      await bus.close();
    },
  };
};
