type Goal = {
  readonly isReached: () => boolean;
  /** What makes waiting useless; undefined while there is hope. */
  readonly failure: () => unknown;
  readonly timeoutMs: number;
  readonly timeout: () => Error;
};

export type Waiting = {
  /** Resolves when reached; rejects with the failure, or with the timeout. */
  until(goal: Goal): Promise<void>;
  /** Something changed: everybody who waits looks again. */
  look(): void;
};

export const createWaiting = (): Waiting => {
  /** Each answers whether it is done. */
  const looks = new Set<() => boolean>();
  return {
    look: () => {
      for (const isDone of looks) if (isDone()) looks.delete(isDone);
    },
    until: ({ isReached, failure, timeoutMs, timeout }) =>
      new Promise((resolve, reject) => {
        const isDone = (): boolean => {
          const failed = isReached() ? undefined : failure();
          if (failed === undefined && !isReached()) return false;
          clearTimeout(timer);
          if (failed === undefined) resolve();
          else reject(failed instanceof Error ? failed : new Error("failed", { cause: failed }));
          return true;
        };
        const timer = setTimeout(() => {
          looks.delete(isDone);
          reject(timeout());
        }, timeoutMs);
        if (!isDone()) looks.add(isDone);
      }),
  };
};
