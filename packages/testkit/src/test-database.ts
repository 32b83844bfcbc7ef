import { openDatabase, type Database } from "@finality/database";
import { randomName, startSharedServer, urlOf, withDatabase, type SharedServer } from "./shared-server.ts";

export type TestDatabase = {
  readonly url: string;
  readonly database: Database;
  /** Closes `database`, ends all other sessions and drops it. */
  dispose(): Promise<void>;
};

let own: Promise<SharedServer> | undefined;

/** The run's server (global-setup.ts); without one (a script, a benchmark) this process starts its own, which stops when it ends. */
const sharedServer = (): Promise<SharedServer> => {
  const announced = process.env["FINALITY_TESTKIT_SERVER"];
  own ??= announced === undefined ? startSharedServer(process.env["FINALITY_TEST_DATABASE_URL"]) : Promise.resolve(parseAnnounced(announced));
  return own;
};

const parseAnnounced = (text: string): SharedServer => {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed === "object" && parsed !== null && "url" in parsed && "template" in parsed) {
    return { url: String(parsed.url), template: String(parsed.template) };
  }
  throw new Error(`FINALITY_TESTKIT_SERVER is not what global-setup.ts writes: ${text}`);
};

/** A fresh, migrated, empty database with a name of its own. One a test file is enough for most. */
export const testDatabase = async ({ max = 8 }: { readonly max?: number } = {}): Promise<TestDatabase> => {
  const { url: server, template } = await sharedServer();
  const name = randomName("test");
  await withDatabase(server, (admin) => admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  const url = urlOf(server, name);
  const database = openDatabase(url, { applicationName: "finality test", max });
  return {
    url,
    database,
    dispose: async () => {
      await database.close();
      await withDatabase(server, (admin) => admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
};
