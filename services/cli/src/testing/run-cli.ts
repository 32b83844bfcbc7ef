import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

export type Finished = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly stdout: string; readonly stderr: string };
export type Running = {
  readonly process: ChildProcess;
  /** Resolves when the process has ended, whatever its code. */
  readonly finished: Promise<Finished>;
  /** Resolves when stderr or stdout has matched; rejects when the process ends first. */
  printed(pattern: RegExp): Promise<string>;
};

/** Starts the real command line in a process of its own, on a data root of its own. */
export const startCli = (dataRoot: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Running => {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, CI: "true", NO_COLOR: "1", FINALITY_DATA: dataRoot, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  const watchers = new Set<() => void>();
  const wake = (): void => { for (const watcher of watchers) watcher(); };
  child.stdout.on("data", (chunk: Buffer) => { stdout += chunk.toString("utf8"); wake(); });
  child.stderr.on("data", (chunk: Buffer) => { stderr += chunk.toString("utf8"); wake(); });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => { resolve({ code, signal, stdout, stderr }); wake(); });
  });
  let ended = false;
  void finished.then(() => { ended = true; wake(); });
  return {
    process: child,
    finished,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(stderr) ?? pattern.exec(stdout);
          if (match === null && !ended) return;
          watchers.delete(look);
          if (match === null) reject(new Error(`the process ended before it printed ${String(pattern)}:\n${stderr}`));
          else resolve(match[0]);
        };
        watchers.add(look);
        look();
      }),
  };
};

/** Runs the command line to its end. */
export const runCli = (dataRoot: string, args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Finished> => startCli(dataRoot, args, environment).finished;
