import { fileURLToPath } from "node:url";
import { topics } from "@finality/contracts";
import { runNode } from "../child.ts";
import { wallUs } from "./committed.ts";
import type { Ground } from "./ground.ts";
import type { Market } from "./market.ts";

export type FeedOptions = {
  readonly partition: number;
  readonly ticksPerMessage: number;
  readonly messagesPerSecond: number;
  readonly messages: number;
};

/** Messages that were handed to the producer at once. */
export type Send = { readonly offset: number; readonly messages: number; readonly atMs: number };

/** Feeds the ticks of the shipped day's log from a process of its own, evenly at the given rate, or as fast as it can when that is slower. */
export const feed = async ({ brokers }: Ground, { partition, ticksPerMessage, messagesPerSecond, messages }: FeedOptions): Promise<readonly Send[]> => {
  const script = fileURLToPath(new URL("feed-child.ts", import.meta.url));
  const { stdout } = await runNode([script, brokers.join(","), ...[partition, ticksPerMessage, messagesPerSecond, messages].map(String)]);
  const parsed: unknown = JSON.parse(stdout);
  if (!Array.isArray(parsed)) throw new Error(`The feeding process printed no list: ${stdout.slice(0, 200)}`);
  return parsed
    .map((each: unknown): Send => {
      const [offset, count, atMs] = Array.isArray(each) ? each.map(Number) : [];
      return { offset: offset ?? NaN, messages: count ?? NaN, atMs: atMs ?? NaN };
    })
    .sort((left, right) => left.offset - right.offset);
};

/** Writes what opens the market's log, and gives its partition. */
export const openMarket = async (ground: Ground, market: Market): Promise<number> => {
  const partition = await ground.partitionOf(market.log);
  await ground.produce(topics.control, partition, market.opening(wallUs()));
  return partition;
};

const chunk = 20_000;

/** Puts tick messages on the bus that nobody reads yet. */
export const layBacklog = async (ground: Ground, market: Market, { messages, ticksPerMessage }: Pick<FeedOptions, "messages" | "ticksPerMessage">): Promise<number> => {
  const partition = await openMarket(ground, market);
  for (let laid = 0; laid < messages; laid += chunk) {
    await ground.produce(topics.ticks, partition, Array.from({ length: Math.min(chunk, messages - laid) }, () => market.next(ticksPerMessage, wallUs())));
  }
  return partition;
};

