import { exitCodes } from "../exit-codes.ts";
import { say } from "../output.ts";

export type Interruption = {
  readonly signal: AbortSignal;
  /** Resolves when the user asked to stop. */
  readonly happened: Promise<void>;
  /** Gives the signals back to Node. */
  done(): void;
};

/** Everything must be closed within this; then the process ends all the same. */
const usualPatienceMs = 5_000;
const codes: Partial<Record<NodeJS.Signals, number>> = { SIGINT: exitCodes.interrupted, SIGTERM: 143, SIGHUP: 129 };

/** Ctrl-C or SIGTERM once: finish what is in work and stop. Twice, or when stopping takes too long: end at once. */
export const interruption = (patienceMs = usualPatienceMs): Interruption => {
  const controller = new AbortController();
  const happened = new Promise<void>((resolve) => { controller.signal.addEventListener("abort", () => { resolve(); }, { once: true }); });
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(codes[name] ?? exitCodes.interrupted);
    say("stopping: the batch in work is finished first (again to end at once)");
    setTimeout(() => {
      say(`it did not stop within ${String(patienceMs / 1_000)} s and is ended by force; the next start goes on where the log ends`);
      process.exit(exitCodes.error);
    }, patienceMs).unref();
    controller.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  // The terminal was closed.
  process.on("SIGHUP", onSignal);
  return {
    signal: controller.signal,
    happened,
    done: () => {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
      process.off("SIGHUP", onSignal);
    },
  };
};
