import { expect, test } from "vitest";
import type { BusMessage } from "../bus.ts";
import { PartitionWork, waitingBytesMost, type WorkContext } from "./partition-work.ts";

const topic = "md.ticks.v1";
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

/** One partition of one topic, each batch held until `go` is called. */
const working = (more: Partial<WorkContext> = {}) => {
  const events: string[] = [];
  const gates: (() => void)[] = [];
  const waiting = { bytes: 0 };
  const work = new PartitionWork(0, {
    topics: [topic],
    maxMessages: 1,
    waiting,
    after: Promise.resolve(),
    pause: () => events.push("pause"),
    resume: () => events.push("resume"),
    seek: () => undefined,
    range: async () => ({ first: 0, end: 0 }),
    named: () => undefined,
    failed: (error) => events.push(`failed ${String(error)}`),
    handlers: {
      assigned: async () => { events.push("assigned"); return {}; },
      revoked: async () => { events.push("revoked"); },
      batch: () => new Promise((resolve) => { gates.push(resolve); }),
    },
    ...more,
  });
  const go = async (): Promise<void> => {
    gates.shift()?.();
    await turn();
  };
  return { work, events, waiting, go };
};

let offset = 0;
const messages = (count: number, bytes: number): readonly BusMessage[] => Array.from({ length: count }, () => ({ topic, partition: 0, offset: offset++, key: null, value: new Uint8Array(bytes), headers: {} }));

test("small messages are fetched on while a batch is in work, however many they are; bytes are what pauses, and half of them what goes on", async () => {
  const { work, events, waiting, go } = working();
  await turn();
  work.push(topic, messages(10_000, 100));
  expect(events).toEqual(["assigned", "resume"]);
  work.push(topic, messages(8, waitingBytesMost / 8));
  expect(events.at(-1)).toBe("pause");
  await turn();
  for (let done = 0; done < 10_000; done++) await go();
  expect(events.at(-1)).toBe("pause");
  for (let done = 0; done < 4; done++) await go();
  expect(events.slice(2)).toEqual(["pause", "resume"]);
  const ended = work.end({ isStale: false });
  await go();
  await ended;
  expect(waiting.bytes).toBe(0);
});

test("a partition that is full is not paused again, and one that another filled goes on when its own messages are gone", async () => {
  const waiting = { bytes: waitingBytesMost };
  const { work, events, go } = working({ waiting });
  await turn();
  work.push(topic, messages(1, 100));
  await turn();
  // The first is in work and nothing of its own waits, so it goes on; then it is paused with three waiting, and goes on with one.
  work.push(topic, messages(3, 100));
  work.push(topic, messages(1, 100));
  expect(events).toEqual(["assigned", "resume", "pause", "resume", "pause"]);
  for (let done = 0; done < 2; done++) await go();
  expect(events.at(-1)).toBe("pause");
  await go();
  expect(events.at(-1)).toBe("resume");
  const ended = work.end({ isStale: false });
  await go();
  await ended;
  expect(waiting.bytes).toBe(waitingBytesMost);
});

test("a partition that comes back while its work before is ending is assigned behind it, or not at all", async () => {
  const before = Promise.withResolvers<undefined>();
  const [kept, lost] = [working({ after: before.promise }), working({ after: before.promise })];
  await turn();
  expect(kept.events).toEqual([]);
  const ended = lost.work.end({ isStale: true });
  before.resolve(undefined);
  await ended;
  await turn();
  expect(kept.events).toEqual(["assigned", "resume"]);
  expect(lost.events).toEqual([]);
});
