import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ServiceName } from "@finality/runtime";

/** How a service is started: this checkout's by this Node, unless a test wants another. */
export type Launch = { readonly command: string; readonly args: readonly string[]; readonly environment: Readonly<Record<string, string | undefined>> };

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** One start of a service. */
export type ServiceProcess = {
  readonly pid: number;
  /** Resolves with the address of its health server when it said that it is ready; never, when it ends before. */
  readonly ready: Promise<string>;
  readonly ended: Promise<Ended>;
  signal(signal: NodeJS.Signals): void;
};

/** The file that runs a service. */
const mainOf = (service: ServiceName): string => fileURLToPath(new URL(`../../../${service}/src/main.ts`, import.meta.url));

export const usualLaunch = (service: ServiceName, environment: Launch["environment"]): Launch => ({ command: process.execPath, args: [mainOf(service)], environment });

/** A service's word that it is ready: a JSON line of its log. */
const healthIn = (line: string): string | undefined => {
  if (!line.includes('"ready"')) return undefined;
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== "object" || parsed === null || !("msg" in parsed) || parsed.msg !== "ready" || !("health" in parsed)) return undefined;
    return String(parsed.health);
  } catch {
    return undefined;
  }
};

/** Starts a process that ends when this one does, however that happens: the channel between them closes, and `runService` stops. */
export const startServiceProcess = ({ command, args, environment }: Launch, onLine: (line: string) => void): ServiceProcess => {
  const child = spawn(command, args, { env: { ...environment }, stdio: ["ignore", "pipe", "pipe", "ipc"] });
  const ready = Promise.withResolvers<string>();
  const ended = new Promise<Ended>((resolve) => {
    child.once("error", (error) => {
      onLine(`could not be started: ${error.message}`);
      resolve({ code: 1, signal: null });
    });
    child.once("close", (code, signal) => { resolve({ code, signal }); });
  });
  const read = (line: string): void => {
    onLine(line);
    const health = healthIn(line);
    if (health !== undefined) ready.resolve(health);
  };
  for (const stream of [child.stdout, child.stderr]) if (stream !== null) createInterface({ input: stream, crlfDelay: Infinity }).on("line", read);
  return { pid: child.pid ?? 0, ready: ready.promise, ended, signal: (signal) => void child.kill(signal) };
};
