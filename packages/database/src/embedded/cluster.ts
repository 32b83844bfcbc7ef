import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { access, chown, mkdir, open, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseError } from "../errors.ts";
import type { Binaries } from "./binaries.ts";
import { isAlive } from "./postmaster.ts";
import { canReach, type SystemUser } from "./system-user.ts";

/** What is needed to run something in a cluster's folder. */
export type Cluster = {
  /** Absolute path of the folder that holds everything of the server. */
  readonly home: string;
  /** Absolute path of PostgreSQL's data folder. */
  readonly data: string;
  readonly password: string;
};

export const superuser = "postgres";

/** The server's user may pass through the folders of ours and list none of them. */
const passable = 0o711;

const exists = (path: string): Promise<boolean> => access(path).then(() => true, () => false);

/**
 * What to give as -D. As root, PostgreSQL runs as a user that may not be able to enter the folders above (a checkout under /root):
 * then it is started inside its folder and told to stay where it is, which needs no right to get there.
 */
export const dataArgument = async (data: string, user: SystemUser | undefined): Promise<string> =>
  user === undefined || process.platform !== "linux" || (await canReach(user, data)) ? data : "/proc/self/cwd";

const run = async (command: string, args: readonly string[], { cwd, stdin, user }: { cwd: string; stdin: number; user: SystemUser | undefined }): Promise<string | undefined> => {
  const identity = user === undefined ? {} : { uid: user.uid, gid: user.gid };
  const child = spawn(command, args, { cwd, stdio: [stdin, "pipe", "pipe"], env: { LC_ALL: "C", TZ: "UTC" }, ...identity });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text: string) => (said += text));
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return exitCode === 0 ? undefined : said;
};

/** Temporary folders of processes that died amid initdb. Their names carry the process's number. */
const removeLeftovers = async (home: string): Promise<void> => {
  for (const name of await readdir(home)) {
    const pid = Number(/^initializing-(\d+)-/.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) await rm(join(home, name), { recursive: true, force: true });
  }
};

const initialize = async (home: string, binaries: Binaries, user: SystemUser | undefined): Promise<void> => {
  const fresh = join(home, `initializing-${String(process.pid)}-${randomBytes(6).toString("hex")}`);
  const [data, passwordFile] = [join(fresh, "data"), join(fresh, "password")];
  await mkdir(fresh, { mode: passable });
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, randomBytes(24).toString("hex"), { mode: 0o600 });
  if (user !== undefined) for (const path of [data, passwordFile]) await chown(path, user.uid, user.gid);
  const password = await open(passwordFile);
  try {
    const args = ["-D", await dataArgument(data, user), "--pwfile=/dev/stdin", "--auth=scram-sha-256", `--username=${superuser}`, "--encoding=UTF8", "--locale=C"];
    const complaint = await run(binaries.initdb, args, { cwd: data, stdin: password.fd, user });
    if (complaint !== undefined) throw startupError(complaint, home);
    // The rename is the moment of birth: of two processes that initialize at once, the later one finds the place taken.
    await rename(fresh, join(home, "cluster")).catch(async (error: unknown) => {
      if (!(await exists(join(home, "cluster")))) throw error;
    });
  } finally {
    await password.close();
    await rm(fresh, { recursive: true, force: true });
  }
};

/** The cluster in `home`, made when there is none. Several processes may call it at once. */
export const openCluster = async (home: string, binaries: Binaries, user: SystemUser | undefined): Promise<Cluster> => {
  const cluster = join(home, "cluster");
  await mkdir(home, { recursive: true, mode: passable });
  if (!(await exists(cluster))) {
    await removeLeftovers(home);
    await initialize(home, binaries, user);
  }
  const data = join(cluster, "data");
  return { home, data, password: await readFile(join(cluster, "password"), "utf8") };
};

/** One sentence out of what initdb or postgres wrote before they gave up. */
export const startupError = (said: string, home: string): DatabaseError => {
  // The first complaint is the cause; what follows is its consequence.
  const lines = said.trim().split("\n");
  const complaint = (lines.find((line) => /error|fatal|panic/i.test(line)) ?? lines.at(-1) ?? "").replace(/^.*?(FATAL|PANIC|ERROR): +/, "").trim();
  if (/No space left on device|Check free disk space/i.test(said)) return new DatabaseError("disk_full", `The disk of ${home} is full. Free space, then start again.`);
  if (/Permission denied|Operation not permitted|EACCES|EPERM|has wrong ownership|Read-only file system|EROFS/i.test(said)) {
    return new DatabaseError("permission", `The embedded PostgreSQL may not write in ${home} (${complaint}). Give the folder to the user that runs this, or choose another folder.`);
  }
  return new DatabaseError("startup", `The embedded PostgreSQL in ${home} did not start: ${complaint}`);
};
