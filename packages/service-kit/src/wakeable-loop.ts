import { ServiceKitError } from "./errors.ts";
import type { Logger } from "./logger.ts";
import { pause } from "./pause.ts";

export type LoopOptions = {
  /** In log lines. */
  readonly name: string;
  /** Longest time between two rounds: the guarantee behind all waking. Milliseconds. */
  readonly everyMs: number;
  /** One round. It ends early when the signal is aborted. */
  readonly work: (signal: AbortSignal) => Promise<void>;
  /** Rounds that may fail in a row before the loop gives up; default 120. */
  readonly failuresMax?: number;
  /** Between a failed round and the next; default 500. Milliseconds. */
  readonly failurePauseMs?: number;
  readonly logger: Logger;
};

export type Loop = {
  /** A round begins soon; woken during a round, another follows. */
  wake(): void;
  /** Rejects with ServiceKitError "gave_up"; never resolves. */
  readonly failed: Promise<never>;
  /** Waits for the round in work; no further one begins. */
  stop(): Promise<void>;
};

const failuresMaxDefault = 120;
const failurePauseMsDefault = 500;

/** Runs rounds one after the other: at once, when woken, and at the latest each `everyMs`. */
export const startLoop = (options: LoopOptions): Loop => {
  const { name, everyMs, work, failuresMax = failuresMaxDefault, failurePauseMs = failurePauseMsDefault, logger } = options;
  const stopping = new AbortController();
  const givenUp = Promise.withResolvers<never>();
  // Whoever does not look at `failed` still gets the log line.
  givenUp.promise.catch(() => undefined);
  let woken = false;
  let endRest: (() => void) | undefined;

  /** Until woken, stopped, or for that long. */
  const rest = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      if (stopping.signal.aborted || woken) {
        resolve();
        return;
      }
      const timer = setTimeout(() => endRest?.(), milliseconds);
      endRest = () => {
        clearTimeout(timer);
        endRest = undefined;
        resolve();
      };
    });

  const run = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted; ) {
      woken = false;
      try {
        await work(stopping.signal);
        failures = 0;
        await rest(everyMs);
      } catch (error) {
        if (stopping.signal.aborted) return;
        failures += 1;
        if (failures > failuresMax) throw new ServiceKitError("gave_up", `The ${name} failed ${String(failures)} times in a row and gave up.`, error);
        logger.warn({ err: error, failures }, `the ${name} failed and tries again`);
        // Not shortened by waking: what fails is not tried as often as it is woken.
        await pause(failurePauseMs, stopping.signal);
      }
    }
  };

  const ended = run().catch((error: unknown) => {
    logger.error({ err: error }, `the ${name} gave up`);
    givenUp.reject(error);
  });
  return {
    wake: () => {
      woken = true;
      endRest?.();
    },
    failed: givenUp.promise,
    stop: async () => {
      stopping.abort();
      endRest?.();
      await ended;
    },
  };
};
