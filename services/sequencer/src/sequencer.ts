import { BusError, type BusErrorCode } from "@finality/bus";
import { advance } from "@finality/engine";
import { pause, type Loop } from "@finality/service-kit";
import { startDeadLetterFeed } from "./dead-letter-feed.ts";
import { SequencerError } from "./errors.ts";
import type { HeldLog } from "./held-log.ts";
import type { LogStatus } from "./log-status.ts";
import { serveUntilBroken } from "./membership.ts";
import type { SequencerDeps } from "./sequencer-deps.ts";

export type Sequencer = {
  /** The logs held, and whether each is written, waits to be opened, or why it stopped. */
  status(): readonly ({ readonly log: string } & LogStatus)[];
  /** Rejects when the sequencer gave up for good; never resolves. */
  readonly failed: Promise<never>;
  /** Finishes the batches in work, waits for their commits, lets go. */
  stop(): Promise<void>;
};

/** How often, and how long apart, a lost database or bus is tried again before the sequencer gives up; a longer time without failure begins anew. */
const retries = { most: 120, waitMs: 500, forgottenAfterMs: 60_000 } as const;

/** What waiting does not mend. */
const hopelessCodes: ReadonlySet<BusErrorCode> = new Set(["unknown_topic", "partition_mismatch", "closed"]);
const isHopeless = (error: unknown): boolean => (error instanceof BusError && hopelessCodes.has(error.code)) || (error instanceof SequencerError && error.code === "consumer_hangs");

const letGoWithinMs = 60_000;

/** Consumes the topics of the partitions it is given and writes their logs, until it is stopped. */
export const startSequencer = (given: SequencerDeps): Sequencer => {
  const deps = { advance, letGoWithinMs, ...given };
  const held = new Map<number, HeldLog>();
  const stopping = new AbortController();
  const giveUp = Promise.withResolvers<never>();
  giveUp.promise.catch(() => undefined);

  const run = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted; ) {
      const startedAt = performance.now();
      try {
        await serveUntilBroken(deps, { held, signal: stopping.signal });
      } catch (error) {
        if (stopping.signal.aborted) return;
        failures = performance.now() - startedAt > retries.forgottenAfterMs ? 1 : failures + 1;
        if (failures > retries.most || isHopeless(error)) throw error;
        deps.logger.warn({ err: error, failures }, "the sequencer lets go of its logs and takes them over again");
        await pause(retries.waitMs, stopping.signal);
      }
    }
  };

  const feed = startFeed(deps, () => [...held.values()].map(({ log }) => log));
  feed?.failed.catch(giveUp.reject);
  const ended = run().catch((error: unknown) => {
    deps.logger.error({ err: error }, "the sequencer gave up");
    giveUp.reject(error);
  });
  return {
    status: () => [...held.values()].map((sequencer) => ({ log: sequencer.log, ...sequencer.status() })),
    failed: giveUp.promise,
    stop: async () => {
      stopping.abort();
      await feed?.stop();
      await ended;
    },
  };
};

const feedDefaults = { retentionDays: 30, everyMs: 1_000 } as const;

const startFeed = ({ bus, logger, deadLetters }: SequencerDeps, logs: () => readonly string[]): Loop | undefined =>
  deadLetters === undefined ? undefined : startDeadLetterFeed({ ...feedDefaults, ...deadLetters, bus, logger, logs });
