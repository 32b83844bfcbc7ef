import type { Logger } from "./logger.ts";

export type ShutdownOptions = {
  readonly logger: Logger;
  /** All steps together get this long, then the process ends without them. Milliseconds; default 5,000. */
  readonly boundMs?: number;
  /** How the process ends; another one in tests only. */
  readonly exit?: (code: number) => void;
};

export type Shutdown = {
  /** Aborted when stopping begins. */
  readonly signal: AbortSignal;
  /** A step of stopping. Steps run one after the other, the last one added first: what was started last is stopped first. */
  add(name: string, stop: () => Promise<void>): void;
  /** Runs the steps once; a failing one is logged and does not keep the others from running. True when all succeeded. */
  stop(): Promise<boolean>;
  /** From now on SIGINT and SIGTERM stop the process with exit code 130 or 143; a second one, or the bound, ends it at once. Returns how to undo this. */
  onSignals(): () => void;
};

const boundMsDefault = 5_000;
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

export const createShutdown = ({ logger, boundMs = boundMsDefault, exit = (code) => process.exit(code) }: ShutdownOptions): Shutdown => {
  const stopping = new AbortController();
  const steps: { readonly name: string; readonly stop: () => Promise<void> }[] = [];
  let current = "nothing";
  let stopped: Promise<boolean> | undefined;

  const runSteps = async (): Promise<boolean> => {
    stopping.abort();
    let clean = true;
    for (const { name, stop } of steps.toReversed()) {
      current = name;
      try {
        await stop();
      } catch (error) {
        clean = false;
        logger.error({ err: error }, `${name} did not stop cleanly`);
      }
    }
    return clean;
  };
  const stop = (): Promise<boolean> => (stopped ??= runSteps());

  const onSignal = (name: keyof typeof exitCodes): void => {
    if (stopping.signal.aborted) {
      logger.warn({}, `${name} again: ended while ${current} was stopping`);
      exit(exitCodes[name]);
      return;
    }
    const timer = setTimeout(() => {
      logger.error({}, `${current} did not stop within ${String(boundMs)} ms: ended without it`);
      exit(exitCodes[name]);
    }, boundMs);
    void stop().then(() => {
      clearTimeout(timer);
      exit(exitCodes[name]);
    });
  };
  const onInterrupt = (): void => onSignal("SIGINT");
  const onTerminate = (): void => onSignal("SIGTERM");

  return {
    signal: stopping.signal,
    add: (name, step) => steps.push({ name, stop: step }),
    stop,
    onSignals: () => {
      process.on("SIGINT", onInterrupt);
      process.on("SIGTERM", onTerminate);
      return () => {
        process.off("SIGINT", onInterrupt);
        process.off("SIGTERM", onTerminate);
      };
    },
  };
};
