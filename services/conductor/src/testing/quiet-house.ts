import { createPostgresBus, type Bus } from "@finality/bus";
import { topicNames } from "@finality/contracts";
import { createNotifier, type Database } from "@finality/database";
import { loadDataset, type Dataset } from "@finality/datasets";
import { createCatalogue, createLogReader, createLogWriter, logHashes, type Catalogue, type LogHashes, type LogReader } from "@finality/event-log";
import { startSequencer, type Sequencer } from "@finality/sequencer";
import { noFaults, silentLogger } from "@finality/service-kit";
import { testDatabase } from "@finality/testkit";
import { openWorkQueue, type WorkQueue } from "@finality/work-queue";
import { feed, type FeedOptions } from "../conductor.ts";

/**
 * The ring for this package's tests: bus, event store and sequencer are real. Of dispatcher and paper venue only their checkpoints move,
 * and of the executors only the rows are there that a test writes.
 */
export type QuietHouse = {
  readonly database: Database;
  readonly bus: Bus;
  readonly queue: WorkQueue;
  readonly catalogue: Catalogue;
  readonly reader: LogReader;
  /** Of the log `SPX`. */
  readonly partition: number;
  /** Restarts what follows the log. */
  startFollowers(): void;
  stopFollowers(): void;
  startSequencer(clock?: { readonly nowUs: () => number }): Sequencer;
  stopSequencers(): Promise<void>;
  feed(change?: Partial<FeedOptions>): Promise<void>;
  hashes(log?: string): Promise<LogHashes>;
  /** Rows of the head's duplicates and dead letters: both none in an undisturbed run. */
  leftovers(log?: string): Promise<{ readonly duplicates: number; readonly deadLetters: number }>;
  close(): Promise<void>;
};

export const log = "SPX";

/** The first instants of the shipped day, which open the books; no hedges, since nothing would execute them. */
export const shortDay = (instants: number, dataset: Dataset = loadDataset("spx-2021-01-04")): Dataset => {
  const timeline = dataset.timeline.slice(0, instants).map((instant) => ({ ...instant, control: instant.control.filter(({ type }) => type !== "set_policy") }));
  return { ...dataset, timeline };
};

const moveFollowers = `
  INSERT INTO execution.follower (follower, log, position) SELECT name, log, position FROM event_log.head, unnest(array['dispatcher', 'paper-venue']) name
  ON CONFLICT (follower, log) DO UPDATE SET position = excluded.position`;

const partitions = 4;

export const openQuietHouse = async (): Promise<QuietHouse> => {
  const server = await testDatabase();
  const { database } = server;
  const notifier = createNotifier(database);
  const bus = createPostgresBus(database, { notifier, pollMs: 20 });
  await bus.ensureTopics(topicNames, partitions);
  const queue = await openWorkQueue({ kind: "postgres", url: database.url }, { onError: () => undefined });
  const catalogue = createCatalogue(database);
  const [reader, writer] = [createLogReader({ database, notifier, listening: false }), createLogWriter({ database, notifier })];
  const partition = await catalogue.assignPartition(log);
  const sequencers: Sequencer[] = [];
  let following: NodeJS.Timeout | undefined;
  let moving: Promise<unknown> = Promise.resolve();
  const stopSequencers = async (): Promise<void> => {
    for (const sequencer of sequencers.splice(0)) await sequencer.stop();
  };
  const stopFollowers = (): void => { clearInterval(following); };
  return {
    database,
    bus,
    queue,
    catalogue,
    reader,
    partition,
    startFollowers: () => {
      following = setInterval(() => { moving = moving.then(() => database.query(moveFollowers)); }, 5);
    },
    stopFollowers,
    startSequencer: ({ nowUs } = { nowUs: () => 0 }) => {
      const sequencer = startSequencer({ bus, catalogue, reader, writer, nowUs, build: "test", faults: noFaults, logger: silentLogger });
      sequencers.push(sequencer);
      return sequencer;
    },
    stopSequencers,
    feed: (change = {}) =>
      feed({ dataset: shortDay(6), partition, bus, database, queue, speed: "max", signal: new AbortController().signal, beforeHalt: () => Promise.resolve(), ...change }),
    hashes: (of = log) => logHashes(database, of),
    leftovers: async (of = log) => {
      const { rows } = await database.query<{ duplicates: number; letters: number }>(
        "SELECT duplicates, (SELECT count(*) FROM event_log.dead_letter) AS letters FROM event_log.head WHERE log = $1",
        [of],
      );
      return { duplicates: rows[0]?.duplicates ?? -1, deadLetters: rows[0]?.letters ?? -1 };
    },
    close: async () => {
      stopFollowers();
      await moving;
      await stopSequencers();
      await queue.close();
      await bus.close();
      await server.dispose();
    },
  };
};
