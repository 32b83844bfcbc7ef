import type { Bus, BusBatch, Consumer } from "@finality/bus";
import { topicNames } from "@finality/contracts";
import type { Catalogue, LogReader, LogWriter } from "@finality/event-log";
import type { Faults, Logger } from "@finality/service-kit";
import { openLogSequencer, type LogSequencer } from "./log-sequencer.ts";

export type SequencerDeps = {
  readonly bus: Bus;
  readonly catalogue: Catalogue;
  readonly reader: LogReader;
  readonly writer: LogWriter;
  /** Wall clock in microseconds; used by live logs only. */
  readonly nowUs: () => number;
  /** Names the running code in each record's provenance. */
  readonly build: string;
  readonly faults: Faults;
  readonly logger: Logger;
};

export type Sequencer = {
  /** The logs held, and whether each is written or why it stopped. */
  status(): readonly ({ readonly log: string } & ReturnType<LogSequencer["status"]>)[];
  /** Rejects when the sequencer gave up for good; never resolves. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
};

export const sequencerGroup = "sequencer";
const maxMessages = 500;
const clockEveryMs = 250;
/** How often, and how long apart at most, a lost database or bus is tried again before the process ends. */
const retries = { most: 120, waitMs: 500 } as const;

/** Consumes the topics of the partitions it is given and writes their logs, until it is stopped. */
export const startSequencer = (deps: SequencerDeps): Sequencer => {
  const held = new Map<number, LogSequencer>();
  const stopping = new AbortController();
  const giveUp = Promise.withResolvers<never>();
  let round: Promise<void> = Promise.resolve();

  const runOnce = async (): Promise<void> => {
    const broken = Promise.withResolvers<never>();
    broken.promise.catch(() => undefined);
    let consumer: Consumer | undefined;
    const open = (log: string): Promise<LogSequencer> =>
      openLogSequencer({ ...deps, committed: async (position) => { await consumer?.acknowledge(position); }, failed: broken.reject }, log);

    const assigned = async (partition: number): Promise<Readonly<Record<string, number>>> => {
      const log = await deps.catalogue.logOf(partition);
      if (log === undefined) return {};
      const sequencer = await open(log);
      held.set(partition, sequencer);
      return sequencer.startOffsets;
    };
    const batch = async ({ partition, messages }: BusBatch): Promise<void> => {
      const sequencer = held.get(partition) ?? (await openLate(partition));
      await sequencer.handle(messages);
    };
    const openLate = async (partition: number): Promise<LogSequencer> => {
      const log = await waitForLog(deps, partition, stopping.signal);
      const sequencer = await open(log);
      held.set(partition, sequencer);
      return sequencer;
    };
    const revoked = async (partition: number): Promise<void> => {
      await held.get(partition)?.settled();
      held.delete(partition);
    };

    const clock = setInterval(() => {
      for (const sequencer of held.values()) sequencer.tickClock().catch(broken.reject);
    }, clockEveryMs);
    try {
      consumer = await deps.bus.consume({ group: sequencerGroup, topics: topicNames, maxMessages }, { assigned, revoked, batch });
      await Promise.race([broken.promise, consumer.failed, aborted(stopping.signal)]);
    } finally {
      clearInterval(clock);
      await consumer?.stop().catch((error: unknown) => { deps.logger.warn({ err: error }, "the consumer did not stop cleanly"); });
      held.clear();
    }
  };

  const run = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted; ) {
      const startedAt = performance.now();
      try {
        await runOnce();
      } catch (error) {
        failures = performance.now() - startedAt > retries.waitMs * retries.most ? 1 : failures + 1;
        if (failures > retries.most) throw error;
        deps.logger.warn({ err: error, failures }, "the sequencer lets go of its logs and takes them over again");
        await pause(retries.waitMs, stopping.signal);
      }
    }
  };

  round = run();
  round.catch(giveUp.reject);
  giveUp.promise.catch(() => undefined);
  return {
    status: () => [...held.values()].map((sequencer) => ({ log: sequencer.log, ...sequencer.status() })),
    failed: giveUp.promise,
    stop: async () => {
      stopping.abort();
      await round.catch(() => undefined);
    },
  };
};

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => { resolve(); }, { once: true });
  });

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });

/** A partition may carry messages before its log stands in the catalogue: they wait. */
const waitForLog = async ({ catalogue, logger }: SequencerDeps, partition: number, signal: AbortSignal): Promise<string> => {
  for (let told = false; !signal.aborted; told = true) {
    const log = await catalogue.logOf(partition);
    if (log !== undefined) return log;
    if (!told) logger.warn({ partition }, `partition ${String(partition)} has messages, but no log stands in the catalogue for it: they wait`);
    await pause(1_000, signal);
  }
  throw new Error("the sequencer is stopping");
};
