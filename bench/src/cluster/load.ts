import { alone, median, percentile, type Measurement } from "../measurement.ts";
import { progress } from "../progress.ts";
import { watch, type Committed } from "./committed.ts";
import { feed, openMarket, type Send } from "./feed.ts";
import { onGround, type Ground } from "./ground.ts";
import { marketOf } from "./market.ts";
import { oneTickAMessage } from "./throughput.ts";

const shares = [0.1, 0.5, 0.8] as const;
const seconds = 8;
/** Of the sends, from the first on, while the processes get warm. */
const warmUpShare = 0.25;

/** From handing a tick to the producer until it is seen committed, while ticks come one a message at a share of what the sequencer could take at most. */
export const load = async (): Promise<readonly Measurement[]> => {
  const { ticksPerS: most } = await oneTickAMessage();
  const rows: Measurement[] = [];
  for (const share of shares) rows.push(...(await onGround((ground) => loaded(ground, share, most))));
  return rows;
};

const loaded = async (ground: Ground, share: number, most: number): Promise<readonly Measurement[]> => {
  const partition = await openMarket(ground, marketOf());
  await ground.start("sequencer");
  await watch(ground.database, { everyMs: 20, until: (logs) => logs.some(({ position }) => position > 0) });
  const messagesPerSecond = share * most;
  const messages = Math.round(messagesPerSecond * seconds);
  progress(`load of ${messagesPerSecond.toFixed(0)} ticks/s`);
  const [looks, sends] = await Promise.all([
    watch(ground.database, { everyMs: 1, until: (logs) => logs.some(({ ticks }) => ticks >= messages) }),
    feed(ground, { partition, ticksPerMessage: 1, messagesPerSecond, messages }),
  ]);
  const latencies = latenciesOf(sends.slice(Math.floor(sends.length * warmUpShare)), looks.flat());
  const [first, last] = [sends[0], sends.at(-1)];
  const reached = first === undefined || last === undefined ? 0 : (messages / (last.atMs - first.atMs)) * 1_000;
  const name = `load: ${String(share * 100)} % of the throughput (${reached.toFixed(0)} ticks/s reached)`;
  return [alone(`${name}: tick to commit, p50`, median(latencies), "ms"), alone(`${name}, p99`, percentile(latencies, 0.99), "ms")];
};

/** One for each send: until the look in which its last message was committed. */
const latenciesOf = (sends: readonly Send[], looks: readonly Committed[]): readonly number[] => {
  let at = 0;
  return sends.map(({ offset, messages, atMs }) => {
    while ((looks[at]?.ticks ?? Infinity) < offset + messages) at += 1;
    return (looks[at]?.atMs ?? NaN) - atMs;
  });
};
