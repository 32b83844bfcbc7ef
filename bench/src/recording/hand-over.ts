import type { Bus, BusMessage, Consumer, ConsumerHandlers } from "@finality/bus";

/** Hands messages to a consumer at once: between the hand and the consumer is no bus whose time would count. */
export type HandOver = {
  /** What the consumer is given as its bus; it consumes and acknowledges, nothing else. */
  readonly bus: Bus;
  /** One batch of one topic. Resolves when it is acknowledged, which is after its commit; rejects when the consumer gives up. */
  give(topic: string, messages: readonly Pick<BusMessage, "value" | "headers">[]): Promise<void>;
};

const partition = 0;

export const handOver = (): HandOver => {
  const consumed = Promise.withResolvers<ConsumerHandlers>();
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  const waiting = new Map<string, { readonly end: number; readonly done: () => void }>();
  const ends = new Map<string, number>();
  let taken = false;

  const consumer: Consumer = {
    acknowledge: async ({ topic, nextOffset }) => {
      const waiter = waiting.get(topic);
      if (waiter !== undefined && nextOffset >= waiter.end) waiter.done();
    },
    failed: broken.promise,
    stop: async () => undefined,
  };
  const consume: Bus["consume"] = async (_options, handlers) => {
    if (taken) broken.reject(new Error("The consumer let go of its partition and came back: what was handed over is lost."));
    taken = true;
    await handlers.assigned(partition);
    consumed.resolve(handlers);
    return consumer;
  };
  const give: HandOver["give"] = async (topic, messages) => {
    const from = ends.get(topic) ?? 0;
    const end = from + messages.length;
    ends.set(topic, end);
    const acknowledged = Promise.withResolvers<undefined>();
    waiting.set(topic, { end, done: () => acknowledged.resolve(undefined) });
    const { batch } = await consumed.promise;
    const numbered = messages.map((message, index) => ({ ...message, topic, partition, key: null, offset: from + index }));
    await batch({ topic, partition, messages: numbered, isStale: () => false });
    await Promise.race([acknowledged.promise, broken.promise]);
    waiting.delete(topic);
  };
  return { bus: { ...unused, consume, identity: async () => "hand-over" }, give };
};

const refuse = (): never => {
  throw new Error("The hand-over is no bus to produce to or to read from.");
};
const unused: Omit<Bus, "consume" | "identity"> = {
  ensureTopics: refuse,
  partitions: refuse,
  produce: refuse,
  endOffset: refuse,
  groupOffset: refuse,
  read: refuse,
  close: async () => undefined,
};
