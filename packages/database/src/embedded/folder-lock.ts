import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { DatabaseError, placeOf, toDatabaseError } from "../errors.ts";
import type { EmbeddedPostgres } from "./start.ts";

export type FolderLock = {
  /** Rejects with DatabaseError "folder_in_use" when the server was restarted and another process took the folder meanwhile; never resolves. */
  readonly lost: Promise<never>;
  release(): Promise<void>;
};

/** "Finality" in one bigint; the lock is in the folder's own database, so one key serves every folder. */
const lockKey = "5073159827613545593";
/** The server needs a moment to notice that a killed owner's connection is gone. */
const patienceMs = 2_000;
const pollMs = 50;

/**
 * Makes this process the folder's only user. The lock is a session's: it ends with the process, however that ends, so none is ever stale.
 * When the server goes, the lock goes with it, and is taken again as soon as the server is back.
 * Throws DatabaseError "folder_in_use" when another process holds it.
 */
export const lockFolder = async (server: Pick<EmbeddedPostgres, "folder" | "url">): Promise<FolderLock> => {
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => undefined);
  let released = false;
  const onGone = (): void => {
    holding = takeAgain();
    holding.catch(lost.reject);
  };
  const takeAgain = async (): Promise<pg.Client | undefined> => {
    while (!released) {
      try {
        return await take(server, onGone);
      } catch (error) {
        if (error instanceof DatabaseError && error.code === "folder_in_use") throw error;
        await sleep(pollMs);
      }
    }
    return undefined;
  };
  let holding: Promise<pg.Client | undefined> = Promise.resolve(await take(server, onGone));
  return {
    lost: lost.promise,
    release: async () => {
      released = true;
      const client = await holding.catch(() => undefined);
      await client?.end().catch(() => undefined);
    },
  };
};

/** A session that holds the lock; `onGone` is called once when it ends other than by `end`. */
const take = async ({ folder, url }: Pick<EmbeddedPostgres, "folder" | "url">, onGone: () => void): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url, application_name: `finality lock ${String(process.pid)}`, keepAlive: true });
  let held = false;
  client.on("error", () => {
    if (!held) return;
    held = false;
    onGone();
  });
  try {
    await client.connect();
    for (let waitedMs = 0; waitedMs <= patienceMs; waitedMs += pollMs) {
      const { rows } = await client.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1) AS locked", [lockKey]);
      held = rows[0]?.locked === true;
      if (held) return client;
      await sleep(pollMs);
    }
  } catch (error) {
    await client.end().catch(() => undefined);
    throw toDatabaseError(error, placeOf(url));
  }
  await client.end();
  throw new DatabaseError("folder_in_use", `The data folder ${folder} is in use by another running process. Stop that one first, or choose another folder.`);
};
