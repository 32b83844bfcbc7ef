export type WakeUp = {
  readonly ring: () => void;
  /** Forgets earlier rings. */
  reset(): void;
  /** Until a ring since the last reset, the signal, or the time is over. */
  wait(milliseconds: number): Promise<void>;
};

export const createWakeUp = (signal: AbortSignal): WakeUp => {
  let rung = false;
  let awake: () => void = () => undefined;
  const ring = (): void => {
    rung = true;
    awake();
  };
  return {
    ring,
    reset: () => {
      rung = false;
    },
    wait: (milliseconds) =>
      new Promise((resolve) => {
        if (rung || signal.aborted) {
          resolve();
          return;
        }
        const timer = setTimeout(finish, milliseconds);
        function finish(): void {
          clearTimeout(timer);
          signal.removeEventListener("abort", finish);
          awake = () => undefined;
          resolve();
        }
        awake = finish;
        signal.addEventListener("abort", finish);
      }),
  };
};
