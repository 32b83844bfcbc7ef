import { mkdirSync, rmSync } from "node:fs";
import { lockFolder, migrate, openDatabase, startEmbeddedPostgres, type Database, type EmbeddedPostgres, type FolderLock } from "@finality/database";
import { checkpointsOf } from "./signing-key.ts";

/** One data folder: an embedded PostgreSQL with the database `finality`, migrated. */
export type DataFolder = {
  readonly folder: string;
  readonly database: Database;
  /** Rejects when the server is gone for good, or another process took the folder while it was away; never resolves. */
  readonly lost: Promise<never>;
  close(): Promise<void>;
};

export type DataFolderOptions = {
  readonly folder: string;
  /** The only user of the folder: throws DatabaseError "folder_in_use" when somebody else is. Readers look on without it. */
  readonly exclusive: boolean;
  /** Begins with an empty database. */
  readonly fresh?: boolean;
};

const databaseName = "finality";
const connections = 24;

export const openDataFolder = async ({ folder, exclusive, fresh = false }: DataFolderOptions): Promise<DataFolder> => {
  mkdirSync(folder, { recursive: true });
  const postgres = await startEmbeddedPostgres({ folder });
  const lock = exclusive ? await lockOrLeave(postgres) : undefined;
  try {
    // What was attested of the old logs would accuse the new ones.
    if (fresh) rmSync(checkpointsOf(folder), { recursive: true, force: true });
    const database = await openOwnDatabase(postgres, fresh);
    const lost = Promise.race([postgres.ended, ...(lock === undefined ? [] : [lock.lost])]);
    lost.catch(() => undefined);
    return {
      folder,
      database,
      lost,
      close: async () => {
        await database.close();
        await leave(postgres, lock);
      },
    };
  } catch (error) {
    await leave(postgres, lock);
    throw error;
  }
};

const lockOrLeave = async (postgres: EmbeddedPostgres): Promise<FolderLock> => {
  try {
    return await lockFolder(postgres);
  } catch (error) {
    if (!postgres.adopted) await postgres.stop();
    throw error;
  }
};

/** The owner stops the server; a reader only when it started it and nobody has moved in meanwhile. */
const leave = async (postgres: EmbeddedPostgres, lock: FolderLock | undefined): Promise<void> => {
  if (lock !== undefined) {
    await lock.release();
    await postgres.stop();
    return;
  }
  if (postgres.adopted) return;
  const own = await lockFolder(postgres).catch(() => undefined);
  if (own === undefined) return;
  await own.release();
  await postgres.stop();
};

const openOwnDatabase = async (postgres: EmbeddedPostgres, fresh: boolean): Promise<Database> => {
  const admin = openDatabase(postgres.url, { applicationName: "finality set-up", max: 1 });
  try {
    if (fresh) await admin.query(`DROP DATABASE IF EXISTS ${databaseName} WITH (FORCE)`);
    const { rowCount } = await admin.query("SELECT FROM pg_database WHERE datname = $1", [databaseName]);
    if (rowCount === 0) await admin.query(`CREATE DATABASE ${databaseName}`);
  } finally {
    await admin.close();
  }
  const url = new URL(postgres.url);
  url.pathname = `/${databaseName}`;
  const database = openDatabase(url.href, { applicationName: "finality", max: connections });
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
};
