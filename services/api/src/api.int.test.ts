import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beginVersion, noRows, writeChanges, type OrderRow, type ReadModelChanges, type ReadModels } from "@finality/read-models";
import { privatePostgres, testDatabase, eventually, type TestDatabase } from "@finality/testkit";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, expect, test } from "vitest";
import { problemTypes } from "./problems/problem.ts";
import { startApi, type Api } from "./start-api.ts";

let server: TestDatabase;
let api: Api;
const internal: unknown[] = [];

const recordedTimeUs = 1_609_770_840_123_456;
const at = (log: string, position: number) => ({ log, generation: 1, position, recordedTimeUs, venueTimeUs: recordedTimeUs - 5 });
const policy = { type: "none" } as const;
const limits = { maxOrderQuantity: "100", maxHedgePosition: "200", maxQuoteAgeMs: 1_000 };
const positions = [20, 23, 27, 31, 35];

const order = (log: string, position: number): OrderRow => ({
  log, position, commandId: `${log}-1-${String(position)}`, book: "scalper", instrument: "FUT", side: "buy", quantity: "2", fees: "1.7",
  ...(position === 35 ? { cumulativeQuantity: "0", averagePrice: null, state: "decided" } : { cumulativeQuantity: "2", averagePrice: "3700.35", state: "filled" }),
});

const decided = {
  book: "scalper", account: "paper", instrument: "FUT", side: "buy", quantity: "2", orderType: "market", reason: "threshold_breach_down",
  netDelta: { low: -150.5, high: -150.5 }, band: { lower: -100, upper: 100, target: 0 }, gamma: 1e-7, spot: 3700, model: "black76", vols: [],
  expectedPrice: "3700.25", expectedCost: 25, limits: { maxOrderQuantity: "100", maxHedgePosition: "200" }, policy, validUntilUs: 1,
};

const rowsOf = (log: string, book: string): ReadModels => ({
  ...noRows,
  books: [{ log, book, account: "paper", hedgeInstrument: "FUT", policy, limits, status: "trading", refusal: null, hedges: 5 }],
  positions: [
    { log, book, instrument: "C3700", quantity: "10", averagePrice: "14.3", markPrice: null, currency: "USD", realizedPnl: "0", unrealizedPnl: null, settlementCash: "0", fees: "12.5", status: "open" },
    { log, book, instrument: "FUT", quantity: "0", averagePrice: null, markPrice: null, currency: "USD", realizedPnl: `-${"1".repeat(70)}.5`, unrealizedPnl: "0", settlementCash: "0", fees: "0", status: "flat" },
  ],
  greeks: [
    {
      log, book, spot: 3700.55, netDeltaLow: -12.5, netDeltaHigh: 1e21, optionDelta: 1e-9, hedgeDelta: -0, gamma: 0.1, vegaPerVolPoint: null, thetaPerDay: -1.5,
      bandLower: -100, bandUpper: 100, bandTarget: 0, condition: "ok",
      premiumAdjustedDelta: null, vanna: 1.5, volga: 2, charmPerYear: -3, vetaPerYear: 4, speed: 5e-7, zomma: 6, colorPerYear: 7, ultima: null,
    },
  ],
  pnl: [
    {
      log, book, currency: "USD", openingCost: "-20", optionPnl: "100.05", hedgePnl: "-3", settlement: "0", fees: "12.5", netPnl: "84.55", cash: "0",
      maxAbsNetDelta: 120.25, meanAbsNetDelta: 50, quotePrice: "63486.06", quotePriceUs: 1_786_953_600_000_000, quoteNetPnl: "12.5", quoteCash: "0",
    },
  ],
  smiles: [
    {
      log, key: "1786953600000000|inverse|index", expiryUs: 1_786_953_600_000_000, strikes: [{ strike: 63_000, vol: 0.21, volTimeUs: 1_786_953_000_000_000, volSource: "quote" }], refused: "too_few_quotes",
      fitted: {
        svi: { a: 1e-5, b: 0.01, rho: -0.3, m: 0, sigma: 0.05 }, forward: 63_000.5, yearsToExpiry: 0.001, timeUs: 1_786_953_000_000_000, quotesUsed: 7, quotesLeftOut: 1,
        rmsVolPoints: 0.1, maxVolPoints: 0.2, rmsWidths: 0.3, maxWidths: 0.4, repairs: 0,
      },
    },
  ],
});

const setHead = (log: string, position: number) =>
  server.database.query(
    "INSERT INTO event_log.head (log, generation, epoch, position, recorded_us, frontier, root) VALUES ($1, 1, 1, $2, 0, '', '') ON CONFLICT (log) DO UPDATE SET position = $2",
    [log, position],
  );

/** Writes the version that serves, which is begun by the first rows. */
const write = async (changes: Omit<ReadModelChanges, "version">, database = server.database): Promise<void> => {
  const version = changes.from === 0 ? await beginVersion(database, { log: changes.to.log, semantics: 1, switchesItself: false, actor: "test" }) : 1;
  await writeChanges(database, { version, ...changes });
};

beforeAll(async () => {
  server = await testDatabase();
  const { database } = server;
  const orders = positions.map((position) => order("SPX", position));
  const decisions = positions.map((position) => ({ log: "SPX", position, type: "HedgeDecided" as const, book: "scalper", reason: "threshold_breach_down", recordedTimeUs: position * 1_000_000, body: decided }));
  await write({ from: 0, to: at("SPX", 40), rows: { ...rowsOf("SPX", "scalper"), orders, decisions } });
  await setHead("SPX", 40);
  api = await startApi({ database, port: 0, waitMsMax: 300, onInternal: (error) => internal.push(error) });
});

afterAll(async () => {
  await api.stop();
  await server.dispose();
  expect(internal).toEqual([]);
});

const get = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
  const response = await fetch(api.url + path, { headers });
  const text = await response.text();
  return { status: response.status, type: response.headers.get("content-type"), etag: response.headers.get("etag"), headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
};

const problemOf = (document: unknown): unknown => Reflect.get(Object(document), "type");

const expectProblem = async (path: string, name: keyof typeof problemTypes) => {
  const { status, type, body } = await get(path);
  expect({ status, type, problem: body.type, title: body.title, inner: body.status }).toEqual({
    status: problemTypes[name].status,
    type: "application/problem+json",
    problem: `/problems#${name}`,
    title: problemTypes[name].title,
    inner: problemTypes[name].status,
  });
  expect(body.trace_id).toMatch(/^[0-9a-f]{32}$/);
  expect(body.instance).toBe(path);
  return body;
};

test("the OpenAPI document is valid 3.1, every object of an answer is closed, and every route keeps its schema", async () => {
  const { body: document } = await get("/openapi.json");
  expect(document.openapi).toBe("3.1.0");
  expect(await new Validator().validate(structuredClone(document))).toMatchObject({ valid: true });
  expect(Object.keys(document.paths).sort()).toEqual(["/v1/books", "/v1/books/{book}/greeks", "/v1/books/{book}/hedges", "/v1/books/{book}/pnl", "/v1/books/{book}/positions", "/v1/surface"]);

  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const openObjects: string[] = [];
  const look = (value: unknown, place: string): void => {
    if (typeof value !== "object" || value === null) return;
    if ("type" in value && value.type === "object" && !("additionalProperties" in value)) openObjects.push(place);
    for (const [key, inner] of Object.entries(value)) look(inner, `${place}/${key}`);
  };
  for (const path of Object.keys(document.paths)) {
    const operation = document.paths[path].get;
    look(operation.responses, path);
    const ok = await get(path.replace("{book}", "scalper"));
    expect(ok.status).toBe(200);
    const validate = ajv.compile(operation.responses[200].content["application/json"].schema);
    expect({ path, valid: validate(ok.body), errors: validate.errors }).toMatchObject({ valid: true });
    const bad = await get(path.replace("{book}", "scalper") + "?as_of=yesterday");
    const validateProblem = ajv.compile(operation.responses[422].content["application/problem+json"].schema);
    expect({ path, valid: validateProblem(bad.body), errors: validateProblem.errors }).toMatchObject({ valid: true });
  }
  expect(openObjects).toEqual([]);
});

test("an answer says what it is true at, with decimals as strings", async () => {
  const { body, etag } = await get("/v1/books/scalper/greeks");
  expect(etag).toBe('"SPX:1:40"');
  expect(body).toEqual({
    as_of: { log: "SPX", generation: 1, position: 40, event_time: "2021-01-04T14:34:00.123451Z", recorded_at: "2021-01-04T14:34:00.123456Z" },
    lag_ms: 0,
    data: {
      spot: "3700.55", net_delta: { low: "-12.5", high: "1000000000000000000000" }, option_delta: "0.000000001", hedge_delta: "0", gamma: "0.1",
      vega_per_vol_point: null, theta_per_day: "-1.5", band: { lower: "-100", upper: "100", target: "0" }, condition: "ok",
      premium_adjusted_delta: null, vanna: "1.5", volga: "2", charm_per_year: "-3", veta_per_year: "4", speed: "0.0000005", zomma: "6", color_per_year: "7", ultima: null,
    },
  });
  expect((await get("/v1/books/scalper/positions")).body.data[1].realized_pnl).toBe(`-${"1".repeat(70)}.5`);
  expect((await get("/v1/books/scalper/pnl")).body.data).toMatchObject({
    net_pnl: "84.55", max_abs_net_delta: "120.25", in_quote: { price: "63486.06", price_at: "2026-08-17T08:00:00.000000Z", net_pnl: "12.5" },
  });
  expect((await get("/v1/surface")).body.data).toMatchObject([
    { expiry: "2026-08-17T08:00:00.000000Z", strikes: [{ strike: "63000", vol: "0.21", source: "quote" }], fitted: { a: "0.00001", rho: "-0.3", rms_vol_points: "0.1" }, refused: "too_few_quotes" },
  ]);
  expect((await get("/v1/books")).body.data).toMatchObject([{ book: "scalper", status: "trading", policy, limits }]);
});

test("hedges join decision, order and fills, page by page", async () => {
  const all = (await get("/v1/books/scalper/hedges")).body;
  expect(all.data.map(({ position }: { position: number }) => position)).toEqual(positions);
  expect(all.next_cursor).toBeUndefined();
  expect(all.data[0]).toMatchObject({ decision_id: "SPX-1-20", expected_price: "3700.25", average_price: "3700.35", slippage: "0.1", filled_quantity: "2", state: "filled", decided_at: "1970-01-01T00:00:20.000000Z" });
  expect(all.data[4]).toMatchObject({ average_price: null, slippage: null, state: "decided" });

  const paged: unknown[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await get(`/v1/books/scalper/hedges?limit=2${cursor === undefined ? "" : `&after=${cursor}`}`);
    expect(body.data.length).toBeLessThanOrEqual(2);
    paged.push(...body.data);
    cursor = body.next_cursor;
  } while (cursor !== undefined);
  expect(paged).toEqual(all.data);
});

test("a known ETag is answered by 304 without a body, another one by 200", async () => {
  for (const tag of ['"SPX:1:40"', 'W/"SPX:1:40"', '"a", "SPX:1:40"', "*"]) {
    const known = await get("/v1/books/scalper/pnl", { "if-none-match": tag });
    expect({ tag, status: known.status, body: known.body, etag: known.etag }).toEqual({ tag, status: 304, body: undefined, etag: '"SPX:1:40"' });
  }
  expect((await get("/v1/books/scalper/pnl", { "if-none-match": '"SPX:1:39"' })).status).toBe(200);
  expect((await get("/v1/books/nobody/pnl", { "if-none-match": "*" })).status).toBe(404);
});

test("what cannot be answered is a problem with a stable type", async () => {
  expect((await expectProblem("/v1/books/nobody/pnl", "unknown-book")).detail).toContain("nobody");
  expect((await expectProblem("/v1/books/scalper/pnl?log=NONE", "unknown-log")).detail).toContain("NONE");
  expect((await expectProblem("/v2/nothing?x=1", "unknown-route")).detail).toContain("GET /v2/nothing;");
  expect((await expectProblem("/v1/books/scalper/pnl?as_of=noon", "bad-as-of")).detail).toContain("noon");
  expect((await expectProblem("/v1/books/scalper/pnl?depth=3", "invalid-request")).errors).toEqual([{ pointer: "#/query/depth", detail: "There is no parameter depth here." }]);
  expect((await expectProblem("/v1/books/scalper/hedges?limit=0&after=x", "invalid-request")).errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(["#/query/after", "#/query/limit"]);
  expect((await expectProblem("/v1/books/%20/pnl", "invalid-request")).errors).toMatchObject([{ pointer: "#/params/book" }]);
  expect((await expectProblem("/v1/books?limit=2", "invalid-request")).errors).toMatchObject([{ pointer: "#/query/limit" }]);
  const posted = await fetch(`${api.url}/v1/books`, { method: "POST" });
  expect({ status: posted.status, type: posted.headers.get("content-type") }).toEqual({ status: 404, type: "application/problem+json" });
});

test("every problem type is explained on the page that its type leads to, and nothing else is", async () => {
  const page = await (await fetch(`${api.url}/problems`)).text();
  expect([...page.matchAll(/^## (.+)$/gm)].map(([, name]) => name)).toEqual(Object.keys(problemTypes));
  for (const [name, { status }] of Object.entries(problemTypes)) expect(page).toContain(`## ${name}\n\n${String(status)}. `);
  expect(page).toBe(await readFile(join(import.meta.dirname, "../../../docs/problems.md"), "utf8"));
});

test("the trace id of the caller's trace is the problem's", async () => {
  const trace = "0af7651916cd43dd8448eb211c80319c";
  expect((await get("/v1/books/nobody/pnl", { traceparent: `00-${trace}-b7ad6b7169203331-01` })).body.trace_id).toBe(trace);
});

test("min_position waits until the read models are there, but not for ever", async () => {
  const body = await expectProblem("/v1/books/scalper/pnl?min_position=41", "projection-behind");
  expect(body.detail).toContain("at position 40, not yet at min_position 41");
  expect((await get("/v1/books/scalper/pnl?min_position=41")).headers.get("retry-after")).toBe("1");

  await write({ from: 0, to: at("NEW", 3), rows: noRows });
  const waiting = get("/v1/books/late/pnl?log=NEW&min_position=4");
  await write({ from: 3, to: at("NEW", 4), rows: rowsOf("NEW", "late") });
  expect(await waiting).toMatchObject({ status: 200, etag: '"NEW:1:4"' });
});

test("a name that is in several logs asks for the log", async () => {
  await write({ from: 0, to: at("TWIN", 9), rows: rowsOf("TWIN", "scalper") });
  expect((await expectProblem("/v1/books/scalper/pnl", "log-required")).detail).toContain("SPX, TWIN");
  expect((await expectProblem("/v1/books", "log-required")).detail).toContain("TWIN");
  expect((await get("/v1/books/scalper/pnl?log=TWIN")).body.as_of).toMatchObject({ log: "TWIN", position: 9 });
  await server.database.query("DELETE FROM projection.book WHERE log = 'TWIN'");
  await server.database.query("DELETE FROM projection.serving WHERE log IN ('TWIN', 'NEW')");
});

test("lag is the age of unprojected work, and makes the service not ready when it is long", async () => {
  await server.database.query("UPDATE projection.version SET updated_at = now() - interval '1 hour' WHERE log = 'SPX'");
  expect((await get("/v1/books")).body.lag_ms).toBe(0);
  expect(await api.notReady()).toBeUndefined();
  await setHead("SPX", 41);
  expect((await get("/v1/books")).body.lag_ms).toBeGreaterThanOrEqual(3_600_000);
  expect(await api.notReady()).toContain("position 40 of 41");
  await setHead("SPX", 40);
  expect(await api.notReady()).toBeUndefined();
});

test("a port in use is one sentence that names it, and nothing is left listening", async () => {
  const { database } = server;
  const port = Number(new URL(api.url).port);
  await expect(startApi({ database, port })).rejects.toMatchObject({
    code: "port_in_use",
    message: `The API cannot listen on 127.0.0.1:${String(port)}: another program does. Stop that program or choose another port.`,
  });
  expect((await get("/v1/books")).status).toBe(200);
});

test("beyond loopback it needs a token, and with one it answers nobody without it", async () => {
  const { database } = server;
  await expect(startApi({ database, host: "0.0.0.0", port: 0 })).rejects.toMatchObject({ code: "token_missing" });
  const own = await startApi({ database, host: "0.0.0.0", port: 0, token: "open sesame" });
  const url = own.url.replace("0.0.0.0", "127.0.0.1");
  const ask = async (headers: Record<string, string>) => (await fetch(`${url}/v1/books`, { headers })).status;
  expect([await ask({}), await ask({ authorization: "Bearer open" }), await ask({ authorization: "Bearer open sesame" })]).toEqual([401, 401, 200]);
  for (const path of ["nowhere", "tlog/SPX/checkpoint", "tlog/SPX/tile/0/000", "tlog/SPX/tile/entries/000"]) expect((await fetch(`${url}/${path}`)).status).toBe(401);
  await own.stop();
});

test("stopping answers who waits, then refuses connections", async () => {
  const own = await startApi({ database: server.database, port: 0, waitMsMax: 60_000 });
  const waiting = fetch(`${own.url}/v1/books?min_position=100`);
  // The server takes connections in order: when this one is answered, the one before was taken.
  expect((await fetch(`${own.url}/openapi.json`)).status).toBe(200);
  await own.stop();
  expect((await waiting).status).toBe(503);
  await expect(fetch(`${own.url}/v1/books`)).rejects.toThrow();
  expect(await own.notReady()).toBe("the API is stopping");
});

test("without its database it says so, lives on, and serves again when it is back", async () => {
  const hurt = await privatePostgres();
  const own = await startApi({ database: hurt.database, port: 0 });
  try {
    const nothing = await fetch(`${own.url}/v1/books`);
    expect({ status: nothing.status, type: problemOf(await nothing.json()) }).toEqual({ status: 503, type: "/problems#projection-behind" });
    await hurt.stop("immediate");
    const away = await fetch(`${own.url}/v1/books`);
    expect({ status: away.status, type: problemOf(await away.json()) }).toEqual({ status: 503, type: "/problems#database-unavailable" });
    expect(await own.notReady()).toBe("the database does not answer");
    await hurt.start();
    await write({ from: 0, to: at("SPX", 1), rows: rowsOf("SPX", "scalper") }, hurt.database);
    await eventually(async () => (await fetch(`${own.url}/v1/books`)).status === 200);
    await eventually(async () => (await own.notReady()) === undefined);
  } finally {
    await own.stop();
    await hurt.dispose();
  }
});
