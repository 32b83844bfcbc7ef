import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PrismaPg } from "@prisma/adapter-pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase, type Database } from "./database.ts";
import { migrate, migrationsFolder } from "./migrate.ts";
import { createPrisma } from "./prisma.ts";
import { openSchemaEngine } from "./testing/schema-engine.ts";
import { testServer, type TestServer } from "./testing/test-server.ts";

let server: TestServer;
let database: Database;
let schema: string;

beforeAll(async () => {
  server = await testServer();
  database = openDatabase(server.url, { applicationName: "schema test", max: 2 });
  await migrate(database);
  schema = await readFile(join(migrationsFolder, "../schema.prisma"), "utf8");
});

afterAll(async () => {
  await database.close();
  await server.remove();
});

const differenceTo = async (content: string): Promise<string> => {
  const engine = await openSchemaEngine(new PrismaPg({ connectionString: server.url }), content);
  try {
    return await engine.difference(content);
  } finally {
    engine.close();
  }
};

test("the migrated database is what prisma/schema.prisma says", async () => {
  expect(await differenceTo(schema)).toBe("");
});

test("the comparison does see a difference", async () => {
  const [, known] = /schemas\s*=\s*\["(\w+)"/.exec(schema) ?? [];
  const added = `${schema}\nmodel Difference {\n  id Int @id\n  @@map("difference")\n  @@schema("${String(known)}")\n}\n`;
  expect(await differenceTo(added)).toContain(`CREATE TABLE "${String(known)}"."difference"`);
});

test("the generated client is of this schema (else: pnpm --filter @finality/database generate)", async () => {
  const generated = await readFile(join(import.meta.dirname, "generated/internal/class.ts"), "utf8");
  const inline = /"inlineSchema": ("(?:[^"\\]|\\.)*")/.exec(generated)?.[1];
  expect(inline === undefined ? undefined : JSON.parse(inline)).toBe(schema);
});

test("the Prisma client works over the database's pool and leaves it open", async () => {
  const prisma = createPrisma(database);
  expect(await prisma.$queryRaw`SELECT 1 AS one`).toEqual([{ one: 1 }]);
  await prisma.$disconnect();
  expect((await database.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
});
