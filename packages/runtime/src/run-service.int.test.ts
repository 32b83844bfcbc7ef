import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { eventually, privatePostgres, testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

const main = join(import.meta.dirname, "testing/idle-process.ts");

type Running = { readonly process: ChildProcess; readonly ended: Promise<{ readonly code: number | null; readonly lines: string }>; readonly lines: () => string; readonly health: () => Promise<string> };

let server: TestDatabase;
let running: Running[] = [];

beforeAll(async () => {
  server = await testDatabase();
});
afterEach(async () => {
  for (const each of running) each.process.kill("SIGKILL");
  await Promise.all(running.map(({ ended }) => ended));
  running = [];
});
afterAll(() => server.dispose());

const start = (environment: Readonly<Record<string, string>>): Running => {
  const child = spawn(process.execPath, [main], { env: { ...process.env, FINALITY_HEALTH_PORT: "0", DATABASE_URL: server.url, ...environment }, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let lines = "";
  child.stderr?.on("data", (chunk: Buffer) => { lines += chunk.toString(); });
  // Not "close": it does not come when the channel was closed from here.
  const code = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const read = new Promise<void>((resolve) => child.stderr?.once("end", () => { resolve(); }));
  const ended = read.then(async () => ({ code: await code, lines }));
  const health = (): Promise<string> => eventually(() => /"health":"([^"]+)"/.exec(lines)?.[1]);
  const each = { process: child, ended, lines: () => lines, health };
  running.push(each);
  return each;
};

test("bad settings end it with 2, all of them named, no secret told", async () => {
  const { code, lines } = await start({ DATABASE_URL: "mysql://me:hidden@db/x", FINALITY_LEASE_MS: "soon", FINALITY_LOG_LEVEL: "loud" }).ended;
  expect(code).toBe(2);
  for (const name of ["DATABASE_URL", "FINALITY_LEASE_MS", "FINALITY_LOG_LEVEL"]) expect(lines).toContain(name);
  expect(lines).not.toContain("hidden");
});

test("a database that is not there, or not migrated, ends it with 69 and says what to do", async () => {
  const away = await start({ DATABASE_URL: "postgres://me:hidden@127.0.0.1:1/none", FINALITY_START_WITHIN_MS: "600" }).ended;
  expect(away).toMatchObject({ code: 69, lines: expect.stringContaining("127.0.0.1:1/none") });
  expect(away.lines).not.toContain("hidden");
  const bare = new URL(server.url);
  bare.pathname = "/template1";
  expect(await start({ DATABASE_URL: bare.href, FINALITY_START_WITHIN_MS: "0" }).ended).toMatchObject({ code: 69, lines: expect.stringContaining("finality migrate") });
});

test("it answers for its health and metrics, and stops in order at SIGTERM with 143", async () => {
  const service = start({});
  const health = await service.health();
  for (const path of ["/livez", "/startupz", "/readyz"]) expect((await fetch(health + path)).status).toBe(200);
  const metrics = await (await fetch(`${health}/metrics`)).text();
  expect(metrics).toMatch(/finality_idle_things\{kind="no",service="projector"\} 0/);
  expect(metrics).toContain("process_cpu_seconds_total");
  service.process.kill("SIGTERM");
  expect(await service.ended).toMatchObject({ code: 143, lines: expect.stringContaining("stopped in order") });
});

test("it is not ready when the service says so, and when its database is away", async () => {
  const unready = await start({ FINALITY_BUILD: "unready" }).health();
  const answer = await fetch(`${unready}/readyz`);
  expect([answer.status, await answer.json()]).toEqual([503, { status: "unavailable", reason: "it is not in the mood" }]);

  const hurt = await privatePostgres();
  try {
    const health = await start({ DATABASE_URL: hurt.url }).health();
    expect((await fetch(`${health}/readyz`)).status).toBe(200);
    await hurt.stop("immediate");
    const reason = (await (await fetch(`${health}/readyz`)).json()) as { readonly reason: string };
    expect(reason.reason).toContain("does not answer");
    await hurt.start();
    await eventually(async () => (await fetch(`${health}/readyz`)).status === 200);
  } finally {
    await hurt.dispose();
  }
});

test("a service that gives up ends the process with 1; one whose starter is gone ends too", async () => {
  expect(await start({ FINALITY_BUILD: "fails" }).ended).toMatchObject({ code: 1, lines: expect.stringContaining("it broke") });
  const orphan = start({});
  await orphan.health();
  orphan.process.disconnect();
  expect(await orphan.ended).toMatchObject({ code: 1, lines: expect.stringContaining("stopped in order") });
});
