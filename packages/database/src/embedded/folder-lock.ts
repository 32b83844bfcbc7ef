import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { DatabaseError, placeOf, toDatabaseError } from "../errors.ts";
import type { EmbeddedPostgres } from "./start.ts";

export type FolderLock = { release(): Promise<void> };

/** "Finality" in one bigint; the lock is in the folder's own database, so one key serves every folder. */
const lockKey = "5073159827613545593";
/** The server needs a moment to notice that a killed owner's connection is gone. */
const patienceMs = 2_000;
const pollMs = 50;

/**
 * Makes this process the folder's only user. The lock is a session's: it ends with the process, however that ends, so none is ever stale.
 * Throws DatabaseError "folder_in_use" when another process holds it.
 */
export const lockFolder = async ({ folder, url }: Pick<EmbeddedPostgres, "folder" | "url">): Promise<FolderLock> => {
  const client = new pg.Client({ connectionString: url, application_name: `finality lock ${String(process.pid)}`, keepAlive: true });
  // When the server goes, the lock goes with it; everybody else's queries say so.
  client.on("error", () => undefined);
  try {
    await client.connect();
    for (let waitedMs = 0; waitedMs <= patienceMs; waitedMs += pollMs) {
      const { rows } = await client.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1) AS locked", [lockKey]);
      if (rows[0]?.locked === true) return { release: () => client.end() };
      await sleep(pollMs);
    }
  } catch (error) {
    await client.end().catch(() => undefined);
    throw toDatabaseError(error, placeOf(url));
  }
  await client.end();
  throw new DatabaseError("folder_in_use", `The data folder ${folder} is in use by another running process. Stop that one first, or choose another folder.`);
};
