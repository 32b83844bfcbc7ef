import { resolve } from "node:path";
import { openDatabase, pendingMigrations, type Database } from "@finality/database";
import { folderToRead, type Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { openDataFolder } from "./data-folder.ts";

/** Where a command's data is: the database that DATABASE_URL names, or a data folder. */
export type OpenData = {
  readonly database: Database;
  /** For people: a folder, or host:port/database. */
  readonly place: string;
  /** Where what belongs to the person at this machine is kept, such as the salt of actor references. */
  readonly ownFolder: string;
  /** Whether bus and queue are those of the environment too; a data folder has its own. */
  readonly isCluster: boolean;
  close(): Promise<void>;
};

const connections = 8;

/** `--data` wins over DATABASE_URL, that over the folder used last. A database must have been migrated; a folder without a house is started for as long as it is open. */
export const openData = async (config: Config, named: string | undefined): Promise<OpenData> => {
  const { databaseUrl } = config.cluster;
  if (named !== undefined || databaseUrl === undefined) {
    return openFolder(folderToRead(config, named), false);
  }
  const database = openDatabase(databaseUrl, { applicationName: "finality cli", max: connections });
  try {
    const pending = await pendingMigrations(database);
    if (pending.length > 0) throw new CliError("validation", `The database ${database.place} lacks ${String(pending.length)} migrations (${pending.join(", ")}): run \`npx -y pnpm@10 finality migrate\` first.`);
    return { database, place: database.place, ownFolder: config.dataRoot, isCluster: true, close: () => database.close() };
  } catch (error) {
    await database.close();
    throw error;
  }
};

const openFolder = async (folder: string, exclusive: boolean): Promise<OpenData> => {
  const { database, close } = await openDataFolder({ folder, exclusive });
  return { database, place: folder, ownFolder: folder, isCluster: false, close };
};

/**
 * The same for what changes a log that nobody may be writing: a data folder is taken alone, and DatabaseError "folder_in_use" is thrown while a
 * house runs on it. Whether the services of a cluster are stopped cannot be seen from here. `making`: a folder that is named may be new.
 */
export const openDataAlone = async (config: Config, named: string | undefined, { making = false } = {}): Promise<OpenData> => {
  if (named === undefined && config.cluster.databaseUrl !== undefined) return openData(config, named);
  return openFolder(named !== undefined && making ? resolve(named) : folderToRead(config, named), true);
};
