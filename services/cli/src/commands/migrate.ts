import { migrate, openDatabase } from "@finality/database";
import { queueConnection } from "@finality/runtime";
import { openWorkQueue } from "@finality/work-queue";
import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { printJson, say } from "../output.ts";

/** Brings the database that DATABASE_URL names to this release: its own tables and, where the queue lies in PostgreSQL, BullMQ's. Connects as the owner. */
export const runMigrate = async (config: Config, options: { readonly json?: true }): Promise<void> => {
  const { databaseUrl } = config.cluster;
  if (databaseUrl === undefined) throw new CliError("usage", "DATABASE_URL is missing: it names the database to migrate, with a user that owns it. A data folder migrates itself.");
  const database = openDatabase(databaseUrl, { applicationName: "finality migrate", max: 2 });
  try {
    const applied = await migrate(database);
    if (queueConnection(config.cluster).kind === "postgres") await (await openWorkQueue({ kind: "postgres", url: databaseUrl }, { onError: () => undefined })).close();
    if (options.json === true) printJson({ database: database.place, applied });
    else say(applied.length === 0 ? `${database.place} is up to date.` : `${database.place}: applied ${applied.join(", ")}.`);
  } finally {
    await database.close();
  }
};
