import type { Database } from "@finality/database";
import type { BusMessage, ConsumerHandlers, ConsumerOptions } from "../bus.ts";
import { BusError } from "../errors.ts";
import { acknowledge, fetchFrom } from "./fetch.ts";
import { toBusError, whileAway } from "./retry.ts";
import type { Signal } from "./signal.ts";
import { endOffset } from "./topics.ts";

/** Rows that are read at once: each may have the largest value. */
const fetchMessagesMost = 500;

export type PartitionReader = {
  readonly database: Database;
  readonly options: ConsumerOptions;
  readonly handlers: ConsumerHandlers;
  readonly partition: number;
  /** Rung when there may be something new, and when the reader must stop. */
  readonly signal: Signal;
  /** The partition belongs to somebody else: nothing more may be delivered. */
  readonly isStale: () => boolean;
  /** The consumer stops: the batch in work is the last one. */
  readonly isStopping: () => boolean;
  readonly pollMs: number;
  readonly giveUpAfterMs: number;
};

/** Throws BusError "handler". */
const callHandler = async <T>(what: string, call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    throw new BusError("handler", `The consumer's ${what} rejected: ${error instanceof Error ? error.message : String(error)}`, error);
  }
};

const isOver = (reader: PartitionReader): boolean => reader.isStale() || reader.isStopping();

const persistently = <T>(reader: PartitionReader, doing: string, work: () => Promise<T>): Promise<T> =>
  whileAway({ doing: `${doing} of partition ${reader.partition} for ${reader.options.group}`, giveUpAfterMs: reader.giveUpAfterMs, isOver: () => isOver(reader) }, work);

const endsOf = async ({ database, options, partition }: PartitionReader): Promise<ReadonlyMap<string, number>> => {
  const ends = new Map<string, number>();
  for (const topic of options.topics) ends.set(topic, await endOffset(database, topic, partition));
  return ends;
};

const checkStarts = (starts: ReadonlyMap<string, number>, ends: ReadonlyMap<string, number>, partition: number): void => {
  for (const [topic, start] of starts) {
    const end = ends.get(topic) ?? 0;
    if (start > end || start < 0 || !Number.isSafeInteger(start)) {
      throw new BusError("offset_out_of_range", `The consumer starts ${topic}/${partition} at ${start}; the next message there gets ${end}.`);
    }
  }
};

const deliver = async (reader: PartitionReader, positions: Map<string, number>, messages: readonly BusMessage[]): Promise<void> => {
  const [first] = messages;
  if (first === undefined || isOver(reader)) return;
  const { topic, partition } = first;
  await callHandler(`batch of ${topic}/${partition} from offset ${first.offset}`, () => reader.handlers.batch({ topic, partition, messages, isStale: reader.isStale }));
  positions.set(topic, first.offset + messages.length);
};

/** Delivers what is there of `topics`, at most one batch each. False when there was nothing. */
const deliverOnce = async (reader: PartitionReader, positions: Map<string, number>, topics: readonly string[]): Promise<boolean> => {
  const wanted = new Map(topics.map((topic) => [topic, positions.get(topic) ?? 0]));
  const found = await persistently(reader, "Reading", () => fetchFrom(reader.database, reader.partition, wanted, Math.min(reader.options.maxMessages, fetchMessagesMost)));
  for (const topic of topics) await deliver(reader, positions, found.get(topic) ?? []);
  return found.size > 0;
};

const deliverUntilOver = async (reader: PartitionReader): Promise<void> => {
  const { options, handlers, partition, database } = reader;
  const named = await callHandler(`assigned of partition ${partition}`, () => handlers.assigned(partition));
  const ends = await persistently(reader, "Reading the ends", () => endsOf(reader));
  const positions = new Map(options.topics.map((topic) => [topic, named[topic] ?? 0]));
  checkStarts(positions, ends, partition);
  if (isOver(reader)) return;
  await persistently(reader, "Acknowledging the start", () => acknowledge(database, options.group, partition, positions));

  const [first] = options.topics;
  if (first !== undefined) {
    const end = ends.get(first) ?? 0;
    while (!isOver(reader) && (positions.get(first) ?? 0) < end) await deliverOnce(reader, positions, [first]);
  }
  while (!isOver(reader)) {
    if (!(await deliverOnce(reader, positions, options.topics)) && !isOver(reader)) await reader.signal.wait(reader.pollMs);
  }
};

/**
 * One assignment from `assigned` to `revoked`, batch after batch. Resolves when the partition is given up; throws BusError.
 * A reader that is over does not report that PostgreSQL went away: the next assignment starts where its consumer says.
 */
export const readPartition = async (reader: PartitionReader): Promise<void> => {
  let failure: BusError | undefined;
  try {
    await deliverUntilOver(reader);
  } catch (error) {
    const known = toBusError(error, `Consuming partition ${reader.partition} for ${reader.options.group}`);
    if (!isOver(reader) || known.code !== "unavailable") failure = known;
  }
  try {
    await callHandler(`revoked of partition ${reader.partition}`, () => reader.handlers.revoked(reader.partition));
  } catch (error) {
    // What stopped the reader says more than what went wrong while letting go.
    failure ??= toBusError(error, `Giving up partition ${reader.partition}`);
  }
  if (failure !== undefined) throw failure;
};
