import type { Consumer as KafkaConsumer, ConsumerGroupJoinEvent, EachBatchPayload, Kafka } from "kafkajs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Consumer, ConsumerHandlers, ConsumerOptions } from "../bus.ts";
import { BusError } from "../errors.ts";
import { assignorName, coPartitioning } from "./assignor.ts";
import { retries, type BusLogger } from "./client.ts";
import { isAway, toBusError } from "./errors.ts";
import { toBusMessage } from "./message.ts";
import { PartitionWork, type Waiting } from "./partition-work.ts";
import type { KafkaReader } from "./reader.ts";

export type ConsumerContext = {
  readonly kafka: Kafka;
  readonly reader: KafkaReader;
  readonly logger: BusLogger;
  readonly sessionTimeoutMs: number;
  /** Names of assignors that this member understands, the preferred one first; default: this release's own. */
  readonly assignors?: readonly string[];
};

/** A fetch waits so long for messages, and what was paused is fetched again after at most this. Milliseconds. */
const fetchWaitMs = 100;
const bytesPerPartition = 2_000_000;
/** Partitions that are added are noticed within this. Milliseconds. */
const metadataAgeMs = 10_000;
const heartbeatsPerSession = 6;
/** A batch in work may keep a new assignment waiting for this share of the session; then the log's epoch is what fences it (rule 2). */
const drainShare = 0.5;
/** A commit of offsets that was under way at the stop may take this long. Milliseconds. */
const acknowledgedWithinMs = 1_000;
/** No fetch and no heartbeat for so many sessions: the consumer hangs. */
const silentSessionsMax = 3;

/** Whether it ended in time; what it ended with is not told. */
const endsWithin = async (ms: number, work: Promise<unknown> | undefined): Promise<boolean> => {
  const late = new AbortController();
  const bound = sleep(ms, false, { signal: late.signal }).catch(() => false);
  const isInTime = await Promise.race([Promise.resolve(work).then(() => true, () => true), bound]);
  late.abort();
  return isInTime;
};

/** A member of a group. Eager: with each new assignment all partitions are revoked and given anew. */
class Member {
  readonly failed: Promise<never>;
  readonly #context: ConsumerContext;
  readonly #options: ConsumerOptions;
  readonly #handlers: ConsumerHandlers;
  readonly #consumer: KafkaConsumer;
  readonly #work = new Map<number, PartitionWork>();
  /** Of partitions that were given away while a batch of them was in work. */
  readonly #ending = new Map<number, Promise<void>>();
  readonly #waiting: Waiting = { bytes: 0 };
  readonly #reject: (error: BusError) => void;
  readonly #acknowledged = new Map<string, { readonly topic: string; readonly partition: number; readonly offset: string }>();
  #acknowledging: Promise<void> | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #lastSignMs = performance.now();
  #isOver = false;
  /** It is over, and kafkajs knows. */
  #isGone = false;
  #disconnected: Promise<void> | undefined;

  constructor(context: ConsumerContext, options: ConsumerOptions, handlers: ConsumerHandlers) {
    this.#context = context;
    this.#options = options;
    this.#handlers = handlers;
    const { promise, reject } = Promise.withResolvers<never>();
    this.failed = promise;
    this.#reject = reject;
    // Whoever looks at `failed` later still sees it; nobody looking must not end the process from here.
    promise.catch(() => undefined);
    const { kafka, sessionTimeoutMs, assignors = [assignorName] } = context;
    this.#consumer = kafka.consumer({
      groupId: options.group,
      partitionAssigners: assignors.map((name) => coPartitioning({ name, beforeJoin: () => this.#beforeJoin() })),
      allowAutoTopicCreation: false,
      metadataMaxAge: metadataAgeMs,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: 2 * sessionTimeoutMs,
      heartbeatInterval: Math.floor(sessionTimeoutMs / heartbeatsPerSession),
      maxWaitTimeInMs: fetchWaitMs,
      maxBytesPerPartition: bytesPerPartition,
      // A coordinator that is loading or away is joined again; the watchdog bounds how long.
      retry: { ...retries, restartOnFailure: async (error) => !this.#isOver && isAway(error) },
    });
  }

  async start(): Promise<void> {
    const consumer = this.#consumer;
    const { GROUP_JOIN, STOP, CRASH, HEARTBEAT, FETCH } = consumer.events;
    const sign = (): void => { this.#lastSignMs = performance.now(); };
    consumer.on(GROUP_JOIN, (event) => { this.#joined(event); });
    consumer.on(STOP, () => { this.#halted(); });
    consumer.on(CRASH, ({ payload: { error, restart } }) => { if (!restart) this.#fail(error); });
    consumer.on(HEARTBEAT, sign);
    consumer.on(FETCH, sign);
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true });
    } catch (error) {
      await this.#disconnect();
      throw toBusError(error, `Joining the group ${this.#options.group}`);
    }
    // Not waited for: the group may be busy with what another member has in work.
    consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async (payload) => { this.#fetched(payload); } }).catch((error: unknown) => { this.#fail(error); });
    sign();
    this.#watch();
  }

  owns(partition: number): boolean {
    return this.#work.has(partition);
  }

  /** For lag only: what is not sent before a rebalance is named again at the next assignment. */
  async acknowledge(topic: string, partition: number, nextOffset: number): Promise<void> {
    this.#acknowledged.set(`${topic} ${String(partition)}`, { topic, partition, offset: String(nextOffset) });
    // Those that come while one request is under way go together in the next.
    const before = this.#acknowledging;
    if (before !== undefined) await before.catch(() => undefined);
    await (this.#acknowledging ??= this.#sendAcknowledged().finally(() => { this.#acknowledging = undefined; }));
  }

  async #sendAcknowledged(): Promise<void> {
    const offsets = [...this.#acknowledged.values()];
    this.#acknowledged.clear();
    if (offsets.length === 0 || this.#isOver) return;
    try {
      await this.#consumer.commitOffsets(offsets);
    } catch (error) {
      this.#context.logger.debug({ err: error }, "offsets could not be acknowledged; they are named again at the next assignment");
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all([...this.#work.values()].map((work) => work.end({ isStale: false })));
    await Promise.all(this.#ending.values());
    // For lag only: meanwhile this member would keep partitions that it does not serve.
    await endsWithin(acknowledgedWithinMs, this.#acknowledging);
    await this.#disconnect();
    this.#work.clear();
  }

  #disconnect(): Promise<void> {
    clearInterval(this.#watchdog);
    return (this.#disconnected ??= this.#consumer.disconnect().catch((error: unknown) => {
      this.#context.logger.debug({ err: error }, "the consumer did not disconnect cleanly");
    }));
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reject(toBusError(error, `Consuming for ${this.#options.group}`));
    void Promise.all([...this.#work.values()].map((work) => work.end({ isStale: true }))).then(() => this.#disconnect());
  }

  /** kafkajs let go of the group: for good, or to begin anew after a crash. From here on it takes no pause, resume or seek. */
  #halted(): void {
    this.#isGone = this.#isOver;
    void this.#drain();
  }

  async #beforeJoin(): Promise<void> {
    await this.#drain();
    this.#requireWanted();
  }

  /** kafkajs stops what runs, and goes on joining what does not run yet: without this a member would stay that nobody knows. */
  #requireWanted(): void {
    if (this.#isGone) throw new BusError("closed", `The consumer of ${this.#options.group} was stopped while it joined.`);
  }

  /** Before the member joins again: what it holds is finished and revoked, within a bound. */
  async #drain(): Promise<void> {
    const held = [...this.#work.values()];
    this.#work.clear();
    for (const work of held) this.#endLater(work);
    if (!(await endsWithin(this.#context.sessionTimeoutMs * drainShare, Promise.all(this.#ending.values())))) {
      this.#context.logger.warn({ group: this.#options.group, partitions: held.map(({ partition }) => partition) }, "a batch is still in work while its partition is given away; the log's epoch fences it");
    }
  }

  #endLater(work: PartitionWork): void {
    const ended = work.end({ isStale: true }).finally(() => {
      if (this.#ending.get(work.partition) === ended) this.#ending.delete(work.partition);
    });
    this.#ending.set(work.partition, ended);
  }

  #joined({ payload: { memberAssignment } }: ConsumerGroupJoinEvent): void {
    this.#requireWanted();
    if (this.#isOver) return;
    const { topics } = this.#options;
    const numbers = memberAssignment[topics[0] ?? ""] ?? [];
    if (topics.some((topic) => JSON.stringify(memberAssignment[topic] ?? []) !== JSON.stringify(numbers))) {
      this.#fail(new BusError("partition_mismatch", `The group ${this.#options.group} gave other partitions of one topic than of another: ${JSON.stringify(memberAssignment)}. A member of it has another assignor.`));
      return;
    }
    // In the same turn of the loop, so that nothing is fetched from where the group stands before it is said where to start.
    if (numbers.length > 0) this.#consumer.pause(topics.map((topic) => ({ topic, partitions: [...numbers] })));
    for (const partition of numbers) this.#work.set(partition, this.#begin(partition));
  }

  #begin(partition: number): PartitionWork {
    const { topics, maxMessages } = this.#options;
    const place = (topic: string) => ({ topic, partitions: [partition] });
    return new PartitionWork(partition, {
      topics,
      maxMessages,
      waiting: this.#waiting,
      after: this.#ending.get(partition) ?? Promise.resolve(),
      handlers: this.#handlers,
      pause: (topic) => { this.#consumer.pause([place(topic)]); },
      resume: (topic) => { this.#consumer.resume([place(topic)]); },
      seek: (topic, offset) => { this.#consumer.seek({ topic, partition, offset: String(offset) }); },
      range: (topic) => this.#context.reader.range(topic, partition),
      named: (offsets) => { for (const [topic, offset] of Object.entries(offsets)) void this.acknowledge(topic, partition, offset); },
      failed: (error) => { this.#fail(error); },
    });
  }

  #fetched({ batch, resolveOffset }: EachBatchPayload): void {
    const work = this.#work.get(batch.partition);
    const last = batch.messages.at(-1);
    if (work === undefined || last === undefined) return;
    work.push(batch.topic, batch.messages.map((message) => toBusMessage(batch, message)));
    resolveOffset(last.offset);
  }

  /** Two silent looks in a row: a process that was stopped for a while is not hanging. */
  #watch(): void {
    const { sessionTimeoutMs } = this.#context;
    let wasSilent = false;
    this.#watchdog = setInterval(() => {
      const silentMs = performance.now() - this.#lastSignMs;
      const isSilent = silentMs > silentSessionsMax * sessionTimeoutMs;
      if (isSilent && wasSilent) this.#fail(new BusError("unavailable", `The consumer of ${this.#options.group} has neither fetched nor sent a heartbeat for ${String(Math.round(silentMs))} ms.`));
      wasSilent = isSilent;
    }, sessionTimeoutMs);
    this.#watchdog.unref();
  }
}

/** Joins the group. Throws BusError "unknown_topic", "partition_mismatch", "unavailable". */
export const startConsumer = async (context: ConsumerContext, options: ConsumerOptions, handlers: ConsumerHandlers): Promise<Consumer> => {
  if (options.topics.length === 0 || !(options.maxMessages >= 1)) {
    throw new BusError("refused", `A consumer needs a topic and maxMessages >= 1; it has ${String(options.topics.length)} topics and ${String(options.maxMessages)}.`);
  }
  await context.reader.forget();
  const counts = await Promise.all(options.topics.map((topic) => context.reader.partitions(topic)));
  if (new Set(counts).size > 1) {
    throw new BusError("partition_mismatch", `Co-partitioned topics must have equally many partitions; ${options.topics.map((topic, index) => `${topic} has ${String(counts[index])}`).join(", ")}.`);
  }
  const member = new Member(context, options, handlers);
  await member.start();
  return {
    failed: member.failed,
    stop: () => member.stop(),
    // The next owner's position counts now; an old owner must not move it back.
    acknowledge: async ({ topic, partition, nextOffset }) => (member.owns(partition) ? member.acknowledge(topic, partition, nextOffset) : undefined),
  };
};

