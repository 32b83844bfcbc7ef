import type { Bus, BusMessage } from "@finality/bus";
import { topicNames } from "@finality/contracts";
import type { Skip } from "@finality/event-log";
import type { Logger } from "@finality/service-kit";
import { stoppedSequencer, type LogSequencer } from "./log-sequencer.ts";
import type { LogStatus } from "./log-status.ts";
import { mends } from "./mends.ts";

export type HeldLogDeps = {
  readonly bus: Bus;
  readonly logger: Logger;
  /** Takes the log over again and rebuilds it. Rejects only with what mends. */
  readonly reopen: () => Promise<LogSequencer>;
  readonly pendingSkips: () => Promise<readonly Skip[]>;
  /** Database or bus are away: everything is to be taken over again. */
  readonly failed: (error: unknown) => void;
};

/** When a log that stands still is looked at again. Milliseconds; the wait doubles with each look that did not help. */
const looks = { skipEveryMs: 1_000, firstMs: 250, longestMs: 30_000, fencedMs: 10_000, forgottenAfterMs: 60_000 } as const;
const readMax = 500;

/**
 * A log for as long as its partition is ours. When its sequencer stopped it is opened anew: at a message that cannot be applied once that is
 * to be skipped (rule 10), else after a while, since the reason may have gone. What the bus has handed in meanwhile is read again.
 */
export class HeldLog {
  readonly log: string;
  readonly startOffsets: Readonly<Record<string, number>>;
  readonly #deps: HeldLogDeps;
  readonly #partition: number;
  #current: LogSequencer;
  /** Of each topic the offset behind the last message that the bus has handed in. */
  readonly #delivered = new Map<string, number>();
  #work: Promise<void> = Promise.resolve();
  #released = false;
  #looking = false;
  #openedMs = performance.now();
  #stoppedMs: number | undefined;
  #waitMs: number = looks.firstMs;
  #before = { deadLetters: 0, skips: 0 };

  constructor(deps: HeldLogDeps, partition: number, first: LogSequencer) {
    this.#deps = deps;
    this.#partition = partition;
    this.#current = first;
    this.log = first.log;
    this.startOffsets = first.startOffsets;
  }

  handle(messages: readonly BusMessage[]): Promise<void> {
    return this.#serially(async () => {
      for (const { topic, offset } of messages) this.#delivered.set(topic, Math.max(this.#delivered.get(topic) ?? 0, offset + 1));
      await this.#current.handle(messages);
    });
  }

  /** Called often: records the time of a quiet live log, and looks again at one that stands still. Never rejects. */
  async beat(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      await this.#current.tickClock();
      if (await this.#isDue()) await this.#serially(() => this.#openAnew());
    } catch (error) {
      this.#deps.failed(error);
    }
    this.#looking = false;
  }

  /** Waits for the batch and the commit in work; nothing is begun any more. */
  async release(): Promise<void> {
    this.#released = true;
    await this.#work;
    await this.#current.release();
  }

  status(): LogStatus {
    const status = this.#current.status();
    return { ...status, deadLetters: status.deadLetters + this.#before.deadLetters, skips: status.skips + this.#before.skips };
  }

  #serially(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(() => (this.#released ? undefined : work()));
    this.#work = done.catch(() => undefined);
    return done;
  }

  async #isDue(): Promise<boolean> {
    const status = this.#current.status();
    if (status.state !== "stopped" || status.code === "away") return false;
    const nowMs = performance.now();
    if (this.#stoppedMs === undefined) {
      this.#stoppedMs = nowMs;
      if (nowMs - this.#openedMs > looks.forgottenAfterMs) this.#waitMs = looks.firstMs;
      return false;
    }
    const { at, code } = status;
    if (at === undefined) return nowMs - this.#stoppedMs >= (code === "fenced" ? looks.fencedMs : this.#waitMs);
    if (nowMs - this.#stoppedMs < looks.skipEveryMs) return false;
    this.#stoppedMs = nowMs;
    return (await this.#deps.pendingSkips()).some(({ topic, offset }) => topic === at.topic && offset === at.offset);
  }

  async #openAnew(): Promise<void> {
    const { deadLetters, skips } = this.status();
    await this.#current.release();
    this.#waitMs = Math.min(2 * this.#waitMs, looks.longestMs);
    this.#current = await this.#deps.reopen();
    this.#before = { deadLetters, skips };
    this.#openedMs = performance.now();
    this.#stoppedMs = undefined;
    try {
      await this.#catchUp();
    } catch (error) {
      if (mends(error)) throw error;
      await this.#current.release();
      this.#current = stoppedSequencer(this.log, `what came while it stood still cannot be read again: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (this.#current.status().state !== "stopped") this.#deps.logger.info({ log: this.log }, `log ${this.log} goes on`);
  }

  /** Control before data (rule 6). */
  async #catchUp(): Promise<void> {
    for (const topic of topicNames) {
      const until = this.#delivered.get(topic) ?? 0;
      for (let from = this.#current.startOffsets[topic] ?? 0; from < until; ) {
        if (this.#released || this.#current.status().state === "stopped") return;
        const messages = await this.#deps.bus.read({ topic, partition: this.#partition, offset: from }, Math.min(readMax, until - from));
        const last = messages.at(-1);
        if (last === undefined) throw new Error(`the bus keeps nothing of ${topic}/${String(this.#partition)} from ${String(from)} to ${String(until - 1)}`);
        await this.#current.handle(messages);
        from = last.offset + 1;
      }
    }
  }
}
