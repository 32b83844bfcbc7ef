/** A bell for one waiter: rung while nobody waits, the next wait returns at once. */
export type Signal = {
  ring(): void;
  /** Resolves when rung, or after `timeoutMs`. */
  wait(timeoutMs: number): Promise<void>;
};

export const createSignal = (): Signal => {
  let rung = false;
  let waiter: (() => void) | undefined;
  return {
    ring: () => {
      rung = true;
      waiter?.();
    },
    wait: async (timeoutMs) => {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs);
          waiter = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        waiter = undefined;
      }
      rung = false;
    },
  };
};
