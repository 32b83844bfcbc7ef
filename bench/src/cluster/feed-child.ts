import { setTimeout as pause } from "node:timers/promises";
import { topics } from "@finality/contracts";
import { Kafka, logLevel } from "kafkajs";
import { wallMs, wallUs } from "./committed.ts";
import { marketOf } from "./market.ts";

// A process of its own, so that feeding takes nothing from who measures:
// node feed-child.ts <brokers> <partition> <ticks a message> <messages a second> <messages> prints the sends as JSON: [first offset, messages, when handed over].

const [brokers = "", ...numbers] = process.argv.slice(2);
const [partition = 0, ticksPerMessage = 1, perSecond = 1, total = 0] = numbers.map(Number);
const stepMs = 2;
/** Sends that Kafka has not acknowledged yet; at more the feed waits. */
const openMax = 64;
const mostBytes = 700_000;

const producer = new Kafka({ clientId: "bench-feed", brokers: brokers.split(","), logLevel: logLevel.ERROR }).producer({ allowAutoTopicCreation: false });
await producer.connect();
const market = marketOf();
const mostMessages = Math.max(1, Math.min(1_000, Math.floor(mostBytes / market.next(ticksPerMessage, wallUs()).length)));
const sends: (readonly [offset: number, messages: number, atMs: number])[] = [];
const open = new Set<Promise<void>>();

const send = async (count: number): Promise<void> => {
  const atMs = wallMs();
  const messages = Array.from({ length: count }, () => ({ value: market.next(ticksPerMessage, wallUs()), partition }));
  const [stored] = await producer.send({ topic: topics.ticks, messages, acks: -1 });
  sends.push([Number(stored?.baseOffset), count, atMs]);
};

const startMs = performance.now();
for (let sent = 0; sent < total; ) {
  const due = Math.min(total, Math.floor(((performance.now() - startMs) / 1_000) * perSecond)) - sent;
  const count = Math.min(due, mostMessages);
  if (count > 0) {
    const sending = send(count);
    sent += count;
    open.add(sending);
    void sending.finally(() => open.delete(sending));
    if (open.size >= openMax) await Promise.race(open);
  }
  if (due <= mostMessages) await pause(stepMs);
}
await Promise.all(open);
await producer.disconnect();
process.stdout.write(JSON.stringify(sends));
