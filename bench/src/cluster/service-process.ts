import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ServiceName } from "@finality/runtime";
import { progress } from "../progress.ts";

/** A service of this checkout as an operator runs it: `node services/<name>/src/main.ts`. */
export type ServiceProcess = {
  /** The samples of `/metrics`, by name and labels as they are written there. */
  metrics(): Promise<ReadonlyMap<string, number>>;
  /** Resolves when it is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
};

const readyWithinMs = 60_000;
const keptLines = 40;

/** Starts a service with this environment and no other, and waits until it says that it is ready. Rejects, with the end of its log, when it ends before or is not ready within a minute. */
export const startService = async (service: ServiceName, environment: Readonly<Record<string, string>>): Promise<ServiceProcess> => {
  const main = fileURLToPath(new URL(`../../../services/${service}/src/main.ts`, import.meta.url));
  // The channel makes it end when this process does, however that happens.
  const child = spawn(process.execPath, [main], { env: environment, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const lines: string[] = [];
  const health = Promise.withResolvers<string>();
  const refuse = (what: string): void => health.reject(new Error(`The ${service} ${what}:\n${lines.join("\n")}`));
  // Without the pipe it would have its standard error closed and end at its next line.
  if (child.stderr === null) throw new Error("Invariant: a service's standard error is a pipe.");
  createInterface({ input: child.stderr }).on("line", (line) => {
    lines.splice(0, lines.length + 1 - keptLines);
    lines.push(line);
    if (line.includes(`"level":"error"`)) progress(`${service}: ${line}`);
    const address = healthIn(line);
    if (address !== undefined) health.resolve(address);
  });
  void ended.then(() => refuse("ended before it was ready"));
  const late = setTimeout(() => refuse("was not ready in time"), readyWithinMs);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  try {
    const address = await health.promise;
    return { metrics: () => metricsAt(address), end };
  } catch (error) {
    await end("SIGKILL");
    throw error;
  } finally {
    clearTimeout(late);
  }
};

const healthIn = (line: string): string | undefined => /"health":"(http:[^"]+)".*"msg":"ready"/.exec(line)?.[1];

const metricsAt = async (address: string): Promise<ReadonlyMap<string, number>> => {
  const text = await (await fetch(`${address}/metrics`)).text();
  return new Map(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))] as const),
  );
};

/** The value of the only sample of this name, or of the one whose labels contain `label`. */
export const sampleOf = (metrics: ReadonlyMap<string, number>, name: string, label = ""): number | undefined =>
  [...metrics].find(([key]) => (key === name || key.startsWith(`${name}{`)) && key.includes(label))?.[1];
