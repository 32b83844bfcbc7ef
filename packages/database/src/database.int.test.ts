import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase, textLiteral, type Database } from "./database.ts";
import { testServer, type TestServer } from "./testing/test-server.ts";

let server: TestServer;
let database: Database;

beforeAll(async () => {
  server = await testServer();
  database = openDatabase(server.url, { applicationName: "database test", max: 4 });
  await database.query(`
    CREATE TABLE parent (id int PRIMARY KEY);
    CREATE TABLE child (id int PRIMARY KEY, parent int NOT NULL REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE slow (id int PRIMARY KEY);
    CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER wait_at_commit AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_at_commit();
  `);
});

afterAll(async () => {
  await database.close();
  await server.remove();
});

const count = async (table: string): Promise<number | undefined> =>
  (await database.query<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)).rows[0]?.n;

const terminateWhenWaiting = async (state: string): Promise<void> => {
  for (;;) {
    const { rowCount } = await database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND " + state);
    if (rowCount > 0) return;
  }
};

test("int8 is a number, int8[] are numbers, bytea is bytes, numeric stays a string", async () => {
  const { rows } = await database.query("SELECT 9007199254740991::int8 AS big, ARRAY[1, NULL, -2]::int8[] AS list, '{}'::int8[] AS none, '\\x00ff'::bytea AS bytes, 1.50::numeric AS exact");
  expect(rows).toEqual([{ big: Number.MAX_SAFE_INTEGER, list: [1, null, -2], none: [], bytes: Buffer.from([0, 255]), exact: "1.50" }]);
  await expect(database.query("SELECT 9007199254740993::int8")).rejects.toMatchObject({ code: "number_out_of_range" });
  await expect(database.query("SELECT 1")).resolves.toMatchObject({ rowCount: 1 });
});

test("rows that are copied out are what a query gives, whatever their number and size", async () => {
  const text = "O'Neill \\ \n — ∂";
  const select = `SELECT n::int8, -n::int4, (-n % 100)::int2, ${textLiteral(text)}, repeat('x', n::int)::bytea, NULL::int8, NULL::text, NULL::bytea FROM generate_series(0, 3000, 3) n ORDER BY n`;
  const rows = await database.copy(select, (fields) => [fields.integer(), fields.integer(), fields.integer(), fields.text(), fields.bytes()?.length, fields.integer(), fields.text(), fields.bytes()]);
  expect(rows).toEqual(Array.from({ length: 1_001 }, (_, index) => [index * 3, index === 0 ? 0 : -index * 3, index % 100 === 0 ? 0 : -((index * 3) % 100), text, index * 3, null, null, null]));
  expect(await database.copy("SELECT 1 WHERE false", (fields) => fields.integer())).toEqual([]);
  expect(await database.copy("SELECT -9007199254740991::int8", (fields) => fields.integer())).toEqual([-Number.MAX_SAFE_INTEGER]);
  await expect(database.copy("SELECT 9007199254740993::int8", (fields) => fields.integer())).rejects.toMatchObject({ code: "number_out_of_range", message: expect.stringContaining("9007199254740993") });
});

test("copying out that fails, at once or in the middle, is the server's error, and the pool goes on", async () => {
  const first = (fields: { integer(): number | null }): number | null => fields.integer();
  await expect(database.copy("SELECT nothing", first)).rejects.toMatchObject({ code: "statement", sqlState: "42703" });
  await expect(database.copy("SELECT 1 / (5000 - n) FROM generate_series(1, 10000) n", first)).rejects.toMatchObject({ sqlState: "22012" });
  const cut = expect(database.copy("SELECT n, pg_sleep(0.001), repeat('x', 1000) FROM generate_series(1, 100000) n", first)).rejects.toMatchObject({ code: "connection" });
  await terminateWhenWaiting("query LIKE 'COPY%'");
  await cut;
  const many = await Promise.all(Array.from({ length: 20 }, (_, index) => database.copy(`SELECT n + ${String(index)} FROM generate_series(1, 1000) n`, first)));
  expect(many.map((rows) => rows.at(-1))).toEqual(Array.from({ length: 20 }, (_, index) => 1_000 + index));
});

test("a transaction that stands still is ended by the server within a minute, so that nobody waits for its locks for ever", async () => {
  const { rows } = await database.query("SHOW idle_in_transaction_session_timeout");
  expect(rows).toEqual([{ idle_in_transaction_session_timeout: "1min" }]);
});

test("a transaction that throws leaves nothing and throws on what was thrown", async () => {
  const thrown = new Error("mine");
  await expect(
    database.transaction(async (client) => {
      await client.query("INSERT INTO parent VALUES (1)");
      throw thrown;
    }),
  ).rejects.toBe(thrown);
  expect(await count("parent")).toBe(0);
});

test("a constraint that fails at COMMIT is a certain refusal, not an unknown outcome", async () => {
  await expect(database.transaction((client) => client.query("INSERT INTO child VALUES (1, 99)"))).rejects.toMatchObject({
    code: "constraint",
    constraint: "child_parent_fkey",
    sqlState: "23503",
  });
  expect(await count("child")).toBe(0);
});

test("a swallowed statement error does not look like a commit", async () => {
  await expect(
    database.transaction(async (client) => {
      await client.query("INSERT INTO parent VALUES (1)");
      await client.query("SELECT 1 / 0").catch(() => undefined);
    }),
  ).rejects.toMatchObject({ code: "statement" });
  expect(await count("parent")).toBe(0);
});

test("a backend that dies during COMMIT leaves the outcome unknown, and the pool usable", async () => {
  const outcome = database.transaction((client) => client.query("INSERT INTO slow VALUES (1)")).then(
    () => "committed",
    (error: unknown) => error,
  );
  await terminateWhenWaiting("query = 'COMMIT' AND state = 'active'");
  expect(await outcome).toMatchObject({ name: "DatabaseError", code: "commit_unknown" });
  expect(await count("slow")).toBe(0);
});

test("a backend that dies before COMMIT is a lost connection, also between two statements", async () => {
  await expect(
    database.transaction(async (client) => {
      await client.query("INSERT INTO parent VALUES (1)");
      await terminateWhenWaiting("state = 'idle in transaction'");
      await client.query("INSERT INTO parent VALUES (2)");
    }),
  ).rejects.toMatchObject({ code: "connection" });
  expect(await count("parent")).toBe(0);
});

test("the server's refusals carry a code and say what to do", async () => {
  const raise = (state: string) => database.query(`DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '${state}'; END $$`);
  await expect(raise("53100")).rejects.toMatchObject({ code: "disk_full", message: expect.stringContaining("Free space") });
  await expect(raise("42501")).rejects.toMatchObject({ code: "permission" });
  await expect(raise("40001")).rejects.toMatchObject({ code: "conflict" });
  await expect(database.query("SELEKT")).rejects.toMatchObject({ code: "statement", sqlState: "42601" });
});

test("a server that is away and a wrong password are told apart, without printing the password", async () => {
  const open = (url: string) => openDatabase(url, { applicationName: "refused", max: 1 });
  const away = open("postgres://someone:hidden@127.0.0.1:1/desk");
  await expect(away.query("SELECT 1")).rejects.toMatchObject({ code: "connection", message: expect.stringContaining("127.0.0.1:1/desk") });
  await expect(away.transaction(() => Promise.resolve())).rejects.toMatchObject({ code: "connection", message: expect.not.stringContaining("hidden") });
  const wrong = new URL(server.url);
  wrong.password = "hidden";
  const refused = open(wrong.href);
  await expect(refused.query("SELECT 1")).rejects.toMatchObject({ code: "permission", message: expect.not.stringContaining("hidden") });
  await Promise.all([away.close(), refused.close()]);
});

test("a database opened for a role acts as that role", async () => {
  await database.query("CREATE ROLE desk_reader NOLOGIN");
  const reader = openDatabase(server.url, { applicationName: "reader", max: 1, role: "desk_reader" });
  await expect(reader.query("SELECT current_user AS who")).resolves.toMatchObject({ rows: [{ who: "desk_reader" }] });
  await expect(reader.query("SELECT * FROM parent")).rejects.toMatchObject({ code: "permission" });
  await reader.close();
});
