import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { startupError, type Cluster } from "./cluster.ts";
import { readPostmaster } from "./postmaster.ts";
import { DatabaseError } from "../errors.ts";

export type ServerWatch = {
  /** Rejects when the server has been gone for longer than a restart takes, with what it said last; never resolves. */
  readonly ended: Promise<never>;
  stop(): void;
};

const everyMs = 500;
/** Somebody who restarts the server underneath gets so long. */
const patienceMs = 8_000;

const isGrave = (line: string): boolean => /\b(PANIC|FATAL|could not write|No space left)\b/.test(line) && !/terminating connection|the database system is/.test(line);

/** Looks after the server of a cluster: its end is otherwise seen only as refused connections, which do not say why. */
export const watchServer = async (cluster: Cluster): Promise<ServerWatch> => {
  const logPath = join(cluster.home, "postgres.log");
  const { size } = await stat(logPath).catch(() => ({ size: 0 }));
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined);
  let goneMs = 0;
  const look = async (): Promise<void> => {
    goneMs = (await readPostmaster(cluster.data)) === undefined ? goneMs + everyMs : 0;
    if (goneMs < patienceMs) return;
    clearInterval(timer);
    const said = (await readFile(logPath).catch(() => Buffer.alloc(0))).subarray(size).toString("utf8");
    const grave = said.split("\n").filter(isGrave).join("\n");
    ended.reject(grave === "" ? new DatabaseError("startup", `The embedded PostgreSQL in ${cluster.home} has ended; see ${logPath}.`) : startupError(grave, cluster.home));
  };
  const timer = setInterval(() => void look(), everyMs);
  timer.unref();
  return { ended: ended.promise, stop: () => { clearInterval(timer); } };
};
