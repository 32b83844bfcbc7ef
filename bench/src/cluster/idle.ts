import { fork, type ChildProcess } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { topics } from "@finality/contracts";
import { compared, type Measurement } from "../measurement.ts";
import { progress } from "../progress.ts";
import { watch } from "./committed.ts";
import { openMarket } from "./feed.ts";
import { onGround } from "./ground.ts";
import { marketOf } from "./market.ts";
import { sampleOf, type ServiceProcess } from "./service-process.ts";

const services = ["sequencer", "dispatcher", "executor", "paper-venue", "projector", "api"] as const;
const settleMs = 8_000;
const measuredMs = 30_000;
const mebi = 2 ** 20;

/** A whole cluster with one open log and no ticks: what each process costs while nothing happens. A live log records the time once a second. */
export const idle = (): Promise<readonly Measurement[]> =>
  onGround(async (ground) => {
    await openMarket(ground, marketOf());
    const processes = await Promise.all(services.map(async (service) => ({ service, process: await ground.start(service) })));
    await watch(ground.database, { everyMs: 50, until: (logs) => logs.some(({ position }) => position > 0) });
    const consumer = startIdle([ground.brokers.join(","), topics.ticks]);
    const bare = startIdle([]);
    const costs = async (): Promise<readonly Cost[]> => Promise.all([...processes.map(({ process }) => costOf(process)), costOfIdle(consumer), costOfIdle(bare)]);
    try {
      progress("idle: waiting for rest");
      await pause(settleMs);
      const before = await costs();
      await pause(measuredMs);
      const spent = (await costs()).map(({ cpuS, bytes }, index) => ({ cpuS: ((cpuS - (before[index]?.cpuS ?? NaN)) * 60_000) / measuredMs, bytes }));
      const [ofConsumer, ofBare] = spent.slice(services.length);
      if (ofConsumer === undefined || ofBare === undefined) throw new Error("Invariant: both baselines were asked.");
      return services.flatMap((service, index) => {
        const { cpuS, bytes } = spent[index] ?? { cpuS: NaN, bytes: NaN };
        return [
          compared(`idle: CPU of the ${service}; baseline: idle kafkajs consumer`, { value: cpuS, baseline: ofConsumer.cpuS, unit: "s/min" }),
          compared(`idle: memory of the ${service}; baseline: bare node process`, { value: bytes / mebi, baseline: ofBare.bytes / mebi, unit: "MiB" }),
        ];
      });
    } finally {
      consumer.kill();
      bare.kill();
    }
  });

type Cost = { readonly cpuS: number; readonly bytes: number };

const costOf = async (process: ServiceProcess): Promise<Cost> => {
  const metrics = await process.metrics();
  return { cpuS: sampleOf(metrics, "process_cpu_seconds_total") ?? NaN, bytes: sampleOf(metrics, "process_resident_memory_bytes") ?? NaN };
};

const startIdle = (words: readonly string[]): ChildProcess => fork(fileURLToPath(new URL("idle-child.ts", import.meta.url)), words);

const costOfIdle = async (child: ChildProcess): Promise<Cost> => {
  const answered = new Promise<unknown>((resolve) => child.once("message", resolve));
  child.send("cost");
  const cost = await answered;
  if (typeof cost !== "object" || cost === null || !("cpuS" in cost) || !("bytes" in cost)) throw new Error("The idle process did not say what it costs.");
  return { cpuS: Number(cost.cpuS), bytes: Number(cost.bytes) };
};
