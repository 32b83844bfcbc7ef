import { topics } from "@finality/contracts";
import type { Dataset } from "@finality/datasets";
import { pause } from "@finality/service-kit";
import { ConductorError } from "../errors.ts";
import { steadyWallClock } from "../live/wall-clock.ts";
import { openLoadLog, type LoadHouse } from "./open-logs.ts";
import { TickPlayer } from "./tick-player.ts";
import { TokenBucket } from "./token-bucket.ts";

export type LoadOptions = LoadHouse & {
  /** One log each, opened on first use (`loadCopies`). */
  readonly underlyings: readonly Dataset[];
  /** Over all underlyings, > 0. */
  readonly ticksPerS: number;
  /** 1 … 5,000; default 1. */
  readonly ticksPerMessage?: number;
  /** Default: until the signal. */
  readonly seconds?: number;
  readonly signal: AbortSignal;
  readonly onSecond?: (second: LoadSecond) => void;
};

export type LoadSecond = {
  readonly second: number;
  readonly askedTicksPerS: number;
  /** Acknowledged by the bus in this second. */
  readonly reachedTicksPerS: number;
  /** Tick messages that lie on the bus and that the sequencers have not acknowledged, over all underlyings; null: the bus did not say. */
  readonly lagMessages: number | null;
};

export type LoadSummary = {
  readonly underlyings: number;
  readonly ticksPerMessage: number;
  readonly seconds: number;
  readonly ticks: number;
  readonly messages: number;
  readonly askedTicksPerS: number;
  readonly reachedTicksPerS: number;
  /** Asked for while the bus took nothing, beyond what one burst makes up for. */
  readonly lostTicks: number;
  /** Produce calls that the bus refused; their messages may be stored or not, and are not sent again. */
  readonly failedSends: number;
  readonly mostLagMessages: number;
  readonly lastLagMessages: number | null;
};

/** The consumer group whose acknowledged offsets are the lag. */
const group = "sequencer";
/** Sends are at least this far apart, so that at a high rate messages travel together. */
const stepMs = 5;
const burstS = 1;
const largestSend = { messages: 2_000, ticks: 50_000 } as const;
const giveUpAfterMs = 60_000;
const retryMs = 250;

/**
 * Repeats recorded ticks into live logs at any rate: evenly by the monotonic clock, in bursts of at most a second's ticks behind a stall.
 * Underlyings take turns; the messages of one keep their order. Returns what was reached when the time is over or the signal is aborted.
 * Throws `ConductorError` "bus_away" after 60 s in which the bus took nothing, and what opening the logs throws.
 */
export const generateLoad = async (options: LoadOptions): Promise<LoadSummary> => {
  const { underlyings, signal, seconds = Infinity } = options;
  const partitions = await Promise.all(underlyings.map((dataset) => openLoadLog(options, dataset, signal)));
  const players = underlyings.map((dataset, index) => new TickPlayer(dataset, partitions[index] ?? 0));
  const sent: Sent = { ticks: 0, messages: 0, failedSends: 0, lostTicks: 0 };
  const ending = new AbortController();
  const startMs = performance.now();
  const lag = watchLag(options, { partitions, sent, signal: ending.signal });
  const stopping = Number.isFinite(seconds) ? AbortSignal.any([signal, AbortSignal.timeout(seconds * 1_000)]) : signal;
  try {
    await send(options, players, sent, stopping);
  } finally {
    ending.abort();
    await lag.ended;
  }
  const elapsedS = (performance.now() - startMs) / 1_000;
  return {
    underlyings: underlyings.length,
    ticksPerMessage: options.ticksPerMessage ?? 1,
    seconds: elapsedS,
    askedTicksPerS: options.ticksPerS,
    reachedTicksPerS: sent.ticks / elapsedS,
    ...sent,
    mostLagMessages: lag.most(),
    lastLagMessages: await lagOf(options, partitions),
  };
};

type Sent = { ticks: number; messages: number; failedSends: number; lostTicks: number };

const send = async ({ bus, ticksPerS, ticksPerMessage = 1 }: LoadOptions, players: readonly TickPlayer[], sent: Sent, signal: AbortSignal): Promise<void> => {
  const nowUs = steadyWallClock();
  const bucket = new TokenBucket({ perS: ticksPerS, burst: Math.max(ticksPerMessage, ticksPerS * burstS), nowMs: performance.now() });
  const mostMessages = Math.max(1, Math.min(largestSend.messages, Math.floor(largestSend.ticks / ticksPerMessage)));
  let turn = 0;
  let takenMs = performance.now();
  while (!signal.aborted) {
    const beganMs = performance.now();
    const count = Math.min(mostMessages, bucket.portions(ticksPerMessage, beganMs));
    if (count > 0) {
      bucket.spend(count * ticksPerMessage);
      const messages = Array.from({ length: count }, () => players[turn++ % players.length]?.next(ticksPerMessage, nowUs()) ?? []).flat();
      try {
        await bus.produce(messages);
        takenMs = performance.now();
        sent.messages += count;
        sent.ticks += count * ticksPerMessage;
      } catch (cause) {
        sent.failedSends += 1;
        const awayMs = performance.now() - takenMs;
        if (awayMs > giveUpAfterMs) throw new ConductorError("bus_away", `The bus has taken nothing for ${String(Math.round(awayMs / 1_000))} s: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
        await pause(retryMs, signal);
      }
      sent.lostTicks = bucket.lost;
    }
    const waitMs = Math.max(stepMs - (performance.now() - beganMs), count === mostMessages ? 0 : bucket.msUntil(ticksPerMessage));
    await pause(Math.max(0, waitMs), signal);
  }
};

const lagOf = async ({ bus }: LoadHouse, partitions: readonly number[]): Promise<number | null> => {
  const behind = async (partition: number): Promise<number> => {
    const acknowledged = await bus.groupOffset(group, topics.ticks, partition);
    return Math.max(0, (await bus.endOffset(topics.ticks, partition)) - acknowledged);
  };
  try {
    return (await Promise.all(partitions.map(behind))).reduce((sum, each) => sum + each, 0);
  } catch {
    // A load goes on while the bus is away; how far the log is behind is then not known.
    return null;
  }
};

const watchLag = (options: LoadOptions, { partitions, sent, signal }: { readonly partitions: readonly number[]; readonly sent: Sent; readonly signal: AbortSignal }): { readonly ended: Promise<void>; most(): number } => {
  let most = 0;
  const watch = async (): Promise<void> => {
    const startMs = performance.now();
    let [ticks, atMs] = [0, startMs];
    for (let second = 1; ; second += 1) {
      await pause(startMs + second * 1_000 - performance.now(), signal);
      if (signal.aborted) return;
      const nowMs = performance.now();
      const reached = ((sent.ticks - ticks) * 1_000) / (nowMs - atMs);
      [ticks, atMs] = [sent.ticks, nowMs];
      const lagMessages = await lagOf(options, partitions);
      most = Math.max(most, lagMessages ?? 0);
      options.onSecond?.({ second, askedTicksPerS: options.ticksPerS, reachedTicksPerS: reached, lagMessages });
    }
  };
  return { ended: watch(), most: () => most };
};
