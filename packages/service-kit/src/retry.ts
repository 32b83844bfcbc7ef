import { pause } from "./pause.ts";

export type RetryOptions = {
  /** Calls at most, >= 1. */
  readonly attempts: number;
  /** Before the second call; doubles with each further one up to `longestPauseMs`. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** False: this failure will not mend, it is thrown at once. Default: every failure may mend. */
  readonly mends?: (error: unknown) => boolean;
  /** No further call once it is aborted: the last failure is thrown. */
  readonly signal: AbortSignal;
};

/** Calls `work` until it succeeds. Throws its last failure. */
export const retry = async <T>(work: () => Promise<T>, options: RetryOptions): Promise<T> => {
  let pauseMs = options.firstPauseMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= options.attempts || options.signal.aborted || options.mends?.(error) === false) throw error;
      await pause(pauseMs, options.signal);
      if (options.signal.aborted) throw error;
      pauseMs = Math.min(2 * pauseMs, options.longestPauseMs);
    }
  }
};
