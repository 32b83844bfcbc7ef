import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { DatabaseError } from "../errors.ts";

export type Postmaster = {
  readonly pid: number;
  /** 0 while it has not yet been written. */
  readonly port: number;
  readonly ready: boolean;
};

/** A clean stop writes one checkpoint; this bounds it on a slow disk. */
const longestStopMs = 60_000;
const pollMs = 20;

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
};

/** After a reboot or in a new container the number in a left-over file may be anybody's. */
const isPostgres = async (pid: number): Promise<boolean> => {
  const { stdout } = process.platform === "linux"
    ? { stdout: await readFile(`/proc/${String(pid)}/comm`, "utf8").catch(() => "") }
    : await promisify(execFile)("ps", ["-o", "comm=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return stdout.includes("postgres");
};

/** The running server of a cluster folder, started by whomever; undefined when none runs. */
export const readPostmaster = async (cluster: string): Promise<Postmaster | undefined> => {
  let text: string;
  try {
    text = await readFile(join(cluster, "postmaster.pid"), "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
  // pid, data folder, start time, port, socket folder, address, shared memory key, state: the lines appear one by one.
  const lines = text.split("\n");
  const pid = Math.abs(Number(lines[0]));
  if (!Number.isSafeInteger(pid) || pid === 0 || !isAlive(pid) || !(await isPostgres(pid))) return undefined;
  return { pid, port: Number(lines[3] ?? 0), ready: lines[7]?.trim() === "ready" };
};

/** "fast" ends sessions and writes a checkpoint; "immediate" is a crash, recovered from at the next start. */
export type StopMode = "fast" | "immediate";

const signal = (pid: number, mode: StopMode): void => {
  try {
    process.kill(pid, mode === "fast" ? "SIGINT" : "SIGQUIT");
  } catch (error) {
    if (codeOf(error) !== "ESRCH") throw error;
  }
};

/** Stops the cluster's server if one runs and waits until it is gone. */
export const stopPostmaster = async (cluster: string, mode: StopMode): Promise<void> => {
  const running = await readPostmaster(cluster);
  if (running === undefined) return;
  signal(running.pid, mode);
  for (let waitedMs = 0; isAlive(running.pid); waitedMs += pollMs) {
    if (waitedMs > longestStopMs) {
      throw new DatabaseError("startup", `The embedded PostgreSQL (process ${String(running.pid)}) in ${cluster} did not stop within ${String(longestStopMs / 1000)} s. End that process, then start again.`);
    }
    await sleep(pollMs);
  }
};
