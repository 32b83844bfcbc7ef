import type { BusBatch, Consumer } from "@finality/bus";
import { topicNames } from "@finality/contracts";
import { aborted, pause } from "@finality/service-kit";
import { SequencerError } from "./errors.ts";
import { sequencerGroup } from "./group.ts";
import { HeldLog } from "./held-log.ts";
import { openLogSequencer, stoppedSequencer, type LogSequencer } from "./log-sequencer.ts";
import { mends } from "./mends.ts";
import type { WritingDeps } from "./sequencer-deps.ts";

/** A bus that is ahead is caught up with in large batches: what a batch costs besides its messages is shared by more of them. */
const maxMessages = 5_000;
const clockEveryMs = 250;
const catalogueEveryMs = 500;
export type Membership = {
  /** The logs held, by partition; empty again when it is over. */
  readonly held: Map<number, HeldLog>;
  readonly signal: AbortSignal;
};

/** One membership of the consumer group. Resolves when the signal is aborted; rejects with what broke it, all logs let go. */
export const serveUntilBroken = async (deps: WritingDeps, { held, signal }: Membership): Promise<void> => {
  const broken = Promise.withResolvers<never>();
  // The race below may be over when it rejects.
  broken.promise.catch(() => undefined);
  let consumer: Consumer | undefined;

  const committed: Consumer["acknowledge"] = async (position) => consumer?.acknowledge(position);
  const open = async (partition: number, log: string): Promise<HeldLog> => {
    const { bus, logger, writer } = deps;
    const reopen = (): Promise<LogSequencer> => openOrStop({ ...deps, committed, failed: broken.reject }, log);
    const opened = new HeldLog({ bus, logger, reopen, pendingSkips: () => writer.pendingSkips(log), failed: broken.reject }, partition, await reopen());
    held.set(partition, opened);
    return opened;
  };

  const handlers = {
    assigned: async (partition: number): Promise<Readonly<Record<string, number>>> => {
      const log = await deps.catalogue.logOf(partition);
      return log === undefined ? {} : (await open(partition, log)).startOffsets;
    },
    revoked: async (partition: number): Promise<void> => {
      await held.get(partition)?.release();
      held.delete(partition);
    },
    batch: async ({ partition, messages, isStale }: BusBatch): Promise<void> => {
      const sequencer = held.get(partition) ?? (await openLate(partition, isStale));
      await sequencer?.handle(messages);
    },
  };
  /** A partition may carry messages before its log stands in the catalogue: they wait, as long as the partition is ours. */
  const openLate = async (partition: number, isStale: () => boolean): Promise<HeldLog | undefined> => {
    for (let told = false; !signal.aborted && !isStale(); told = true) {
      const log = await deps.catalogue.logOf(partition);
      if (log !== undefined) return open(partition, log);
      if (!told) deps.logger.warn({ partition }, `partition ${String(partition)} has messages, but no log stands in the catalogue for it: they wait`);
      await pause(catalogueEveryMs, signal);
    }
    return undefined;
  };

  const clock = setInterval(() => {
    for (const sequencer of held.values()) void sequencer.beat();
  }, clockEveryMs);
  try {
    consumer = await deps.bus.consume({ group: sequencerGroup, topics: topicNames, maxMessages }, handlers);
    await Promise.race([broken.promise, consumer.failed, aborted(signal)]);
  } finally {
    clearInterval(clock);
    if (consumer !== undefined) await letGo(deps, consumer);
    held.clear();
  }
};

/** A consumer that hangs would keep its partitions in the group, written by nobody: only the end of the process takes them from it. */
const letGo = async ({ logger, letGoWithinMs }: WritingDeps, consumer: Consumer): Promise<void> => {
  const late = new AbortController();
  const stopped = consumer.stop().catch((error: unknown) => { logger.warn({ err: error }, "the consumer did not stop cleanly"); });
  const isLate = await Promise.race([stopped.then(() => false), pause(letGoWithinMs, late.signal).then(() => true)]);
  late.abort();
  if (isLate) throw new SequencerError("consumer_hangs", `The consumer has not let go of its partitions within ${String(letGoWithinMs)} ms: the process has to end, so that others get them.`);
};

/** A log that cannot be opened for a reason of its own stops; the database or the bus being away is nobody's own. */
const openOrStop = async (deps: Parameters<typeof openLogSequencer>[0], log: string): Promise<LogSequencer> => {
  try {
    return await openLogSequencer(deps, log);
  } catch (error) {
    if (mends(error)) throw error;
    return stopped(deps, log, error);
  }
};

const stopped = ({ logger }: Pick<WritingDeps, "logger">, log: string, error: unknown): LogSequencer => {
  const reason = error instanceof Error ? error.message : String(error);
  logger.error({ log, err: error }, `log ${log} stopped: ${reason}`);
  return stoppedSequencer(log, reason);
};
