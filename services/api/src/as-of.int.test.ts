import { decodeRecord, isDecisionRecord } from "@finality/contracts";
import { createNotifier, openDatabase, type Database } from "@finality/database";
import { recordedLog, type RecordedLog } from "@finality/desk-log";
import { createLogReader, type LogReader } from "@finality/event-log";
import { checkpointOf, createFold, createSnapshotStore, factsAsOf, formatInstant, rowsOf, takeSnapshot } from "@finality/history";
import { beginVersion, switchVersion, writeChanges, type DecisionRow } from "@finality/read-models";
import { eventually, testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { problemTypes } from "./problems/problem.ts";
import { startApi, type Api } from "./start-api.ts";

let server: TestDatabase;
let reader: LogReader;
let recorded: RecordedLog;
/** As it is deployed: its role reads only. */
let readOnly: Database;
let api: Api;
const internal: unknown[] = [];
const rejected: string[] = [];
const bodies: Record<string, unknown>[] = [];
const positions = [25, 58, 101, 140];
const paths = ["/v1/books", "/v1/surface", ...["positions", "greeks", "pnl", "hedges", "hedges?limit=2"].map((what) => `/v1/books/scalper/${what}`)];

const decisionRow = (stored: Awaited<ReturnType<LogReader["read"]>>[number]): readonly DecisionRow[] => {
  const record = decodeRecord(stored);
  if (!isDecisionRecord(record)) return [];
  const { log, position, type, recordedTimeUs, body } = record;
  return [{ log, position, type, book: "book" in body ? body.book : null, reason: "reason" in body ? body.reason : null, recordedTimeUs, body }];
};

/** As the projector does, of one log up to a position. */
const project = async (log: string, position: number): Promise<void> => {
  const records = await reader.read(log, 0, position);
  const fold = createFold(log);
  for (const stored of records) fold.fold(stored);
  const last = records.at(-1);
  if (last === undefined) return;
  const actor = "test";
  const version = await beginVersion(server.database, { log, semantics: 1, switchesItself: false, actor });
  await writeChanges(server.database, { version, from: 0, to: checkpointOf(last), rows: { ...rowsOf(fold.state), decisions: records.flatMap(decisionRow) } });
  await switchVersion(server.database, { log, version }, { actor });
};

const snapshotAt = async (position: number): Promise<void> => {
  const fold = createFold("SPX");
  for (const stored of await reader.read("SPX", 0, position)) fold.fold(stored);
  const [last] = await reader.read("SPX", position - 1, 1);
  await createSnapshotStore(server.database).put(await takeSnapshot(fold.state, { leafHash: last?.leafHash ?? new Uint8Array(), build: "test" }));
};

const get = async (path: string, headers: Readonly<Record<string, string>> = {}, from: Api = api) => {
  const response = await fetch(from.url + path, { headers });
  const text = await response.text();
  return { status: response.status, etag: response.headers.get("etag"), retryAfter: response.headers.get("retry-after"), body: text === "" ? undefined : JSON.parse(text) };
};

const asked = (path: string, question: string): string => `${path}${path.includes("?") ? "&" : "?"}${question}`;

const problemAt = async (path: string, name: keyof typeof problemTypes, from: Api = api): Promise<string> => {
  const { status, body } = await get(path, {}, from);
  expect({ path, status, type: body.type }).toEqual({ path, status: problemTypes[name].status, type: `/problems#${name}` });
  return body.detail;
};

beforeAll(async () => {
  server = await testDatabase();
  recorded = await recordedLog(server.database);
  await recorded.steps(60);
  reader = createLogReader({ database: server.database, notifier: createNotifier(server.database) });
  readOnly = openDatabase(server.database.url, { applicationName: "api under test", max: 4, role: "finality_reader" });
  api = await startApi({ database: readOnly, port: 0, onInternal: (error) => internal.push(error), onRejectedSnapshot: ({ position }, reason) => rejected.push(`${String(position)}: ${reason}`) });
  for (const position of positions) {
    await project("SPX", position);
    for (const path of paths) {
      const { status, body, etag } = await get(path);
      expect([path, status]).toEqual([path, 200]);
      bodies.push({ position, path, etag, ...body, lag_ms: 0 });
    }
  }
  await project("SPX", recorded.head());
  await snapshotAt(60);
});

afterAll(async () => {
  await api.stop();
  await readOnly.close();
  await server.dispose();
  expect(internal).toEqual([]);
});

test("every read as of a position is what it was when that was the newest, its ETag too", async () => {
  expect(bodies.length).toBe(positions.length * paths.length);
  for (const { position, path, etag, ...then } of bodies) {
    const now = await get(asked(String(path), `as_of=@${String(position)}`));
    expect({ path, status: now.status, etag: now.etag, body: now.body }).toEqual({ path, status: 200, etag, body: then });
    const known = await get(asked(String(path), `as_of=@${String(position)}`), { "if-none-match": String(etag) });
    expect([known.status, known.body, known.etag]).toEqual([304, undefined, etag]);
  }
  // What became of the hedges went on since.
  const [hedgesThen] = bodies.filter(({ path, position }) => path === "/v1/books/scalper/hedges" && position === 58);
  expect((await get("/v1/books/scalper/hedges")).body.data.length).toBeGreaterThan((hedgesThen?.["data"] as unknown[]).length);
});

test("hedges of the past come page by page", async () => {
  const all = (await get("/v1/books/scalper/hedges?as_of=@101")).body.data;
  const paged: unknown[] = [];
  let cursor = "0";
  for (let pages = 0; pages < 100 && cursor !== ""; pages += 1) {
    const { body } = await get(`/v1/books/scalper/hedges?as_of=@101&limit=3&after=${cursor}`);
    paged.push(...body.data);
    cursor = body.next_cursor ?? "";
  }
  expect(all.length).toBeGreaterThan(3);
  expect(paged).toEqual(all);
});

test("a recorded time is answered by its last position, with any offset", async () => {
  const [record] = await reader.read("SPX", 79, 1);
  const time = formatInstant(record?.recordedTimeUs ?? 0);
  const { status, body } = await get(`/v1/books/scalper/pnl?as_of=${time}`);
  const { position } = body.as_of;
  const [next] = await reader.read("SPX", position, 1);
  expect([status, body.as_of.recorded_at, (next?.recordedTimeUs ?? 0) > (record?.recordedTimeUs ?? 0)]).toEqual([200, time, true]);
  expect(body).toEqual((await get(`/v1/books/scalper/pnl?as_of=@${String(position)}`)).body);
  const elsewhere = new Date(Date.parse(time) + 3_600_000).toISOString().replace("Z", "%2B01:00");
  expect((await get(`/v1/books/scalper/pnl?as_of=${elsewhere}`)).body.as_of.position).toBe(position);
  expect((await get("/v1/books?as_of=2100-01-01T00:00:00Z")).body.as_of.position).toBe(recorded.head());
});

test("what is no past state is refused, each in its own way", async () => {
  const head = recorded.head();
  expect(await problemAt("/v1/books/scalper/pnl?as_of=@0", "before-the-log")).toContain(`positions 1 to ${String(head)}`);
  expect(await problemAt("/v1/books?as_of=1999-12-31T23:59:59Z", "before-the-log")).toContain("1999-12-31");
  for (const path of paths) for (const text of ["noon", "@", "@-1", "12", "2021-01-04", "2021-02-30T00:00:00Z", ""]) expect(await problemAt(asked(path, `as_of=${text}`), "bad-as-of")).toContain(`as_of=${text} `);
  expect((await get("/v1/books?as_of=noon")).body.errors).toMatchObject([{ pointer: "#/query/as_of" }]);
  expect(await problemAt("/v1/books?as_of=@5&min_position=4", "bad-as-of")).toContain("min_position=4");
  expect(await problemAt(`/v1/books?as_of=@${String(head + 1)}`, "projection-behind")).toContain(`position ${String(head)}, not yet at as_of=@${String(head + 1)}`);
  expect((await get(`/v1/books?as_of=@${String(head + 1)}`)).retryAfter).toBe("1");
  expect(await problemAt("/v1/books?as_of=@5&log=XYZ", "unknown-log")).toContain("XYZ");
  // Listed, not yet opened.
  expect(await problemAt("/v1/books/scalper/pnl?as_of=@2", "unknown-book")).toContain("scalper in log SPX at position 2");
  expect((await get("/v1/books/scalper/pnl?as_of=@2", { "if-none-match": '"SPX:1:2"' })).status).toBe(404);
  expect((await get("/v1/books?as_of=@2")).body.data).toEqual([]);
});

test("one answer folds so many records and no more, counted from the nearest snapshot", async () => {
  const tight = await startApi({ database: readOnly, port: 0, asOf: { recordsMax: 45 } });
  try {
    expect(await problemAt("/v1/books?as_of=@59", "as-of-too-far", tight)).toContain("finality snapshots take");
    expect(await problemAt("/v1/books/scalper/positions?venue_time=2100-01-01T00:00:00Z", "as-of-too-far", tight)).toContain("45 records");
    expect((await get("/v1/books?as_of=@100", {}, tight)).status).toBe(200);
    expect((await get("/v1/books?as_of=@30", {}, tight)).status).toBe(200);
  } finally {
    await tight.stop();
  }
});

test("whoever finds all turns taken is told so, and is answered later", async () => {
  const busy = await startApi({ database: readOnly, port: 0, asOf: { atOnce: 1, waitingMax: 0 } });
  const waiting: ReturnType<typeof get>[] = [];
  try {
    await server.database.transaction(async (client) => {
      // A fold begins by looking for a snapshot.
      await client.query("LOCK TABLE event_log.snapshot IN ACCESS EXCLUSIVE MODE");
      waiting.push(get("/v1/books?as_of=@50", {}, busy));
      await eventually(async () => (await server.database.query("SELECT 1 FROM pg_locks WHERE relation = 'event_log.snapshot'::regclass AND NOT granted")).rowCount === 1);
      waiting.push(get("/v1/books?as_of=@50", {}, busy));
      expect(await problemAt("/v1/books?as_of=@51", "as-of-busy", busy)).toBe("Folds under way: 1, waiting for their turn: 0; no more are taken.");
    });
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await get("/v1/books?as_of=@51", {}, busy)).status).toBe(200);
  } finally {
    await busy.stop();
  }
});

test("a snapshot that does not match is told, not used, and leaves the answer as it is", async () => {
  await snapshotAt(120);
  await server.database.query("UPDATE event_log.snapshot SET bytes = substring(bytes FOR 100) WHERE position = 120");
  const expected = bodies.find(({ path, position }) => path === "/v1/books/scalper/greeks" && position === 140);
  const fresh = await startApi({ database: readOnly, port: 0, onRejectedSnapshot: ({ position }, reason) => rejected.push(`${String(position)}: ${reason}`) });
  try {
    expect((await get("/v1/books/scalper/greeks?as_of=@140", {}, fresh)).body.data).toEqual(expected?.["data"]);
  } finally {
    await fresh.stop();
  }
  expect(rejected).toEqual([expect.stringMatching(/^120: it cannot be read/)]);
});

test("positions at a venue time are facts by all that is known, and say by what", async () => {
  const head = recorded.head();
  const [record] = await reader.read("SPX", 69, 1);
  const venueTimeUs = record?.venueTimeUs ?? 0;
  const time = formatInstant(venueTimeUs);
  const { status, body, etag } = await get(`/v1/books/scalper/positions?venue_time=${time}`);
  expect([status, etag]).toEqual([200, `"SPX:1:${String(head)}:${String(venueTimeUs)}"`]);
  expect(body).toMatchObject({ as_of: { log: "SPX", position: head, venue_time: time }, lag_ms: 0 });
  const facts = await factsAsOf({ source: reader }, { log: "SPX", position: head }, venueTimeUs);
  const [scalper] = facts.filter(({ book }) => book === "scalper");
  expect(body.data.map((row: { instrument: string; quantity: string; mark_price: string | null }) => [row.instrument, row.quantity, row.mark_price])).toEqual(scalper?.positions.map(({ instrument, quantity, markPrice }) => [instrument, quantity, markPrice]));
  expect((await get(`/v1/books/scalper/positions?venue_time=${time}`, { "if-none-match": String(etag) })).status).toBe(304);
  expect((await get(`/v1/books/scalper/positions?venue_time=${time}`, { "if-none-match": `"SPX:1:${String(head)}"` })).status).toBe(200);
  // By less than all: what the log knew when it ended there.
  const then = await get(`/v1/books/scalper/positions?venue_time=2100-01-01T00:00:00Z&as_of=@101`);
  expect(then.body.as_of).toMatchObject({ position: 101, venue_time: "2100-01-01T00:00:00.000000Z" });
  expect(then.body.data).toEqual(bodies.find(({ path, position }) => path === "/v1/books/scalper/positions" && position === 101)?.["data"]);
});

test("a venue time is refused where it says nothing", async () => {
  expect(await problemAt("/v1/books/scalper/positions?venue_time=noon", "bad-as-of")).toContain("venue_time=noon");
  expect(await problemAt("/v1/books/scalper/positions?venue_time=2021-01-04T16:00:00Z&min_position=4", "bad-as-of")).toContain("min_position=4");
  expect(await problemAt("/v1/books/scalper/positions?venue_time=1999-01-01T00:00:00Z", "unknown-book")).toContain("1999-01-01");
  for (const what of ["greeks", "pnl", "hedges"]) expect(await problemAt(`/v1/books/scalper/${what}?venue_time=2021-01-04T16:00:00Z`, "invalid-request")).toContain("venue_time");
});

test("among several logs a question says which, or names a book that is in one of them", async () => {
  const other = await recordedLog(server.database, { log: "NDX", seed: 2 });
  expect(await problemAt("/v1/books?as_of=@9", "log-required")).toContain("NDX, SPX");
  expect((await get("/v1/books?as_of=@9&log=NDX")).body.as_of).toMatchObject({ log: "NDX", position: 9 });
  // The read models know of one log with this book yet.
  expect((await get("/v1/books/scalper/pnl?as_of=@30")).body.as_of.log).toBe("SPX");
  await project("NDX", other.head());
  expect(await problemAt("/v1/books/scalper/pnl?as_of=@30", "log-required")).toContain("NDX, SPX");
});

test("without its database it says so", async () => {
  const lost = openDatabase("postgresql://nobody@127.0.0.1:1/none", { applicationName: "api under test", max: 1 });
  const own = await startApi({ database: lost, port: 0 });
  try {
    await problemAt("/v1/books?as_of=@3", "database-unavailable", own);
  } finally {
    await own.stop();
    await lost.close();
  }
});
