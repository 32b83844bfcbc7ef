import { createPostgresBus, type Bus } from "@finality/bus";
import { decodeRecord, topicNames, type LogRecord } from "@finality/contracts";
import { createNotifier, type Database } from "@finality/database";
import { createCatalogue, createLogReader, createLogWriter, sourceOffsets, type LogReader, type LogWriter, type StoredOffset } from "@finality/event-log";
import { noFaults, silentLogger } from "@finality/service-kit";
import { eventually } from "@finality/testkit";
import type { SequencerDeps } from "../sequencer-deps.ts";
import { startSequencer, type Sequencer } from "../sequencer.ts";
import { startUs, type Outgoing } from "./desk-messages.ts";

/** What surrounds a sequencer, for this package's tests: bus and event store on one database, and a clock that stands. */
export type WritingHouse = {
  readonly bus: Bus;
  readonly reader: LogReader;
  readonly writer: LogWriter;
  /** The wall clock that sequencers are given. */
  readonly clock: { nowUs: number };
  start(change?: Partial<SequencerDeps>): Sequencer;
  /** Gives the log its partition. */
  enter(log: string): Promise<number>;
  /** Publishes to the log's partition, in order. */
  send(log: string, ...messages: readonly Outgoing[]): Promise<void>;
  /** Waits until everything published is consumed by the log; its records. */
  recorded(log: string): Promise<readonly LogRecord[]>;
  /** Of the records that there are. */
  typesOf(log: string): Promise<readonly string[]>;
  offsetsOf(log: string): Promise<readonly StoredOffset[]>;
  deadLettersOf(log: string): Promise<readonly DeadLetterRow[]>;
  close(): Promise<void>;
};

type DeadLetterRow = { readonly topic: string; readonly offset: number; readonly reason: string; readonly detail: string; readonly bad_indices: readonly number[] | null; readonly value: Buffer };

export const openHouse = async (database: Database, partitions = 4): Promise<WritingHouse> => {
  const notifier = createNotifier(database);
  const bus = createPostgresBus(database, { notifier, pollMs: 20 });
  await bus.ensureTopics(topicNames, partitions);
  const catalogue = createCatalogue(database);
  const reader = createLogReader({ database, notifier, listening: false });
  const writer = createLogWriter({ database, notifier });
  const clock = { nowUs: startUs };
  const running: Sequencer[] = [];
  const decoded = async (log: string): Promise<readonly LogRecord[]> => (await reader.read(log, 0, 100_000)).map((record) => decodeRecord(record));

  const isCaughtUp = async (log: string): Promise<boolean> => {
    const partition = await catalogue.assignPartition(log);
    const stored = new Map((await sourceOffsets(database, log)).map(({ topic, nextOffset }) => [topic, nextOffset]));
    for (const topic of topicNames) if ((stored.get(topic) ?? 0) < (await bus.endOffset(topic, partition))) return false;
    return true;
  };
  return {
    bus,
    reader,
    writer,
    clock,
    start: (change = {}) => {
      const sequencer = startSequencer({ bus, catalogue, reader, writer, nowUs: () => clock.nowUs, build: "test", faults: noFaults, logger: silentLogger, ...change });
      running.push(sequencer);
      return sequencer;
    },
    enter: (log) => catalogue.assignPartition(log),
    send: async (log, ...messages) => {
      const partition = await catalogue.assignPartition(log);
      await bus.produce(messages.map((each) => ({ ...each, partition, key: log })));
    },
    recorded: async (log) => {
      await eventually(() => isCaughtUp(log));
      return decoded(log);
    },
    typesOf: async (log) => (await decoded(log)).map(({ type }) => type),
    offsetsOf: (log) => sourceOffsets(database, log),
    deadLettersOf: async (log) =>
      (await database.query<DeadLetterRow>('SELECT topic, "offset", reason, detail, bad_indices, value FROM event_log.dead_letter WHERE log = $1 ORDER BY topic, "offset"', [log])).rows,
    close: async () => {
      for (const sequencer of running) await sequencer.stop();
      await bus.close();
    },
  };
};
