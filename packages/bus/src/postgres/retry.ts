import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseError } from "@finality/database";
import { BusError } from "../errors.ts";

const firstPauseMs = 50;
const longestPauseMs = 1_000;

/** A failure that a restarted server mends, and of which certainly nothing was kept. */
const isPassing = (error: unknown): boolean => error instanceof DatabaseError && (error.code === "connection" || error.code === "conflict");

/** What PostgreSQL said, in the bus's words; a BusError passes unchanged. */
export const toBusError = (error: unknown, doing: string): BusError => {
  if (error instanceof BusError) return error;
  const said = error instanceof Error ? error.message : String(error);
  if (error instanceof DatabaseError && error.code === "commit_unknown") return new BusError("outcome_unknown", `Whether ${doing} was done is unknown: ${said}`, error);
  return new BusError(isPassing(error) ? "unavailable" : "refused", `${doing} failed: ${said}`, error);
};

export type RetryOptions = {
  /** What is tried, for the message: "produce to bus.a". */
  readonly doing: string;
  /** Milliseconds without success after which the last failure is thrown. */
  readonly giveUpAfterMs: number;
  /** Asked before each new attempt; once true the last failure is thrown. */
  readonly isOver?: () => boolean;
};

/** Repeats `work` while PostgreSQL is away. Throws BusError "unavailable" at the bound, "refused" or "outcome_unknown" at once. */
export const whileAway = async <T>({ doing, giveUpAfterMs, isOver }: RetryOptions, work: () => Promise<T>): Promise<T> => {
  const deadlineMs = performance.now() + giveUpAfterMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || isOver?.() === true || performance.now() + pauseMs > deadlineMs) throw toBusError(error, doing);
    }
    await sleep(pauseMs);
  }
};
