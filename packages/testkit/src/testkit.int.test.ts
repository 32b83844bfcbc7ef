import { expect, test } from "vitest";
import { eventually } from "./eventually.ts";
import { privatePostgres } from "./private-postgres.ts";
import { testDatabase } from "./test-database.ts";

test("each test database is migrated, empty and nobody else's, and goes when disposed of", async () => {
  const [one, two] = await Promise.all([testDatabase(), testDatabase()]);
  await one.database.query("CREATE TABLE public.mine (id int)");
  expect((await two.database.query("SELECT to_regclass('public.mine') AS found")).rows).toEqual([{ found: null }]);
  expect((await two.database.query("SELECT FROM public._prisma_migrations")).rowCount).toBeGreaterThan(0);
  const { pathname } = new URL(one.url);
  await one.dispose();
  expect((await two.database.query("SELECT FROM pg_database WHERE datname = $1", [pathname.slice(1)])).rowCount).toBe(0);
  await two.dispose();
});

test("a private server comes back after a crash on the same URL with what was committed", async () => {
  const postgres = await privatePostgres();
  await postgres.database.query("CREATE TABLE public.kept (id int)");
  await postgres.database.query("INSERT INTO public.kept VALUES (1)");
  await postgres.stop("immediate");
  await expect(postgres.database.query("SELECT 1")).rejects.toMatchObject({ code: "connection" });
  await postgres.start();
  expect((await eventually(() => postgres.database.query("SELECT id FROM public.kept"))).rows).toEqual([{ id: 1 }]);
  await postgres.restart();
  expect((await eventually(() => postgres.database.query("SELECT id FROM public.kept"))).rows).toEqual([{ id: 1 }]);
  await postgres.dispose();
});
