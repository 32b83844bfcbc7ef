import type { BusBatch, BusMessage, ConsumerHandlers } from "../bus.ts";

export type Recorder = ConsumerHandlers & {
  readonly messages: readonly BusMessage[];
  readonly batches: readonly BusBatch[];
  /** `assigned 0`, `revoked 0`, `begin topic/0@5`, `end topic/0@5`, in the order in which they happened. */
  readonly events: readonly string[];
};

export type RecorderOptions = {
  /** Offsets to start at, by topic. */
  readonly starts?: Readonly<Record<string, number>>;
  /** Runs inside the handler, after the batch was recorded. */
  readonly during?: (batch: BusBatch) => Promise<void>;
};

/** Handlers that remember what they were given. */
export const createRecorder = ({ starts = {}, during }: RecorderOptions = {}): Recorder => {
  const messages: BusMessage[] = [];
  const batches: BusBatch[] = [];
  const events: string[] = [];
  return {
    messages,
    batches,
    events,
    assigned: async (partition) => {
      events.push(`assigned ${partition}`);
      return starts;
    },
    revoked: async (partition) => {
      events.push(`revoked ${partition}`);
    },
    batch: async (batch) => {
      const place = `${batch.topic}/${batch.partition}@${batch.messages[0]?.offset ?? "empty"}`;
      events.push(`begin ${place}`);
      batches.push(batch);
      messages.push(...batch.messages);
      await during?.(batch);
      events.push(`end ${place}`);
    },
  };
};

export type Gate = {
  readonly opened: Promise<void>;
  readonly isOpen: () => boolean;
  open(): void;
};

/** Something that a handler waits for until the test lets it go on. */
export const createGate = (): Gate => {
  let isOpen = false;
  let resolve: () => void = () => undefined;
  const opened = new Promise<void>((done) => {
    resolve = done;
  });
  return {
    opened,
    isOpen: () => isOpen,
    open: () => {
      isOpen = true;
      resolve();
    },
  };
};
