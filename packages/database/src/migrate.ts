import { createHash, randomUUID } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Database, Queryable } from "./database.ts";
import { DatabaseError } from "./errors.ts";

/** prisma/migrations of this workspace. */
export const migrationsFolder: string = join(import.meta.dirname, "../../../prisma/migrations");

/** The lock that Prisma's own engine takes, so that `prisma migrate deploy` and we wait for each other. */
const prismaLockKey = 72_707_369;

const createTable = `CREATE TABLE IF NOT EXISTS public._prisma_migrations (
  id                  VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum            VARCHAR(64) NOT NULL,
  finished_at         TIMESTAMPTZ,
  migration_name      VARCHAR(255) NOT NULL,
  logs                TEXT,
  rolled_back_at      TIMESTAMPTZ,
  started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;

const selectApplied = "SELECT migration_name, checksum, finished_at IS NOT NULL AS finished FROM public._prisma_migrations WHERE rolled_back_at IS NULL";

type Migration = { readonly name: string; readonly sql: string; readonly checksum: string };
type Applied = { readonly migration_name: string; readonly checksum: string; readonly finished: boolean };

const readMigrations = async (folder: string): Promise<readonly Migration[]> => {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
  return Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(folder, name, "migration.sql"));
      return { name, sql: bytes.toString("utf8"), checksum: createHash("sha256").update(bytes).digest("hex") };
    }),
  );
};

const checkApplied = (applied: readonly Applied[], migrations: readonly Migration[], place: string): void => {
  for (const row of applied) {
    const file = migrations.find(({ name }) => name === row.migration_name);
    if (file === undefined) {
      throw new DatabaseError("migration", `${place} has the migration ${row.migration_name}, which this build does not know. Run a build that is at least as new as the database.`);
    }
    if (!row.finished) {
      throw new DatabaseError("migration", `The migration ${row.migration_name} began on ${place} and did not finish. Mend it with "prisma migrate resolve", then start again.`);
    }
    if (file.checksum !== row.checksum) {
      throw new DatabaseError("migration", `The file of the migration ${row.migration_name} was changed after it was applied to ${place} (sha256 ${row.checksum.slice(0, 12)}… then, ${file.checksum.slice(0, 12)}… now). Undo the change and write a new migration.`);
    }
  }
};

const apply = async (client: Queryable, { name, sql, checksum }: Migration, place: string): Promise<void> => {
  await client.query("INSERT INTO public._prisma_migrations (id, checksum, migration_name, started_at) VALUES ($1, $2, $3, clock_timestamp())", [randomUUID(), checksum, name]);
  try {
    await client.query(sql);
  } catch (error) {
    throw new DatabaseError("migration", `The migration ${name} failed on ${place} and was undone: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  await client.query("UPDATE public._prisma_migrations SET finished_at = clock_timestamp(), applied_steps_count = 1 WHERE migration_name = $1", [name]);
};

/**
 * Applies what is not yet applied, in order of name, all or nothing, and returns the names. Several processes may call it at once.
 * The rows are Prisma's, so that `prisma migrate deploy` works on the same folder. A migration must be able to run in a transaction.
 * Throws DatabaseError "migration" when an applied file was changed or a migration fails.
 */
export const migrate = async (database: Database, folder: string = migrationsFolder): Promise<readonly string[]> => {
  const migrations = await readMigrations(folder);
  return database.transaction(async (client) => {
    await client.query("SELECT pg_advisory_xact_lock($1)", [prismaLockKey]);
    await client.query(createTable);
    const { rows } = await client.query<Applied>(selectApplied);
    checkApplied(rows, migrations, database.place);
    const pending = migrations.filter(({ name }) => !rows.some((row) => row.migration_name === name));
    for (const migration of pending) await apply(client, migration, database.place);
    return pending.map(({ name }) => name);
  });
};

/** Names of the migrations that the database lacks; in order. Throws DatabaseError "migration" when it has some that this build does not know, or other ones. */
export const pendingMigrations = async (database: Database, folder: string = migrationsFolder): Promise<readonly string[]> => {
  const migrations = await readMigrations(folder);
  const { rows: tables } = await database.query<{ readonly there: boolean }>("SELECT to_regclass('public._prisma_migrations') IS NOT NULL AS there");
  if (tables[0]?.there !== true) return migrations.map(({ name }) => name);
  const { rows } = await database.query<Applied>(selectApplied);
  checkApplied(rows, migrations, database.place);
  return migrations.filter(({ name }) => !rows.some((row) => row.migration_name === name)).map(({ name }) => name);
};
