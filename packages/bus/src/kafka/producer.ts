import { Partitioners, type Kafka, type Producer } from "kafkajs";
import { maxValueBytes, type OutgoingMessage } from "../bus.ts";
import { BusError } from "../errors.ts";
import { isAway, toBusError } from "./errors.ts";
import type { KafkaReader } from "./reader.ts";

type Placed = { readonly topic: string; readonly partition: number; readonly offset: number };

export type KafkaProducer = {
  produce(messages: readonly OutgoingMessage[]): Promise<readonly Placed[]>;
  close(): Promise<void>;
};

/** A broker takes at most 1 MiB for one partition at once, frame included; one message of the largest size fits. */
const chunkBytes = 900_000;
/** kafkajs copies the list of a partition's messages for each of them, so that long lists cost their square. */
const chunkMessages = 2_000;

type Numbered = { readonly index: number; readonly message: OutgoingMessage };
type Chunk = { readonly topic: string; readonly partition: number; readonly messages: readonly Numbered[] };

/** At most what the lengths and offsets of a record, and those of each of its headers, take. */
const recordFrameBytes = 32;
const headerFrameBytes = 10;

const weightOf = ({ value, headers, key }: OutgoingMessage): number =>
  recordFrameBytes + value.length + Buffer.byteLength(key ?? "") + Object.entries(headers).reduce((bytes, [name, text]) => bytes + headerFrameBytes + Buffer.byteLength(name) + Buffer.byteLength(text), 0);

/** Rounds of at most one chunk a partition, so that each partition keeps its order. */
const roundsOf = (messages: readonly OutgoingMessage[]): readonly (readonly Chunk[])[] => {
  const places = Map.groupBy(messages.map((message, index): Numbered => ({ index, message })), ({ message }) => `${message.topic} ${String(message.partition)}`);
  const rounds: Chunk[][] = [];
  for (const numbered of places.values()) chunksOf(numbered).forEach((chunk, round) => (rounds[round] ??= []).push(chunk));
  return rounds;
};

const chunksOf = (numbered: readonly Numbered[]): readonly Chunk[] => {
  const chunks: { topic: string; partition: number; messages: Numbered[] }[] = [];
  let [bytes, count] = [0, Infinity];
  for (const each of numbered) {
    const { topic, partition } = each.message;
    const weight = weightOf(each.message);
    if (bytes + weight > chunkBytes || count >= chunkMessages) {
      chunks.push({ topic, partition, messages: [] });
      [bytes, count] = [0, 0];
    }
    chunks.at(-1)?.messages.push(each);
    bytes += weight;
    count += 1;
  }
  return chunks;
};

/** What can be said before anything is sent. */
const requireSendable = async (reader: KafkaReader, messages: readonly OutgoingMessage[]): Promise<void> => {
  for (const { topic, value } of messages) {
    if (value.length > maxValueBytes) throw new BusError("message_too_large", `A message to ${topic} has ${String(value.length)} bytes; the limit is ${String(maxValueBytes)}.`);
  }
  for (const [topic, own] of Map.groupBy(messages, (message) => message.topic)) {
    const highest = Math.max(...own.map(({ partition }) => partition));
    if (highest < (await reader.partitions(topic))) continue;
    await reader.forget();
    const partitions = await reader.partitions(topic);
    if (highest >= partitions) throw new BusError("unknown_partition", `${topic} has ${String(partitions)} partitions; there is no partition ${String(highest)}.`);
  }
};

/** One producer of a process: idempotent, every in-sync replica answers, one request under way, so that order and number stay what they are. */
export const createProducer = (kafka: Kafka, reader: KafkaReader): KafkaProducer => {
  let open: Promise<Producer> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const connect = async (): Promise<Producer> => {
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    return producer;
  };
  /** One that failed has lost count of its sequence; the next call begins with a new one. */
  const abandon = async (): Promise<void> => {
    const abandoned = open;
    open = undefined;
    await (await abandoned?.catch(() => undefined))?.disconnect().catch(() => undefined);
  };

  const send = async (chunks: readonly Chunk[]): Promise<readonly (Placed & { readonly index: number })[]> => {
    const producer = await (open ??= connect());
    const byTopic = Map.groupBy(chunks, ({ topic }) => topic);
    const topicMessages = [...byTopic].map(([topic, own]) => ({
      topic,
      messages: own.flatMap(({ messages }) => messages.map(({ message: { partition, key, value, headers } }) => ({ partition, key, value: Buffer.from(value.buffer, value.byteOffset, value.byteLength), headers: { ...headers } }))),
    }));
    const answers = await producer.sendBatch({ acks: -1, topicMessages });
    return chunks.flatMap(({ topic, partition, messages }) => {
      const base = answers.find((answer) => answer.topicName === topic && answer.partition === partition)?.baseOffset;
      if (base === undefined) throw new BusError("outcome_unknown", `Kafka did not say where the messages to ${topic}/${String(partition)} lie.`);
      return messages.map(({ index }, nth) => ({ topic, partition, offset: Number(base) + nth, index }));
    });
  };

  const produce = async (messages: readonly OutgoingMessage[]): Promise<readonly Placed[]> => {
    if (messages.length === 0) return [];
    await requireSendable(reader, messages);
    const doing = `Producing ${String(messages.length)} messages`;
    await (open ??= connect()).catch(async (error: unknown) => {
      await abandon();
      throw toBusError(error, doing);
    });
    const placed: Placed[] = [];
    for (const round of roundsOf(messages)) {
      try {
        for (const { index, ...place } of await send(round)) placed[index] = place;
      } catch (error) {
        await abandon();
        if (isAway(error)) throw new BusError("outcome_unknown", `${doing}: the connection failed, they may or may not be stored.`, error);
        throw toBusError(error, doing);
      }
    }
    return placed;
  };

  return {
    produce: (messages) => {
      const mine = last.then(() => produce(messages));
      last = mine.catch(() => undefined);
      return mine;
    },
    close: async () => {
      await last;
      await abandon();
    },
  };
};
