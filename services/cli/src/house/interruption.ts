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
const patienceMs = 5_000;

/** Ctrl-C or SIGTERM once: finish what is in work and stop. Twice, or when stopping takes too long: end at once. */
export const interruption = (): Interruption => {
  const controller = new AbortController();
  const happened = new Promise<void>((resolve) => { controller.signal.addEventListener("abort", () => { resolve(); }, { once: true }); });
  const onSignal = (name: NodeJS.Signals): void => {
    const code = name === "SIGTERM" ? 143 : exitCodes.interrupted;
    if (controller.signal.aborted) process.exit(code);
    say("stopping: the batch in work is finished first (again to end at once)");
    setTimeout(() => process.exit(code), patienceMs).unref();
    controller.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    happened,
    done: () => {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
};
