import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openDatabase, type Database } from "./database.ts";
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

/** As another process has it: nothing but the database is shared with `notifier`. */
const otherProcess = () => createNotifier(database, { listening: true });
const sessions = async (): Promise<number> =>
  (await database.query("SELECT FROM pg_stat_activity WHERE application_name = 'finality listen' AND datname = current_database()")).rowCount;

test("a notification reaches the other process's subscribers of its channel and nobody else, over one connection", async () => {
  const [here, alsoHere, elsewhere] = [counter(), counter(), counter()];
  const other = otherProcess();
  other.subscribe("log BTC", here.call);
  other.subscribe("log BTC", alsoHere.call);
  other.subscribe("log ETH", elsewhere.call);
  // Each is called once when its channel is listened to.
  await Promise.all([here, alsoHere, elsewhere].map((each) => each.reaches(1)));
  createNotifier(database).notify("log BTC");
  await Promise.all([here, alsoHere].map((each) => each.reaches(2)));
  expect(elsewhere.count()).toBe(1);
  expect(await sessions()).toBe(1);
  await other.close();
  await vi.waitUntil(async () => (await sessions()) === 0);
});

test("who is not subscribed any more is not called, and its channel not listened to", async () => {
  const [gone, stays] = [counter(), counter()];
  const other = otherProcess();
  const unsubscribe = other.subscribe("left", gone.call);
  other.subscribe("kept", stays.call);
  await Promise.all([gone.reaches(1), stays.reaches(1)]);
  unsubscribe();
  const again = counter();
  other.subscribe("later", again.call);
  await again.reaches(1);
  const notifier = createNotifier(database);
  notifier.notify("left");
  await notifier.settled();
  notifier.notify("kept");
  await stays.reaches(2);
  expect(gone.count()).toBe(1);
  await other.close();
});

test("many notifications at once become few, and the last is never lost", async () => {
  const heard = counter();
  const other = otherProcess();
  other.subscribe("burst", heard.call);
  await heard.reaches(1);
  const notifier = createNotifier(database);
  for (let i = 0; i < 1_000; i += 1) notifier.notify("burst");
  await notifier.settled();
  await heard.reaches(2);
  expect(heard.count()).toBeLessThanOrEqual(3);
  await other.close();
});

test("what is notified soon after another waits, and is sent when the moment is over or when the notifier settles", async () => {
  const heard = counter();
  const other = otherProcess();
  other.subscribe("spaced", heard.call);
  await heard.reaches(1);
  const patient = createNotifier(database, { spacingMs: 3_600_000 });
  patient.notify("spaced");
  await heard.reaches(2);
  for (let append = 0; append < 20; append += 1) {
    await database.query("SELECT");
    patient.notify("spaced");
  }
  // Heard over the same connection, hence behind whatever was sent before it.
  const behind = counter();
  other.subscribe("behind", behind.call);
  await behind.reaches(1);
  expect(heard.count()).toBe(2);
  await patient.settled();
  await heard.reaches(3);
  await patient.close();

  const prompt = createNotifier(database);
  prompt.notify("spaced");
  await heard.reaches(4);
  prompt.notify("spaced");
  await heard.reaches(5);
  await other.close();
});

test("subscribers in the process are woken without the database", async () => {
  const away = openDatabase("postgres://nobody@127.0.0.1:1/none", { applicationName: "away", max: 1 });
  const notifier = createNotifier(away, { listening: true });
  const heard = counter();
  const stop = notifier.subscribe("log BTC", heard.call);
  notifier.notify("log BTC");
  await heard.reaches(1);
  await notifier.settled();
  stop();
  notifier.notify("log BTC");
  await notifier.settled();
  expect(heard.count()).toBe(1);
  await notifier.close();
  await away.close();
});

test("a listener whose connection is cut connects again, says so, and hears on", async () => {
  const heard = counter();
  const other = otherProcess();
  other.subscribe("cut", heard.call);
  await heard.reaches(1);
  await database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'finality listen' AND datname = current_database()");
  await heard.reaches(2);
  createNotifier(database).notify("cut");
  await heard.reaches(3);
  await other.close();
  await vi.waitUntil(async () => (await sessions()) === 0);
});
