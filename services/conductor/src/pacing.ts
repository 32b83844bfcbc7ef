import { pause } from "@finality/service-kit";

/** Recorded seconds per second of the wall clock; "max": as fast as the house becomes quiet. */
export type Speed = number | "max";

type Start = { readonly wallMs: number; readonly instantUs: number };

/** Milliseconds to wait at `wallMs` before an instant is due, when the start was due at once; 0 or less: none. */
export const waitMsOf = (speed: Speed, start: Start, { wallMs, instantUs }: Start): number =>
  speed === "max" ? 0 : start.wallMs + (instantUs - start.instantUs) / 1_000 / speed - wallMs;

/** Waits until the wall clock has come as far as the recorded one, counted from the first call. */
export const pacer = (speed: Speed, signal: AbortSignal): ((instantUs: number) => Promise<void>) => {
  let start: Start | undefined;
  return async (instantUs) => {
    const now = { wallMs: performance.now(), instantUs };
    start ??= now;
    const waitMs = waitMsOf(speed, start, now);
    if (waitMs > 0) await pause(waitMs, signal);
  };
};
