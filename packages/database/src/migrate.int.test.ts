import { appendFile, cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PrismaPg } from "@prisma/adapter-pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { openDatabase, type Database } from "./database.ts";
import { migrate, migrationsFolder } from "./migrate.ts";
import { openSchemaEngine } from "./testing/schema-engine.ts";
import { testServer, type TestServer } from "./testing/test-server.ts";

let server: TestServer;
let admin: Database;
let database: Database;
let folder: string;
let round = 0;

const open = (): Database => {
  const url = new URL(server.url);
  url.pathname = `/migrate_${String(round)}`;
  return openDatabase(url.href, { applicationName: "migrate test", max: 2 });
};

const write = async (name: string, sql: string): Promise<void> => {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, "migration.sql"), sql);
};

beforeAll(async () => {
  server = await testServer();
  admin = openDatabase(server.url, { applicationName: "migrate test", max: 1 });
});

beforeEach(async () => {
  round += 1;
  await admin.query(`CREATE DATABASE migrate_${String(round)}`);
  database = open();
  folder = join(server.folder, `migrations_${String(round)}`);
  await write("2_second", "INSERT INTO house.room VALUES (2);");
  await write("1_first", "CREATE SCHEMA house;\nCREATE TABLE house.room (id int PRIMARY KEY);\nINSERT INTO house.room VALUES (1);");
  await writeFile(join(folder, "migration_lock.toml"), 'provider = "postgresql"\n');
});

afterEach(() => database.close());

afterAll(async () => {
  await admin.close();
  await server.remove();
});

const rooms = async (): Promise<readonly number[]> =>
  (await database.query<{ id: number }>("SELECT id FROM house.room ORDER BY id")).rows.map(({ id }) => id);

test("applies in order of name, and a second run does nothing", async () => {
  expect(await migrate(database, folder)).toEqual(["1_first", "2_second"]);
  expect(await migrate(database, folder)).toEqual([]);
  await write("3_third", "INSERT INTO house.room VALUES (3);");
  expect(await migrate(database, folder)).toEqual(["3_third"]);
  expect(await rooms()).toEqual([1, 2, 3]);
});

test("refuses a file that was changed after it was applied, and names it", async () => {
  await migrate(database, folder);
  await appendFile(join(folder, "1_first/migration.sql"), "-- a word\n");
  await expect(migrate(database, folder)).rejects.toMatchObject({ code: "migration", message: expect.stringContaining("1_first") });
});

test("refuses a database that is newer than the build", async () => {
  await migrate(database, folder);
  await rm(join(folder, "2_second"), { recursive: true });
  await expect(migrate(database, folder)).rejects.toMatchObject({ code: "migration", message: expect.stringContaining("2_second") });
});

test("a migration that fails leaves nothing of any, and names itself", async () => {
  await write("2_second", "INSERT INTO house.room VALUES (2); SELECT 1 / 0;");
  await expect(migrate(database, folder)).rejects.toMatchObject({ code: "migration", message: expect.stringContaining("2_second") });
  await expect(rooms()).rejects.toMatchObject({ sqlState: "42P01" });
  await write("2_second", "INSERT INTO house.room VALUES (2);");
  expect(await migrate(database, folder)).toEqual(["1_first", "2_second"]);
});

test("several at once apply each migration once", async () => {
  const others = Array.from({ length: 5 }, open);
  const applied = await Promise.all(others.map((other) => migrate(other, folder)));
  expect(applied.flat().sort()).toEqual(["1_first", "2_second"]);
  expect(await rooms()).toEqual([1, 2]);
  await Promise.all(others.map((other) => other.close()));
});

test("Prisma's own engine finds everything applied and has nothing to do", async () => {
  await migrate(database, folder);
  const engine = await openSchemaEngine(new PrismaPg({ connectionString: database.url }));
  expect(await engine.applyMigrations(folder)).toEqual([]);
  await write("3_third", "INSERT INTO house.room VALUES (3);");
  expect(await engine.applyMigrations(folder)).toEqual(["3_third"]);
  engine.close();
  expect(await migrate(database, folder)).toEqual([]);
});

test("read models that were there before they had versions are version 1, which serves", async () => {
  const before = join(server.folder, "before_versions");
  await cp(migrationsFolder, before, { recursive: true });
  const later = (await readdir(before)).filter((name) => name >= "20261124000000_projections" && /^\d/.test(name));
  for (const name of later) await rm(join(before, name), { recursive: true });
  await migrate(database, before);
  await database.query("INSERT INTO read_model.checkpoint (log, generation, position, recorded_us, venue_us) VALUES ('SPX', 2, 7, 8, 9)");
  await database.query("INSERT INTO read_model.book (log, book, account, hedge_instrument, policy, limits, status, hedges) VALUES ('SPX', 'scalper', 'paper', 'FUT', '{}', '{}', 'trading', 3)");
  expect(await migrate(database)).toEqual(later.sort());
  expect((await database.query("SELECT log, generation, position::int8, recorded_us::int8, venue_us::int8 FROM read_model.checkpoint")).rows).toEqual([{ log: "SPX", generation: 2, position: 7, recorded_us: 8, venue_us: 9 }]);
  expect((await database.query("SELECT book, hedges FROM read_model.book")).rows).toEqual([{ book: "scalper", hedges: 3 }]);
  expect((await database.query("SELECT version, shape, semantics FROM projection.version JOIN projection.serving USING (log, version)")).rows).toEqual([{ version: 1, shape: 1, semantics: 0 }]);
});
