import { randomBytes } from "node:crypto";
import { migrate, openDatabase, startEmbeddedPostgres, type Database } from "@finality/database";
import { removeFolder, temporaryFolder } from "./temporary-folders.ts";

/** A server on which every test file makes databases of its own, as copies of one that is migrated already. */
export type SharedServer = {
  /** Of a superuser, or of a user that may create databases and roles. */
  readonly url: string;
  readonly template: string;
};

export const urlOf = (server: string, name: string): string => {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
};

export const randomName = (kind: string): string => `finality_${kind}_${randomBytes(6).toString("hex")}`;

export const withDatabase = async <T>(url: string, work: (database: Database) => Promise<T>): Promise<T> => {
  const database = openDatabase(url, { applicationName: "finality testkit", max: 1 });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
};

const makeTemplate = async (server: string): Promise<string> => {
  const template = randomName("template");
  await withDatabase(server, (admin) => admin.query(`CREATE DATABASE ${template}`));
  await withDatabase(urlOf(server, template), (database) => migrate(database));
  return template;
};

export type OwnedServer = SharedServer & { dispose(): Promise<void> };

/** On the server of `given`, when there is one; else on a new embedded PostgreSQL. */
export const startSharedServer = async (given: string | undefined): Promise<OwnedServer> => {
  if (given !== undefined) {
    const template = await makeTemplate(given);
    const dispose = async (): Promise<void> => {
      await withDatabase(given, (admin) => admin.query(`DROP DATABASE ${template}`));
    };
    return { url: given, template, dispose };
  }
  const folder = await temporaryFolder();
  const { url } = await startEmbeddedPostgres({ folder });
  return { url, template: await makeTemplate(url), dispose: () => removeFolder(folder) };
};
