import { DatabaseError, type Database, type Notifier } from "@finality/database";
import type { Consumer, ConsumerHandlers, ConsumerOptions } from "../bus.ts";
import { BusError } from "../errors.ts";
import { acknowledge } from "./fetch.ts";
import { readPartition } from "./partition-reader.ts";
import { watchPartitions } from "./partition-watch.ts";
import { toBusError, whileAway } from "./retry.ts";
import { openSession, takePartitions, type Session } from "./session.ts";
import { createSignal, type Signal } from "./signal.ts";
import { channelOf, sharedPartitions } from "./topics.ts";

export type ConsumerContext = {
  readonly database: Database;
  readonly notifier: Notifier;
  readonly pollMs: number;
  readonly giveUpAfterMs: number;
};

type Assignment = { readonly signal: Signal; readonly finished: Promise<void> };

/** A member of a group: takes what partitions it can, delivers them, and starts over with a new session when the old one is lost. */
class Member {
  readonly failed: Promise<never>;
  readonly #context: ConsumerContext;
  readonly #options: ConsumerOptions;
  readonly #handlers: ConsumerHandlers;
  readonly #channels: readonly string[];
  /** Called at each notification: wakes the readers that have something to read, since a channel says no more than the topic. */
  readonly #lookForNew: () => void;
  readonly #assignments = new Map<number, Assignment>();
  readonly #changed = createSignal();
  #stopping = false;
  #failure: BusError | undefined;
  #reject: (error: BusError) => void = () => undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(context: ConsumerContext, options: ConsumerOptions, handlers: ConsumerHandlers) {
    this.#context = context;
    this.#options = options;
    this.#handlers = handlers;
    this.#channels = options.topics.map(channelOf);
    this.#lookForNew = watchPartitions(context.database, options.topics, (partition) => this.#assignments.get(partition)?.signal.ring());
    this.failed = new Promise<never>((_, reject) => {
      this.#reject = reject;
    });
    // Whoever looks at `failed` later still sees the rejection; nobody looking must not end the process from here.
    this.failed.catch(() => undefined);
  }

  async start(): Promise<void> {
    const { database, notifier } = this.#context;
    const session = await this.#persistently("Joining", async () => {
      await sharedPartitions(database, this.#options.topics);
      return this.#openSession();
    });
    const unsubscribe = this.#channels.map((channel) => notifier.subscribe(channel, this.#lookForNew));
    this.#ended = this.#run(session).finally(() => {
      for (const end of unsubscribe) end();
    });
  }

  owns(partition: number): boolean {
    return this.#assignments.has(partition);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#changed.ring();
    this.#wakeReaders();
    await this.#ended;
  }

  #wakeReaders(): void {
    for (const { signal } of this.#assignments.values()) signal.ring();
  }

  #isOver(): boolean {
    return this.#stopping || this.#failure !== undefined;
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = toBusError(error, `Consuming for ${this.#options.group}`);
    this.#reject(this.#failure);
    this.#changed.ring();
    this.#wakeReaders();
  }

  #persistently<T>(doing: string, work: () => Promise<T>): Promise<T> {
    const { giveUpAfterMs } = this.#context;
    return whileAway({ doing: `${doing} the group ${this.#options.group}`, giveUpAfterMs, isOver: () => this.#isOver() }, work);
  }

  #openSession(): Promise<Session> {
    return openSession({
      url: this.#context.database.url,
      applicationName: `finality bus ${this.#options.group}`,
      channels: this.#channels,
      onNotify: this.#lookForNew,
      onLost: () => {
        this.#changed.ring();
        this.#wakeReaders();
      },
    });
  }

  async #run(first: Session): Promise<void> {
    let session = first;
    try {
      while (true) {
        await this.#serve(session);
        if (this.#isOver()) return;
        session = await this.#persistently("Joining again", () => this.#openSession());
      }
    } catch (error) {
      if (!this.#stopping) this.#fail(error);
    }
  }

  /** Until the session is lost or the consumer is over; then no reader of it runs any more. */
  async #serve(session: Session): Promise<void> {
    try {
      while (!this.#isOver() && !session.isLost()) {
        await this.#takeFreePartitions(session);
        await this.#changed.wait(this.#context.pollMs);
      }
    } catch (error) {
      if (!(error instanceof DatabaseError && error.code === "connection")) this.#fail(error);
    } finally {
      // First let go, then free the locks: nobody else is assigned before `revoked` has returned, as long as the session lives.
      await Promise.all([...this.#assignments.values()].map(({ finished }) => finished));
      await session.close();
    }
  }

  async #takeFreePartitions(session: Session): Promise<void> {
    const partitions = await sharedPartitions(session, this.#options.topics);
    const free = Array.from({ length: partitions }, (_, partition) => partition).filter((partition) => !this.#assignments.has(partition));
    const taken = await takePartitions(session, this.#options.group, free);
    // A member may be told to stop while it looks: what its readers have let go of seems free, and its session still holds the locks.
    if (this.#isOver()) return;
    for (const partition of taken) this.#assign(session, partition);
  }

  #assign(session: Session, partition: number): void {
    const { database, pollMs, giveUpAfterMs } = this.#context;
    const signal = createSignal();
    const reading = readPartition({
      database,
      options: this.#options,
      handlers: this.#handlers,
      partition,
      signal,
      isStale: () => session.isLost() || this.#failure !== undefined,
      isStopping: () => this.#stopping,
      pollMs,
      giveUpAfterMs,
    });
    // A reader ends only with its session or its consumer, so its lock is not freed here.
    const finished = reading.catch((error: unknown) => this.#fail(error)).finally(() => this.#assignments.delete(partition));
    this.#assignments.set(partition, { signal, finished });
  }
}

/** Joins the group. Throws BusError "unknown_topic", "partition_mismatch" or "unavailable". */
export const startConsumer = async (context: ConsumerContext, options: ConsumerOptions, handlers: ConsumerHandlers): Promise<Consumer> => {
  if (options.topics.length === 0 || !(options.maxMessages >= 1)) {
    throw new BusError("refused", `A consumer needs a topic and maxMessages >= 1; it has ${options.topics.length} topics and ${options.maxMessages}.`);
  }
  const member = new Member(context, options, handlers);
  await member.start();
  return {
    failed: member.failed,
    stop: () => member.stop(),
    acknowledge: async ({ topic, partition, nextOffset }) => {
      // The next owner's position counts now; an old owner must not move it back.
      if (!member.owns(partition)) return;
      const doing = `Acknowledging ${topic}/${partition} for ${options.group}`;
      await whileAway({ doing, giveUpAfterMs: context.giveUpAfterMs }, () => acknowledge(context.database, options.group, partition, new Map([[topic, nextOffset]])));
    },
  };
};
