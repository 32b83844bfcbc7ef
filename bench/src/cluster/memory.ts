import { setTimeout as pause } from "node:timers/promises";
import { alone, compared, median, type Measurement } from "../measurement.ts";
import { progress } from "../progress.ts";
import { look, wallMs } from "./committed.ts";
import { feed, openMarket } from "./feed.ts";
import { onGround, type Ground } from "./ground.ts";
import { marketOf } from "./market.ts";
import { sampleOf, type ServiceProcess } from "./service-process.ts";

const atMost = 1.1;
const ticksPerMessage = 100;
const messages = 100_000;
/** Readings within these ticks count as early and as late; a single one says when the last garbage collection was. */
const early = { from: 700_000, to: 1_300_000 } as const;
const late = { from: 9_000_000, to: 10_000_000 } as const;
const everyMs = 100;
const withinMs = 180_000;
const mebi = 2 ** 20;

/** What a sequencer's process takes of the machine while ten million ticks go through it, as fast as they can. */
export const memory = (): Promise<readonly Measurement[]> =>
  onGround(async (ground) => {
    const partition = await openMarket(ground, marketOf());
    const sequencer = await ground.start("sequencer");
    progress("memory: ten million ticks");
    const [readings] = await Promise.all([readingsOf(ground, sequencer), feed(ground, { partition, ticksPerMessage, messagesPerSecond: messages, messages })]);
    const of = (name: "rssBytes" | "heapBytes", { from, to }: typeof early | typeof late): number => median(readings.filter(({ ticks }) => ticks >= from && ticks <= to).map((each) => each[name]));
    const rss = { early: of("rssBytes", early), late: of("rssBytes", late) };
    return [
      compared("memory: of a sequencer at 10M ticks; baseline: at 1M", { value: rss.late / mebi, baseline: rss.early / mebi, unit: "MiB" }, { atMost }),
      compared("memory: the heap in use, garbage included; baseline: at 1M", { value: of("heapBytes", late) / mebi, baseline: of("heapBytes", early) / mebi, unit: "MiB" }),
      alone("memory: most that was seen of the process", Math.max(...readings.map(({ rssBytes }) => rssBytes)) / mebi, "MiB"),
    ];
  });

type Reading = { readonly ticks: number; readonly rssBytes: number; readonly heapBytes: number };

const readingsOf = async ({ database }: Ground, sequencer: ServiceProcess): Promise<readonly Reading[]> => {
  const readings: Reading[] = [];
  for (const deadlineMs = wallMs() + withinMs; wallMs() < deadlineMs; ) {
    const [[log], metrics] = await Promise.all([look(database), sequencer.metrics()]);
    const ticks = (log?.ticks ?? 0) * ticksPerMessage;
    readings.push({ ticks, rssBytes: sampleOf(metrics, "process_resident_memory_bytes") ?? NaN, heapBytes: sampleOf(metrics, "nodejs_heap_size_used_bytes") ?? NaN });
    if (ticks >= messages * ticksPerMessage) return readings;
    await pause(everyMs);
  }
  throw new Error(`Only ${String(readings.at(-1)?.ticks ?? 0)} ticks were committed within ${String(withinMs)} ms.`);
};
