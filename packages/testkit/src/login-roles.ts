import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openDatabase } from "@finality/database";

export const logins = ["sequencer", "dispatcher", "executor", "paper_venue", "projector", "notary", "api", "operator", "conductor"] as const;
export type Login = (typeof logins)[number];

const folder = join(import.meta.dirname, "../../../infra/postgres");
/** Roles belong to the server: test files that share one must not change it for each other. */
const password = "for-tests";

/** What psql would make of the script: without its own commands, each password in its place. */
const statementsOf = async (file: string): Promise<string> =>
  (await readFile(join(folder, file), "utf8")).replaceAll(/^\\.*$/gm, "").replaceAll(/:'\w+_password'/g, `'${password}'`);

/**
 * Runs infra/postgres/login-roles.sql, and bus-and-queue.sql for a cluster without Kafka and Redis, on a migrated database as its owner.
 * Returns the URL of each login, with nothing but the rights that its service has in production.
 */
export const createLogins = async (ownerUrl: string, { busAndQueueInPostgres = false }: { readonly busAndQueueInPostgres?: boolean } = {}): Promise<Readonly<Record<Login, string>>> => {
  const owner = openDatabase(ownerUrl, { applicationName: "finality testkit", max: 1 });
  try {
    await owner.query(await statementsOf("login-roles.sql"));
    if (busAndQueueInPostgres) await owner.query(await statementsOf("bus-and-queue.sql"));
  } finally {
    await owner.close();
  }
  const urlOf = (login: Login): string => {
    const url = new URL(ownerUrl);
    url.username = `finality_login_${login}`;
    url.password = password;
    return url.href;
  };
  // Every login has its entry.
  return Object.fromEntries(logins.map((login) => [login, urlOf(login)])) as Record<Login, string>;
};
