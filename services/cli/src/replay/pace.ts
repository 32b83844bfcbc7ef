import { setTimeout } from "node:timers/promises";

/** Waits until an instant of recorded time is due; at once where it is behind. Ends early with the signal. */
export type Pace = (recordedTimeUs: number) => Promise<void>;

/** As many recorded seconds in a second as asked, from the first instant on; without waiting for "max". */
export const paceOf = (speed: number | "max", signal: AbortSignal): Pace | undefined => {
  if (speed === "max") return undefined;
  let begun: { readonly atMs: number; readonly recordedUs: number } | undefined;
  return async (recordedTimeUs) => {
    begun ??= { atMs: performance.now(), recordedUs: recordedTimeUs };
    const dueMs = begun.atMs + (recordedTimeUs - begun.recordedUs) / 1_000 / speed;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0 && !signal.aborted) await setTimeout(waitMs, undefined, { signal }).catch(() => undefined);
  };
};
