import { setTimeout as sleep } from "node:timers/promises";

export type EventuallyOptions = {
  /** After this the last failure is thrown. */
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
};

/** Repeats `attempt` until it neither throws nor returns false or undefined, and returns what it returned. For waiting, never for measuring. */
export const eventually = async <T>(
  attempt: () => T | Promise<T>,
  { timeoutMs = 20_000, intervalMs = 20 }: EventuallyOptions = {},
): Promise<Exclude<T, false | undefined>> => {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    let failure: unknown;
    try {
      const value = await attempt();
      if (value !== false && value !== undefined) return value as Exclude<T, false | undefined>; // the compiler does not narrow a type parameter
      failure = new Error(`not within ${String(timeoutMs)} ms: still ${String(value)}`);
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= deadlineMs) throw failure;
    await sleep(intervalMs);
  }
};
