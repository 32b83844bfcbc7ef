import { createPostgresBus, type Bus } from "@finality/bus";
import { topicNames } from "@finality/contracts";
import { openDatabase, type Database } from "@finality/database";
import { createLogReader, type LogReader } from "@finality/event-log";
import { createSnapshotStore, type SnapshotStore } from "@finality/history";
import { testDatabase, type SeededRandom } from "@finality/testkit";
import { faultyNetwork, type FaultyNetwork } from "./faulty-network.ts";

/** Where histories are lived, one after the other. */
export type Lane = {
  readonly database: Database;
  readonly network: FaultyNetwork;
  /** The writers' way to it: appends go over the network while a fault is armed there. */
  readonly writers: Database;
  readonly bus: Bus;
  readonly reader: LogReader;
  readonly snapshots: SnapshotStore;
  close(): Promise<void>;
};

/** Shared by most logs: making one costs more than a history does. */
const sharePartition = `
  CREATE TABLE event_log_part.histories (LIKE event_log.record INCLUDING DEFAULTS);
  ALTER TABLE event_log.record ATTACH PARTITION event_log_part.histories FOR VALUES FROM ('H', 1) TO ('I', 1);
  ALTER TABLE event_log_part.histories ENABLE ALWAYS TRIGGER record_insert_only`;

export const openLane = async (histories: number): Promise<Lane> => {
  const { database, url, dispose } = await testDatabase();
  await database.query(sharePartition);
  const network = await faultyNetwork(url);
  const faulty = openDatabase(network.url, { applicationName: "finality test", max: 2 });
  const writers: Database = { ...database, url: network.url, query: (...statement) => (network.isArmed() ? faulty : database).query(...statement) };
  const bus = createPostgresBus(database);
  await bus.ensureTopics(topicNames, histories);
  const identity = bus.identity();
  const close = async (): Promise<void> => {
    await faulty.close();
    await bus.close();
    await network.close();
    await dispose();
  };
  return { database, network, writers, bus: { ...bus, identity: () => identity }, reader: createLogReader({ database }), snapshots: createSnapshotStore(database), close };
};

/** Gives a log that begins with H its part of the shared partition, and any other partitions of a few records. */
export const makePlace = async ({ database }: Lane, log: string, random: SeededRandom): Promise<void> => {
  if (log.startsWith("H")) await database.query("INSERT INTO event_log.record_partition (log, first_position, last_position, name) VALUES ($1, 1, 1000000, 'histories of ' || $1)", [log]);
  else await database.query("INSERT INTO event_log.head (log, generation, epoch, position, recorded_us, frontier, root, partition_records) VALUES ($1, 1, 0, 0, 0, '', sha256(''), $2)", [log, random.integer(4, 20)]);
};
