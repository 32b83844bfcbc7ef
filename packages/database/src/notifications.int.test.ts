import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openDatabase, type Database } from "./database.ts";
import { listen } from "./listen.ts";
import { createNotifier } from "./notifier.ts";
import { testServer, type TestServer } from "./testing/test-server.ts";

let server: TestServer;
let database: Database;

beforeAll(async () => {
  server = await testServer();
  database = openDatabase(server.url, { applicationName: "notification test", max: 4 });
});

afterAll(async () => {
  await database.close();
  await server.remove();
});

/** A counter and a promise of its next change: no clock. */
const counter = () => {
  let calls = 0;
  return { count: () => calls, call: () => (calls += 1), reaches: (n: number) => vi.waitUntil(() => calls >= n, { timeout: 20_000 }) };
};

test("a notification reaches the listener of its channel and nobody else", async () => {
  const [here, elsewhere] = [counter(), counter()];
  const listeners = [await listen(server.url, "log BTC", here.call), await listen(server.url, "log ETH", elsewhere.call)];
  const notifier = createNotifier(database);
  notifier.notify("log BTC");
  await here.reaches(1);
  expect(elsewhere.count()).toBe(0);
  await Promise.all(listeners.map((listener) => listener.close()));
});

test("many notifications at once become few, and the last is never lost", async () => {
  const heard = counter();
  const listener = await listen(server.url, "burst", heard.call);
  const notifier = createNotifier(database);
  for (let i = 0; i < 1_000; i += 1) notifier.notify("burst");
  await notifier.settled();
  await heard.reaches(1);
  expect(heard.count()).toBeLessThanOrEqual(2);
  await listener.close();
});

test("subscribers in the process are woken without the database", async () => {
  const away = openDatabase("postgres://nobody@127.0.0.1:1/none", { applicationName: "away", max: 1 });
  const notifier = createNotifier(away);
  const heard = counter();
  const stop = notifier.subscribe("log BTC", heard.call);
  notifier.notify("log BTC");
  await heard.reaches(1);
  await notifier.settled();
  stop();
  notifier.notify("log BTC");
  await notifier.settled();
  expect(heard.count()).toBe(1);
  await away.close();
});

test("a listener whose connection is cut connects again, says so, and hears on", async () => {
  const heard = counter();
  const listener = await listen(server.url, "cut", heard.call);
  await database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'finality listen cut'");
  await heard.reaches(1);
  createNotifier(database).notify("cut");
  await heard.reaches(2);
  await listener.close();
  await vi.waitUntil(async () => (await database.query("SELECT FROM pg_stat_activity WHERE application_name = 'finality listen cut'")).rowCount === 0);
});

test("a first connection that fails is an error", async () => {
  await expect(listen("postgres://nobody@127.0.0.1:1/none", "x", () => undefined)).rejects.toMatchObject({ code: "connection" });
});
