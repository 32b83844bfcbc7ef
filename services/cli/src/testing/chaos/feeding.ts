import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";

const main = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** A command that feeds the house, started again until it has ended well: what it was doing when it failed, it goes on with. */
export type Feeding = {
  /** Resolves when it ended with 0; rejects when it failed `failuresMax` times. */
  readonly done: Promise<void>;
  readonly failures: () => number;
  /** kill -9 of the one that runs now. */
  kill(): void;
  /** For good. */
  stop(): Promise<void>;
};

const failuresMax = 60;
const pauseMs = 1_000;

export const startFeeding = (args: readonly string[], environment: Readonly<Record<string, string | undefined>>, onLine: (line: string) => void): Feeding => {
  let current: ChildProcess | undefined;
  let failures = 0;
  let stopped = false;
  const runOnce = (): Promise<number | null> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [main, ...args], { env: { ...environment, CI: "true", NO_COLOR: "1" }, stdio: ["ignore", "pipe", "pipe"] });
      current = child;
      for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream, crlfDelay: Infinity }).on("line", onLine);
      child.once("error", reject);
      child.once("close", resolve);
    });
  const run = async (): Promise<void> => {
    while (!stopped) {
      const code = await runOnce();
      if (code === 0 || stopped) return;
      failures += 1;
      onLine(`ended with ${String(code)}: started again`);
      if (failures >= failuresMax) throw new Error(`\`finality ${args.join(" ")}\` failed ${String(failures)} times, the last time with ${String(code)}.`);
      await sleep(pauseMs);
    }
  };
  const done = run();
  done.catch(() => undefined);
  return {
    done,
    failures: () => failures,
    kill: () => void current?.kill("SIGKILL"),
    stop: async () => {
      stopped = true;
      current?.kill("SIGKILL");
      await done.catch(() => undefined);
    },
  };
};
