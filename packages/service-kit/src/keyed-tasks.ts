import { ServiceKitError } from "./errors.ts";
import type { Logger } from "./logger.ts";
import { pause } from "./pause.ts";
import { startLoop } from "./wakeable-loop.ts";

export type KeyedTasksOptions = {
  /** In log lines, with the key. */
  readonly name: string;
  /** What there is to do: logs, accounts. Asked each `everyMs` and when woken; a key that is gone keeps its task. */
  readonly keys: () => Promise<readonly string[]>;
  readonly everyMs: number;
  /** Works on one key until the signal is aborted. Started again after a pause when it throws, which counts as a failure, or returns. */
  readonly run: (key: string, signal: AbortSignal) => Promise<void>;
  /** Failures in a row of one key before all is given up; default 120. A run of a minute forgives them. */
  readonly failuresMax?: number;
  /** Default 500. Milliseconds. */
  readonly failurePauseMs?: number;
  readonly logger: Logger;
};

export type KeyedTasks = {
  /** Looks for new keys now. */
  wake(): void;
  /** The keys that have a task. */
  keys(): readonly string[];
  /** Rejects with ServiceKitError "gave_up"; never resolves. */
  readonly failed: Promise<never>;
  /** Aborts all tasks and waits for them. */
  stop(): Promise<void>;
};

const failuresMaxDefault = 120;
const failurePauseMsDefault = 500;
const forgivenAfterMs = 60_000;

/** One long-lived task a key, begun when the key appears: a follower a log, a worker an account. */
export const startKeyedTasks = (options: KeyedTasksOptions): KeyedTasks => {
  const { name, failuresMax = failuresMaxDefault, failurePauseMs = failurePauseMsDefault, logger } = options;
  const stopping = new AbortController();
  const tasks = new Map<string, Promise<void>>();
  const givenUp = Promise.withResolvers<never>();
  // Whoever does not look at `failed` still gets the log line.
  givenUp.promise.catch(() => undefined);

  const keepRunning = async (key: string): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted; ) {
      const startedMs = performance.now();
      try {
        await options.run(key, stopping.signal);
        failures = 0;
      } catch (error) {
        if (stopping.signal.aborted) return;
        failures = performance.now() - startedMs > forgivenAfterMs ? 1 : failures + 1;
        if (failures > failuresMax) throw new ServiceKitError("gave_up", `The ${name} of ${key} failed ${String(failures)} times in a row and gave up.`, error);
        logger.warn({ err: error, key, failures }, `the ${name} of ${key} failed and starts again`);
      }
      await pause(failurePauseMs, stopping.signal);
    }
  };

  const finder = startLoop({
    name: `search for work of the ${name}`,
    everyMs: options.everyMs,
    logger,
    work: async () => {
      for (const key of await options.keys()) {
        if (tasks.has(key)) continue;
        const giveUp = (error: unknown): void => {
          logger.error({ err: error, key }, `the ${name} of ${key} gave up`);
          givenUp.reject(error);
        };
        tasks.set(key, keepRunning(key).catch(giveUp));
      }
    },
  });
  finder.failed.catch(givenUp.reject);

  return {
    wake: finder.wake,
    keys: () => [...tasks.keys()],
    failed: givenUp.promise,
    stop: async () => {
      stopping.abort();
      await finder.stop();
      await Promise.all(tasks.values());
    },
  };
};
