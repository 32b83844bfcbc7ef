// Vitest runs this once per project that names it, all in the same process: they share one server.
import { startSharedServer, type OwnedServer } from "./shared-server.ts";
import { removeAbandonedFolders } from "./temporary-folders.ts";

type Shared = { users: number; server: Promise<OwnedServer> };

const key = Symbol.for("finality.testkit.server");
const holder: typeof globalThis & { [key]?: Shared | undefined } = globalThis;

const start = async (): Promise<OwnedServer> => {
  await removeAbandonedFolders();
  const given = process.env["FINALITY_TEST_DATABASE_URL"];
  const server = await startSharedServer(given === "" ? undefined : given);
  // The workers are children of this process and read it there (test-database.ts).
  process.env["FINALITY_TESTKIT_SERVER"] = JSON.stringify({ url: server.url, template: server.template });
  return server;
};

export const setup = async (): Promise<void> => {
  const shared = (holder[key] ??= { users: 0, server: start() });
  shared.users += 1;
  await shared.server;
};

export const teardown = async (): Promise<void> => {
  const shared = holder[key];
  if (shared === undefined) return;
  shared.users -= 1;
  if (shared.users > 0) return;
  holder[key] = undefined;
  await (await shared.server).dispose();
  await removeAbandonedFolders();
};
