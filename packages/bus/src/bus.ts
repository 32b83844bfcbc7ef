/** Largest value of one message: what a Kafka broker takes by default (1 MiB with its frame). */
export const maxValueBytes = 1_000_000;

/** A message as it lies on a partition. */
export type BusMessage = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
};

export type OutgoingMessage = {
  readonly topic: string;
  /** Set by the producer from the catalogue, never hashed from the key (rule 5). */
  readonly partition: number;
  readonly key: string | null;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
};

/** Messages of one partition in offset order, at least one. */
export type BusBatch = {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly BusMessage[];
  /** True once the partition was taken away: stop working on the batch. A hint, never a fence. */
  readonly isStale: () => boolean;
};

export type ConsumerHandlers = {
  /**
   * Called when this member is given partition `partition` of every topic at once (they are co-partitioned).
   * Returns the offset to start each topic at; a topic left out starts at its first message. What is named counts as acknowledged, so that
   * a group that died between storing and acknowledging is not behind for ever.
   */
  readonly assigned: (partition: number) => Promise<Readonly<Record<string, number>>>;
  /** Called when the partition is taken away, or the consumer stops. */
  readonly revoked: (partition: number) => Promise<void>;
  /**
   * Handles one batch; batches of one assigned partition number (over all topics) never overlap, in no fixed order between topics
   * except that `topics` listed first is read to its end before the others on assignment (rule 6).
   * Resolving is the back-pressure, not the acknowledgement; rejecting stops the consumer (see `Consumer.failed`).
   */
  readonly batch: (batch: BusBatch) => Promise<void>;
};

export type ConsumerOptions = {
  readonly group: string;
  /** Co-partitioned topics, the one to read to its end first in front. */
  readonly topics: readonly string[];
  /** Most messages in one batch; a bus may give fewer, so that they do not weigh too much. */
  readonly maxMessages: number;
};

export interface Consumer {
  /** Tells the bus that everything below `nextOffset` is stored; for lag only, positions are the consumer's own (rule 4). */
  acknowledge(position: { readonly topic: string; readonly partition: number; readonly nextOffset: number }): Promise<void>;
  /** Resolves never, rejects when the consumer died: the process must let go or end. */
  readonly failed: Promise<never>;
  /** Finishes the batch in work, revokes, disconnects. */
  stop(): Promise<void>;
}

/** The way in. Durable, partitioned, at least once. One conformance suite runs against every adapter. */
export interface Bus {
  /** Creates missing topics; throws `BusError` "partition_mismatch" when one exists with another partition count. */
  ensureTopics(topics: readonly string[], partitions: number): Promise<void>;
  partitions(topic: string): Promise<number>;
  /** Durable when resolved; offsets in the order given. All or an error; after an error some may have been stored. */
  produce(messages: readonly OutgoingMessage[]): Promise<readonly { readonly topic: string; readonly partition: number; readonly offset: number }[]>;
  consume(options: ConsumerOptions, handlers: ConsumerHandlers): Promise<Consumer>;
  /** The offset that the next message of each partition will get, for lag and quiet. */
  endOffset(topic: string, partition: number): Promise<number>;
  /** The offset the group has acknowledged up to; 0 when it never did. */
  groupOffset(group: string, topic: string, partition: number): Promise<number>;
  /** Reads stored messages without a group, for redrive and for going on behind one's own last message. */
  read(from: { readonly topic: string; readonly partition: number; readonly offset: number }, limit: number): Promise<readonly BusMessage[]>;
  /** Names the storage: another one under the same address has another identity (rule 4). */
  identity(): Promise<string>;
  close(): Promise<void>;
}
