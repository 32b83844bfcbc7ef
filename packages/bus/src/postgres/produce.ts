import type { Database, Queryable } from "@finality/database";
import { maxValueBytes, type OutgoingMessage } from "../bus.ts";
import { BusError } from "../errors.ts";
import { endOffset } from "./topics.ts";
import { whileAway } from "./retry.ts";

export type Placed = { readonly topic: string; readonly partition: number; readonly offset: number };

/** One transaction stores at most this many messages and bytes (or one message); more are stored in several, in order. */
const maxMessagesPerTransaction = 1_000;
const maxBytesPerTransaction = 8_000_000;

const chunksOf = (messages: readonly OutgoingMessage[]): readonly (readonly OutgoingMessage[])[] => {
  const chunks: OutgoingMessage[][] = [];
  let current: OutgoingMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    if (current.length > 0 && (current.length === maxMessagesPerTransaction || bytes + message.value.length > maxBytesPerTransaction)) {
      chunks.push(current);
      current = [];
      bytes = 0;
    }
    current.push(message);
    bytes += message.value.length;
  }
  if (current.length > 0) chunks.push(current);
  return chunks;
};

type Head = { readonly topic: string; readonly partition: number; next: number };

const headKey = ({ topic, partition }: { readonly topic: string; readonly partition: number }): string => `${partition}:${topic}`;

/** Locks the heads in one order for all producers, so that two of them cannot wait for each other. */
const lockHeads = async (client: Queryable, messages: readonly OutgoingMessage[]): Promise<ReadonlyMap<string, Head>> => {
  const wanted = [...new Map(messages.map((message) => [headKey(message), message])).values()];
  const { rows } = await client.query<{ readonly topic: string; readonly partition: number; readonly next_offset: number }>({
    name: "bus_lock_heads",
    text: `SELECT topic, partition, next_offset FROM bus.partition_head
            WHERE (topic, partition) IN (SELECT * FROM unnest($1::text[], $2::int[]))
            ORDER BY topic, partition FOR UPDATE`,
    values: [wanted.map(({ topic }) => topic), wanted.map(({ partition }) => partition)],
  });
  const heads = new Map(rows.map(({ topic, partition, next_offset: next }) => [headKey({ topic, partition }), { topic, partition, next }]));
  const missing = wanted.find((message) => !heads.has(headKey(message)));
  if (missing !== undefined) await endOffset(client, missing.topic, missing.partition);
  return heads;
};

const insert = (client: Queryable, messages: readonly OutgoingMessage[], placed: readonly Placed[], heads: Iterable<Head>): Promise<unknown> => {
  const moved = [...heads];
  return client.query({
    name: "bus_insert",
    text: `WITH moved AS (
             UPDATE bus.partition_head head SET next_offset = new.next_offset
               FROM unnest($7::text[], $8::int[], $9::int8[]) new (topic, partition, next_offset)
              WHERE head.topic = new.topic AND head.partition = new.partition
           )
           INSERT INTO bus.message (topic, partition, "offset", key, value, headers)
           SELECT * FROM unnest($1::text[], $2::int[], $3::int8[], $4::text[], $5::bytea[], $6::jsonb[])`,
    values: [
      placed.map(({ topic }) => topic),
      placed.map(({ partition }) => partition),
      placed.map(({ offset }) => offset),
      messages.map(({ key }) => key),
      messages.map(({ value }) => Buffer.from(value.buffer, value.byteOffset, value.byteLength)),
      messages.map(({ headers }) => JSON.stringify(headers)),
      moved.map(({ topic }) => topic),
      moved.map(({ partition }) => partition),
      moved.map(({ next }) => next),
    ],
  });
};

const store = (database: Database, messages: readonly OutgoingMessage[]): Promise<readonly Placed[]> =>
  database.transaction(async (client) => {
    const heads = await lockHeads(client, messages);
    const placed = messages.map((message): Placed => {
      const head = heads.get(headKey(message));
      if (head === undefined) throw new BusError("unknown_partition", `The partition ${message.partition} of ${message.topic} does not exist.`);
      return { topic: head.topic, partition: head.partition, offset: head.next++ };
    });
    await insert(client, messages, placed, heads.values());
    return placed;
  });

/** Stores the messages, calling `stored` after each commit. See `Bus.produce`. */
export const produce = async (database: Database, messages: readonly OutgoingMessage[], giveUpAfterMs: number, stored: (placed: readonly Placed[]) => void): Promise<readonly Placed[]> => {
  const large = messages.find(({ value }) => value.length > maxValueBytes);
  if (large !== undefined) {
    throw new BusError("message_too_large", `A message to ${large.topic} has ${large.value.length} bytes; the limit is ${maxValueBytes}.`);
  }
  const all: Placed[] = [];
  for (const chunk of chunksOf(messages)) {
    const doing = `Producing ${chunk.length} messages to ${[...new Set(chunk.map(({ topic }) => topic))].join(", ")}`;
    const placed = await whileAway({ doing, giveUpAfterMs }, () => store(database, chunk));
    stored(placed);
    all.push(...placed);
  }
  return all;
};
