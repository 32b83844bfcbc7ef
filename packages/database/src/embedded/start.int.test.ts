import { spawn, type ChildProcess } from "node:child_process";
import { chmod, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDatabase } from "../database.ts";
import { testFolder, type TestFolder } from "../testing/test-server.ts";
import { lockFolder } from "./folder-lock.ts";
import { startEmbeddedPostgres, stopEmbeddedPostgres, type EmbeddedPostgres } from "./start.ts";

let place: TestFolder;
let children: ChildProcess[];

beforeEach(async () => {
  place = await testFolder();
  children = [];
});

afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await place.remove();
});

type Holder = { readonly child: ChildProcess; readonly pid: number; readonly adopted: boolean };

/** Another process that starts or adopts the folder's server, takes the lock if asked, says so, and then waits. */
const holder = async ({ lock }: { readonly lock: boolean }): Promise<Holder> => {
  const module = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
  const script = `
    const { startEmbeddedPostgres } = await import(${module("./start.ts")});
    const { lockFolder } = await import(${module("./folder-lock.ts")});
    const server = await startEmbeddedPostgres({ folder: ${JSON.stringify(place.folder)} });
    if (${String(lock)}) await lockFolder(server);
    console.log(JSON.stringify({ pid: server.pid, adopted: server.adopted }));
    process.stdin.on("end", () => process.exit(0)).resume();
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  for await (const line of createInterface({ input: child.stdout })) return { child, ...(JSON.parse(line) as { pid: number; adopted: boolean }) };
  throw new Error("the other process ended before it had a server");
};

const kill = async ({ child }: Holder): Promise<void> => {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
};

const query = async (server: EmbeddedPostgres, sql: string): Promise<unknown> => {
  const database = openDatabase(server.url, { applicationName: "start test", max: 1 });
  try {
    return (await database.query(sql)).rows;
  } finally {
    await database.close();
  }
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test("a server is durable, listens on loopback only, and keeps its data over a stop", async () => {
  const server = await startEmbeddedPostgres({ folder: place.folder });
  expect(server.adopted).toBe(false);
  const settings = "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'listen_addresses', 'full_page_writes') ORDER BY name";
  expect(await query(server, settings)).toEqual([
    { name: "fsync", setting: "on" },
    { name: "full_page_writes", setting: "on" },
    { name: "listen_addresses", setting: "127.0.0.1" },
    { name: "synchronous_commit", setting: "on" },
  ]);
  await query(server, "CREATE TABLE kept AS SELECT 42 AS answer");
  await server.stop();
  expect(isAlive(server.pid)).toBe(false);
  await server.stop();
  const again = await startEmbeddedPostgres({ folder: place.folder });
  expect(await query(again, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
});

test("nobody enters without the password, which only its owner may read", async () => {
  const server = await startEmbeddedPostgres({ folder: place.folder });
  const url = new URL(server.url);
  url.password = "guessed";
  await expect(query({ ...server, url: url.href }, "SELECT 1")).rejects.toMatchObject({ code: "permission" });
  const { mode } = await stat(join(place.folder, "postgres/cluster/password"));
  expect(mode & 0o077).toBe(0);
});

test("a folder that only its owner may enter works, also for root", async () => {
  const inner = join(place.folder, "private");
  await mkdir(inner);
  await chmod(inner, 0o700);
  const server = await startEmbeddedPostgres({ folder: inner });
  expect(await query(server, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  await server.stop();
});

test("the server of a process that was killed is adopted, used and stopped", async () => {
  const first = await holder({ lock: true });
  await kill(first);
  expect(isAlive(first.pid)).toBe(true);
  const server = await startEmbeddedPostgres({ folder: place.folder });
  expect(server).toMatchObject({ adopted: true, pid: first.pid });
  const lock = await lockFolder(server);
  expect(await query(server, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  await lock.release();
  await server.stop();
  expect(isAlive(first.pid)).toBe(false);
});

test("at a normal exit the server is told to stop", async () => {
  const { child, pid } = await holder({ lock: false });
  const ended = once(child, "exit");
  child.stdin?.end();
  await ended;
  await stopEmbeddedPostgres(place.folder);
  expect(isAlive(pid)).toBe(false);
});

test("a left-over pid file of a number that is now somebody else's does not hinder", async () => {
  const server = await startEmbeddedPostgres({ folder: place.folder });
  await server.stop();
  const data = join(place.folder, "postgres/cluster/data");
  await writeFile(join(data, "postmaster.pid"), `${String(process.pid)}\n${data}\n1\n1\n\n127.0.0.1\n0 0\nready   \n`);
  const again = await startEmbeddedPostgres({ folder: place.folder });
  expect(again).toMatchObject({ adopted: false });
  expect(await query(again, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("a server that crashed is started again and recovers", async () => {
  const server = await startEmbeddedPostgres({ folder: place.folder });
  await query(server, "CREATE TABLE kept AS SELECT 42 AS answer");
  process.kill(server.pid, "SIGKILL");
  const again = await startEmbeddedPostgres({ folder: place.folder });
  expect(again).toMatchObject({ adopted: false });
  expect(await query(again, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
});

test("of several that start at once on an empty folder one starts and the others adopt", async () => {
  const holders = await Promise.all(Array.from({ length: 3 }, () => holder({ lock: false })));
  expect(new Set(holders.map(({ pid }) => pid)).size).toBe(1);
  expect(holders.filter(({ adopted }) => !adopted)).toHaveLength(1);
  expect((await readdir(join(place.folder, "postgres"))).sort()).toEqual(["cluster", "postgres.log"]);
});

test("a second user of a folder is refused by name, and let in when the first was killed", async () => {
  const first = await holder({ lock: true });
  const server = await startEmbeddedPostgres({ folder: place.folder });
  await expect(lockFolder(server)).rejects.toMatchObject({ code: "folder_in_use", message: expect.stringContaining(place.folder) });
  await kill(first);
  const lock = await lockFolder(server);
  await lock.release();
  await (await lockFolder(server)).release();
});

test("a port that is taken is one clear sentence", async () => {
  const squatter = createServer().listen(0, "127.0.0.1");
  await once(squatter, "listening");
  const address = squatter.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await expect(startEmbeddedPostgres({ folder: place.folder, port })).rejects.toMatchObject({ code: "port_in_use", message: expect.stringContaining(String(port)) });
  squatter.close();
});

test("a folder that cannot be one is one clear sentence", async () => {
  const file = join(place.folder, "file");
  await writeFile(file, "");
  await expect(startEmbeddedPostgres({ folder: join(file, "below") })).rejects.toMatchObject({ name: "DatabaseError", message: expect.stringContaining(file) });
});
