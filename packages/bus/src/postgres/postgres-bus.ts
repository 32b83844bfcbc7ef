import { createNotifier, type Database, type Notifier } from "@finality/database";
import type { Bus, Consumer } from "../bus.ts";
import { BusError } from "../errors.ts";
import { startConsumer } from "./consumer.ts";
import { fetchFrom } from "./fetch.ts";
import { produce } from "./produce.ts";
import { whileAway } from "./retry.ts";
import { channelOf, endOffset, ensureTopics, sharedPartitions } from "./topics.ts";

export type PostgresBusOptions = {
  /** Shared by what runs in one process: its consumers are woken without the database. Default: the bus's own. */
  readonly notifier?: Notifier;
  /** Milliseconds after which an idle consumer looks by itself; default 250. */
  readonly pollMs?: number;
  /** Milliseconds for which a PostgreSQL that is away is waited for before a call, or a consumer, fails; default 60,000. */
  readonly giveUpAfterMs?: number;
};

/**
 * The bus over the tables of the schema `bus`. Needs one connection of `database` at a time for each call and each partition's read,
 * and opens one connection of its own for each consumer. `close` stops its consumers and leaves `database` open.
 */
export const createPostgresBus = (database: Database, options: PostgresBusOptions = {}): Bus => {
  const { notifier = createNotifier(database), pollMs = 250, giveUpAfterMs = 60_000 } = options;
  const consumers = new Set<Consumer>();
  let closed = false;

  const persistently = <T>(doing: string, work: () => Promise<T>): Promise<T> => {
    if (closed) throw new BusError("closed", `${doing}: the bus is closed.`);
    return whileAway({ doing, giveUpAfterMs, isOver: () => closed }, work);
  };

  return {
    ensureTopics: async (topics, partitions) => persistently(`Creating ${topics.join(", ")}`, () => ensureTopics(database, topics, partitions)),
    partitions: async (topic) => persistently(`Looking up ${topic}`, () => sharedPartitions(database, [topic])),
    produce: async (messages) => {
      if (closed) throw new BusError("closed", `Producing ${messages.length} messages: the bus is closed.`);
      return produce(database, messages, giveUpAfterMs, (placed) => {
        for (const channel of new Set(placed.map(({ topic }) => channelOf(topic)))) notifier.notify(channel);
      });
    },
    consume: async (consumerOptions, handlers) => {
      if (closed) throw new BusError("closed", `Consuming for ${consumerOptions.group}: the bus is closed.`);
      const consumer = await startConsumer({ database, notifier, pollMs, giveUpAfterMs }, consumerOptions, handlers);
      const kept: Consumer = {
        ...consumer,
        stop: async () => {
          await consumer.stop();
          consumers.delete(kept);
        },
      };
      consumers.add(kept);
      return kept;
    },
    endOffset: async (topic, partition) => persistently(`Reading the end of ${topic}/${partition}`, () => endOffset(database, topic, partition)),
    groupOffset: async (group, topic, partition) =>
      persistently(`Reading the offset of ${group} in ${topic}/${partition}`, async () => {
        const { rows } = await database.query<{ readonly next_offset: number }>({
          name: "bus_group_offset",
          text: "SELECT next_offset FROM bus.group_offset WHERE group_name = $1 AND topic = $2 AND partition = $3",
          values: [group, topic, partition],
        });
        return rows[0]?.next_offset ?? 0;
      }),
    read: async ({ topic, partition, offset }, limit) =>
      persistently(`Reading ${topic}/${partition} from ${offset}`, async () => {
        const found = await fetchFrom(database, partition, new Map([[topic, offset]]), limit);
        // Nothing there: a mistyped name must not look like an empty partition.
        if (found.size === 0) await endOffset(database, topic, partition);
        return found.get(topic) ?? [];
      }),
    identity: async () =>
      persistently("Asking for the database's identity", async () => {
        const { rows } = await database.query<{ readonly identity: string }>("SELECT 'postgres/' || system_identifier || '/' || (SELECT oid FROM pg_database WHERE datname = current_database()) AS identity FROM pg_control_system()");
        const [row] = rows;
        if (row === undefined) throw new Error("Invariant: pg_control_system() gives one row.");
        return row.identity;
      }),
    close: async () => {
      closed = true;
      await Promise.all([...consumers].map((consumer) => consumer.stop()));
      await notifier.settled();
    },
  };
};
