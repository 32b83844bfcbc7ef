import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, open, readFile, realpath, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { DatabaseError } from "../errors.ts";
import { findBinaries, type Binaries } from "./binaries.ts";
import { dataArgument, openCluster, startupError, superuser, type Cluster } from "./cluster.ts";
import { readPostmaster, stopPostmaster, type StopMode } from "./postmaster.ts";
import { watchServer } from "./server-watch.ts";
import { unprivilegedUser, type SystemUser } from "./system-user.ts";

export type EmbeddedPostgres = {
  /** The folder as it was asked for, absolute. */
  readonly folder: string;
  /** With the password in it: never print it. The database is `postgres`. */
  readonly url: string;
  readonly port: number;
  /** The postmaster's process. */
  readonly pid: number;
  /** It was running already: left by a process that was killed, or used by one that lives (see lockFolder). */
  readonly adopted: boolean;
  /** Rejects when the server is gone for good, with what it said last (a full disk, say); never resolves. */
  readonly ended: Promise<never>;
  /** Ends all sessions and waits until the server is gone, also of an adopted one. Who holds the folder's lock may stop it. */
  stop(mode?: StopMode): Promise<void>;
};

export type EmbeddedPostgresOptions = {
  /** Made when absent; the server lives in its subfolder `postgres`. */
  readonly folder: string;
  /** 1 … 65535; without it a free one. An adopted server keeps the port that it has. */
  readonly port?: number;
};

const longestStartMs = 60_000;
const pollMs = 20;
const launchAttempts = 10;

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((done, fail) => server.once("error", fail).listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === "object" && address !== null ? address.port : 0;
};

const urlOf = (cluster: Cluster, port: number): string => `postgres://${superuser}:${cluster.password}@127.0.0.1:${String(port)}/postgres`;

/** The password is random, so a server that knows it is this cluster's and no other that happens to sit on the port. */
const answers = async (url: string): Promise<boolean> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, application_name: "finality start" });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
};

/** The cluster's server once it answers; undefined as soon as none is running. */
const awaitReady = async (cluster: Cluster): Promise<{ readonly pid: number; readonly port: number } | undefined> => {
  for (let waitedMs = 0; waitedMs < longestStartMs; waitedMs += pollMs) {
    const running = await readPostmaster(cluster.data);
    if (running === undefined) return undefined;
    if (running.ready && (await answers(urlOf(cluster, running.port)))) return running;
    await sleep(pollMs);
  }
  throw new DatabaseError("startup", `The embedded PostgreSQL in ${cluster.home} did not become ready within ${String(longestStartMs / 1000)} s; see ${cluster.home}/postgres.log.`);
};

const settings = (port: number): readonly string[] =>
  Object.entries({
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    max_connections: "200",
    fsync: "on",
    synchronous_commit: "on",
    timezone: "UTC",
    log_timezone: "UTC",
  }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);

type Launch = { readonly cluster: Cluster; readonly binaries: Binaries; readonly user: SystemUser | undefined; readonly port: number };

/** A postmaster that we started: whether it is ready (it, or another process's that was faster), or what it wrote when it gave up. */
type Launched = { readonly child: ChildProcess; readonly complaint: string | undefined };

const launch = async ({ cluster, binaries, user, port }: Launch): Promise<Launched> => {
  const logPath = join(cluster.home, "postgres.log");
  const log = await open(logPath, "a", 0o600);
  try {
    const { size } = await log.stat();
    const identity = user === undefined ? {} : { uid: user.uid, gid: user.gid };
    // Detached: Ctrl-C in the terminal must reach us alone, so that the last batch still commits.
    const child = spawn(binaries.postgres, ["-D", await dataArgument(cluster.data, user), ...settings(port)], {
      cwd: cluster.data,
      stdio: ["ignore", log.fd, log.fd],
      detached: true,
      env: { LC_ALL: "C", TZ: "UTC" },
      ...identity,
    });
    let ended: string | undefined;
    child.once("error", (error) => (ended = error.message));
    child.once("exit", () => (ended ??= ""));
    child.unref();
    for (let waitedMs = 0; waitedMs < longestStartMs; waitedMs += pollMs) {
      if ((await readPostmaster(cluster.data))?.ready === true) return { child, complaint: undefined };
      if (ended !== undefined) return { child, complaint: ended === "" ? (await readFile(logPath)).subarray(size).toString("utf8") : ended };
      await sleep(pollMs);
    }
    return { child, complaint: `not ready within ${String(longestStartMs / 1000)} s` };
  } finally {
    await log.close();
  }
};

/** Another process was first and the next round adopts its server; or a killed server's sessions are still ending. */
const passes = /lock file "postmaster.pid" already exists|pre-existing shared memory block/;
const portTaken = /could not bind|Address already in use/;

type Server = { readonly pid: number; readonly port: number; readonly child: ChildProcess | undefined };

const startOrAdopt = async (launchOptions: Omit<Launch, "port">, port: number | undefined): Promise<Server> => {
  const { cluster } = launchOptions;
  let child: ChildProcess | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const running = await awaitReady(cluster);
    if (running !== undefined) return { ...running, child: running.pid === child?.pid ? child : undefined };
    const chosen = port ?? (await freePort());
    const launched = await launch({ ...launchOptions, port: chosen });
    child = launched.child;
    const { complaint } = launched;
    if (complaint === undefined) continue;
    const again = passes.test(complaint) || (port === undefined && portTaken.test(complaint));
    if (again && attempt < launchAttempts) await sleep(10 * pollMs);
    else if (portTaken.test(complaint)) {
      throw new DatabaseError("port_in_use", `The port ${String(chosen)} of 127.0.0.1 is in use by another program. Stop that program or choose another port.`);
    } else throw startupError(complaint, cluster.home);
  }
};

const dataOf = (folder: string): string => join(folder, "postgres/cluster/data");

const prepare = async (folder: string): Promise<Omit<Launch, "port">> => {
  const user = await unprivilegedUser(dataOf(folder));
  const binaries = await findBinaries(user);
  try {
    await mkdir(folder, { recursive: true });
    const home = join(await realpath(folder), "postgres");
    return { user, binaries, cluster: await openCluster(home, binaries, user) };
  } catch (error) {
    if (error instanceof DatabaseError) throw error;
    throw startupError(error instanceof Error ? error.message : String(error), folder);
  }
};

/**
 * A real PostgreSQL out of the npm package, in `folder`, on 127.0.0.1 only, with its own random password. Adopts the folder's server
 * when one is running. It outlives a kill -9 of this process; at a normal exit it is told to stop.
 * Throws DatabaseError "permission", "disk_full", "port_in_use", "startup", "unsupported_platform".
 */
export const startEmbeddedPostgres = async ({ folder: asked, port }: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> => {
  const folder = resolve(asked);
  const prepared = await prepare(folder);
  const { cluster } = prepared;
  const { pid, port: ownPort, child } = await startOrAdopt(prepared, port);
  const onExit = (): void => {
    // Only while the process is certainly still ours: its number may belong to another one later.
    if (child?.exitCode === null && child.signalCode === null) child.kill("SIGINT");
  };
  process.once("exit", onExit);
  const watch = await watchServer(cluster);
  return {
    folder,
    url: urlOf(cluster, ownPort),
    port: ownPort,
    pid,
    adopted: child === undefined,
    ended: watch.ended,
    stop: async (mode = "fast") => {
      watch.stop();
      process.off("exit", onExit);
      await stopPostmaster(cluster.data, mode);
    },
  };
};

/** Stops the server of a folder whoever started it. Does nothing when there is none. */
export const stopEmbeddedPostgres = async (folder: string): Promise<void> => {
  const data = dataOf(resolve(folder));
  const there = await stat(data).catch(() => undefined);
  if (there !== undefined) await stopPostmaster(data, "fast");
};
