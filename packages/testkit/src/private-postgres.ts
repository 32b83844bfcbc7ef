import { migrate, openDatabase, startEmbeddedPostgres, type Database, type StopMode } from "@finality/database";
import { removeFolder, temporaryFolder } from "./temporary-folders.ts";

export type PrivatePostgres = {
  /** The data folder, as `startEmbeddedPostgres` was given it. */
  readonly folder: string;
  /** Stays the same over a restart. */
  readonly url: string;
  readonly database: Database;
  /** "immediate" is a crash: PostgreSQL recovers from its write-ahead log at the next start. */
  stop(mode?: StopMode): Promise<void>;
  /** After `stop`, on the same port. */
  start(): Promise<void>;
  restart(mode?: StopMode): Promise<void>;
  dispose(): Promise<void>;
};

/** A migrated server for one test that hurts it. */
export const privatePostgres = async (): Promise<PrivatePostgres> => {
  const folder = await temporaryFolder();
  let server = await startEmbeddedPostgres({ folder });
  const { url, port } = server;
  const database = openDatabase(url, { applicationName: "finality test", max: 8 });
  await migrate(database);
  const stop = (mode: StopMode = "fast"): Promise<void> => server.stop(mode);
  const start = async (): Promise<void> => {
    server = await startEmbeddedPostgres({ folder, port });
  };
  return {
    folder,
    url,
    database,
    stop,
    start,
    restart: async (mode) => {
      await stop(mode);
      await start();
    },
    dispose: async () => {
      await database.close();
      await removeFolder(folder);
    },
  };
};
