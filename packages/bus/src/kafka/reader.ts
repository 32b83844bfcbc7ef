import type { Kafka, KafkaMessage } from "kafkajs";
import { setTimeout as sleep } from "node:timers/promises";
import type { BusMessage } from "../bus.ts";
import { BusError } from "../errors.ts";
import { isAway, toBusError } from "./errors.ts";
import { toBusMessage } from "./message.ts";
import { createUnderWay } from "./under-way.ts";

// Reading without a group. kafkajs has it inside and not outside, so this one file knows its insides; the version is pinned and patched.

type FetchedMessage = Pick<KafkaMessage, "offset" | "key" | "value" | "headers"> & { readonly isControlRecord?: boolean };
type FetchedPartition = { readonly messages: readonly FetchedMessage[] };
type InnerBroker = {
  fetch(request: {
    readonly isolationLevel: number;
    readonly maxWaitTime: number;
    readonly minBytes: number;
    readonly maxBytes: number;
    readonly topics: readonly { readonly topic: string; readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string; readonly maxBytes: number }[] }[];
  }): Promise<{ readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[] }>;
};
type InnerCluster = {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number; readonly leader: number }[];
  findBroker(node: { readonly nodeId: number }): Promise<InnerBroker>;
  fetchTopicsOffset(topics: readonly { readonly topic: string; readonly partitions: readonly { readonly partition: number }[]; readonly fromBeginning: boolean }[]): Promise<readonly { readonly partitions: readonly { readonly offset: string }[] }[]>;
};

const readCommitted = 1;
const fetchWaitMs = 100;
const fetchBytes = 4_000_000;
const retryEveryMs = 100;
const longestRetryMs = 1_000;
/** A topic that was made a moment ago is not known to every broker yet. */
const unknownForMs = 1_000;

const openCluster = (kafka: Kafka): InnerCluster => {
  const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === "private:Kafka:createCluster");
  const create: unknown = symbol === undefined ? undefined : Reflect.get(kafka, symbol);
  if (typeof create !== "function") throw new Error("Invariant: kafkajs 2.2.4 makes its clusters behind this symbol.");
  // What is inside kafkajs has no types of its own.
  return create.call(kafka, { metadataMaxAge: 300_000, allowAutoTopicCreation: false, isolationLevel: readCommitted }) as InnerCluster;
};

export type KafkaReader = {
  /** Throws BusError "unknown_topic". */
  partitions(topic: string): Promise<number>;
  /** The offsets of the first message that is kept and of the next one to come. Throws BusError "unknown_topic", "unknown_partition". */
  range(topic: string, partition: number): Promise<{ readonly first: number; readonly end: number }>;
  end(topic: string, partition: number): Promise<number>;
  /** Throws BusError "offset_out_of_range" for messages that are not kept any more. */
  read(from: { readonly topic: string; readonly partition: number; readonly offset: number }, limit: number): Promise<readonly BusMessage[]>;
  /** What was learned of a topic is asked anew: it was made, or got partitions. */
  forget(): Promise<void>;
  close(): Promise<void>;
};

type Fetched = { readonly messages: readonly BusMessage[]; readonly next: number };

/** The messages from `offset` on, at least one of which is there, and where to go on. */
const fetchFrom = async (broker: InnerBroker, { topic, partition, offset }: Parameters<KafkaReader["read"]>[0]): Promise<Fetched> => {
  const request = { topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: fetchBytes }] };
  const { responses } = await broker.fetch({ isolationLevel: readCommitted, maxWaitTime: fetchWaitMs, minBytes: 1, maxBytes: fetchBytes, topics: [request] });
  const fetched = responses.flatMap(({ partitions }) => partitions).flatMap(({ messages }) => messages).filter((message) => Number(message.offset) >= offset);
  const last = fetched.at(-1);
  // A leader that is new, or slow, gives nothing although something is there.
  if (last === undefined) throw new BusError("unavailable", `${topic}/${String(partition)} gave nothing from offset ${String(offset)} on, and has not ended there.`);
  return { messages: fetched.filter(({ isControlRecord }) => isControlRecord !== true).map((message) => toBusMessage({ topic, partition }, message)), next: Number(last.offset) + 1 };
};

/** Tries for `giveUpAfterMs` what brokers that are away may answer later. */
export const createReader = (kafka: Kafka, giveUpAfterMs: number): KafkaReader => {
  const cluster = openCluster(kafka);
  const closing = new AbortController();
  const underWay = createUnderWay();
  let connected: Promise<void> | undefined;

  const attempts = async <Result>(doing: string, work: () => Promise<Result>): Promise<Result> => {
    const beganMs = performance.now();
    for (let waitMs = retryEveryMs; ; waitMs = Math.min(2 * waitMs, longestRetryMs)) {
      try {
        connected ??= cluster.connect();
        await connected;
        return await work();
      } catch (error) {
        const known = toBusError(error, doing);
        const patienceMs = isAway(error) ? giveUpAfterMs : known.code === "unknown_topic" ? unknownForMs : 0;
        if (!closing.signal.aborted && performance.now() - beganMs >= patienceMs) throw known;
        await sleep(waitMs, undefined, { signal: closing.signal }).catch(() => undefined);
        if (closing.signal.aborted) throw new BusError("closed", `${doing}: the bus is closed.`, error);
        connected = undefined;
        await cluster.refreshMetadata().catch(() => undefined);
      }
    }
  };
  const persistently = <Result>(doing: string, work: () => Promise<Result>): Promise<Result> => underWay.keep(attempts(doing, work));

  const leaders = async (topic: string): Promise<readonly { readonly partitionId: number; readonly leader: number }[]> => {
    await cluster.addTargetTopic(topic);
    return cluster.findTopicPartitionMetadata(topic);
  };
  /** Partitions may have been added since the last look. */
  const leaderOf = async (topic: string, partition: number): Promise<number> => {
    const known = (await leaders(topic)).find(({ partitionId }) => partitionId === partition);
    if (known !== undefined) return known.leader;
    await cluster.refreshMetadata();
    const found = (await leaders(topic)).find(({ partitionId }) => partitionId === partition);
    if (found === undefined) throw new BusError("unknown_partition", `${topic} has ${String((await leaders(topic)).length)} partitions; there is no partition ${String(partition)}.`);
    return found.leader;
  };
  const offsetOf = async (topic: string, partition: number, fromBeginning: boolean): Promise<number> => {
    await leaderOf(topic, partition);
    const [answer] = await cluster.fetchTopicsOffset([{ topic, partitions: [{ partition }], fromBeginning }]);
    return Number(answer?.partitions[0]?.offset);
  };
  const fetch = async (topic: string, partition: number, offset: number): Promise<Fetched> =>
    fetchFrom(await cluster.findBroker({ nodeId: await leaderOf(topic, partition) }), { topic, partition, offset });

  const range = (topic: string, partition: number) =>
    persistently(`Reading the offsets of ${topic}/${String(partition)}`, async () => ({ first: await offsetOf(topic, partition, true), end: await offsetOf(topic, partition, false) }));

  return {
    partitions: (topic) => persistently(`Looking up ${topic}`, async () => (await leaders(topic)).length),
    range,
    end: (topic, partition) => persistently(`Reading the end of ${topic}/${String(partition)}`, () => offsetOf(topic, partition, false)),
    read: async ({ topic, partition, offset }, limit) => {
      const place = `${topic}/${String(partition)}`;
      const { first, end } = await range(topic, partition);
      if (offset < first) throw new BusError("offset_out_of_range", `${place} keeps messages from offset ${String(first)} on; ${String(offset)} is not kept any more.`);
      const messages: BusMessage[] = [];
      for (let next = offset; next < end && messages.length < limit; ) {
        const fetched = await persistently(`Reading ${place} from ${String(next)}`, () => fetch(topic, partition, next));
        messages.push(...fetched.messages);
        next = fetched.next;
      }
      return messages.slice(0, limit);
    },
    forget: () => persistently("Looking up the topics again", () => cluster.refreshMetadata()),
    close: async () => {
      closing.abort();
      await connected?.catch(() => undefined);
      await underWay.ended();
      await cluster.disconnect();
    },
  };
};
