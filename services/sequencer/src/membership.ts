import { BusError, type BusBatch, type Consumer } from "@finality/bus";
import { topicNames } from "@finality/contracts";
import { DatabaseError } from "@finality/database";
import { EventLogError } from "@finality/event-log";
import { aborted, pause } from "@finality/service-kit";
import { openLogSequencer, stoppedSequencer, type LogSequencer } from "./log-sequencer.ts";
import type { SequencerDeps } from "./sequencer-deps.ts";

export const sequencerGroup = "sequencer";
const maxMessages = 500;
const clockEveryMs = 250;
const catalogueEveryMs = 500;
/** A log whose appends are refused this often without a commit between stops, and lets the others be. */
const refusalsMax = 3;

/** How often in a row an append of a log was refused for a reason that waiting does not mend. */
export type Troubles = Map<string, number>;

export type Membership = {
  /** The logs held, by partition; empty again when it is over. */
  readonly held: Map<number, LogSequencer>;
  /** Outlives the membership. */
  readonly troubles: Troubles;
  readonly signal: AbortSignal;
};

/** One membership of the consumer group. Resolves when the signal is aborted; rejects with what broke it, all logs let go. */
export const serveUntilBroken = async (deps: Required<SequencerDeps>, { held, troubles, signal }: Membership): Promise<void> => {
  const broken = Promise.withResolvers<never>();
  // The race below may be over when it rejects.
  broken.promise.catch(() => undefined);
  let consumer: Consumer | undefined;

  const open = async (partition: number, log: string): Promise<LogSequencer> => {
    const committed: Consumer["acknowledge"] = async (position) => {
      troubles.delete(log);
      await consumer?.acknowledge(position);
    };
    const failed = (error: unknown): void => {
      if (!mends(error)) troubles.set(log, (troubles.get(log) ?? 0) + 1);
      broken.reject(error);
    };
    const sequencer = await openOrStop({ ...deps, committed, failed }, log, troubles);
    held.set(partition, sequencer);
    return sequencer;
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
  const openLate = async (partition: number, isStale: () => boolean): Promise<LogSequencer | undefined> => {
    for (let told = false; !signal.aborted && !isStale(); told = true) {
      const log = await deps.catalogue.logOf(partition);
      if (log !== undefined) return open(partition, log);
      if (!told) deps.logger.warn({ partition }, `partition ${String(partition)} has messages, but no log stands in the catalogue for it: they wait`);
      await pause(catalogueEveryMs, signal);
    }
    return undefined;
  };

  const clock = setInterval(() => {
    for (const sequencer of held.values()) void sequencer.tickClock();
  }, clockEveryMs);
  try {
    consumer = await deps.bus.consume({ group: sequencerGroup, topics: topicNames, maxMessages }, handlers);
    await Promise.race([broken.promise, consumer.failed, aborted(signal)]);
  } finally {
    clearInterval(clock);
    await consumer?.stop().catch((error: unknown) => deps.logger.warn({ err: error }, "the consumer did not stop cleanly"));
    held.clear();
  }
};

/** A log that cannot be opened for a reason of its own stops; the database or the bus being away is nobody's own. */
const openOrStop = async (deps: Parameters<typeof openLogSequencer>[0], log: string, troubles: Troubles): Promise<LogSequencer> => {
  if ((troubles.get(log) ?? 0) >= refusalsMax) return stopped(deps, log, new Error(`its appends were refused ${String(refusalsMax)} times in a row; the log lines before say why`));
  try {
    return await openLogSequencer(deps, log);
  } catch (error) {
    if (mends(error)) throw error;
    return stopped(deps, log, error);
  }
};

const stopped = ({ logger }: Pick<SequencerDeps, "logger">, log: string, error: unknown): LogSequencer => {
  const reason = error instanceof Error ? error.message : String(error);
  logger.error({ log, err: error }, `log ${log} stopped: ${reason}`);
  return stoppedSequencer(log, reason);
};

/** Whether taking everything over again, in a while, may help: what was lost comes back. */
const mends = (error: unknown): boolean => {
  if (error instanceof DatabaseError) return ["connection", "commit_unknown", "conflict", "disk_full"].includes(error.code);
  if (error instanceof BusError) return ["unavailable", "outcome_unknown"].includes(error.code);
  return error instanceof EventLogError && error.code === "commit_unknown";
};
