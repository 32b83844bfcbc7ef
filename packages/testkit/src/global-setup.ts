// Vitest runs this once per project that names it, all in the same process: they share one PostgreSQL and its brokers.
import { openBrokerDesk } from "./shared-brokers.ts";
import { startSharedServer } from "./shared-server.ts";
import { removeAbandonedFolders } from "./temporary-folders.ts";

type Shared = { users: number; servers: Promise<{ dispose(): Promise<void> }> };

const key = Symbol.for("finality.testkit.server");
const holder: typeof globalThis & { [key]?: Shared | undefined } = globalThis;

const start = async (): Promise<{ dispose(): Promise<void> }> => {
  await removeAbandonedFolders();
  const given = process.env["FINALITY_TEST_DATABASE_URL"];
  const server = await startSharedServer(given === "" ? undefined : given);
  const desk = await openBrokerDesk();
  // The workers are children of this process and read them there (test-database.ts, shared-brokers.ts).
  process.env["FINALITY_TESTKIT_SERVER"] = JSON.stringify({ url: server.url, template: server.template });
  process.env["FINALITY_TESTKIT_BROKERS"] = desk.path;
  return {
    dispose: async () => {
      await Promise.all([server.dispose(), desk.dispose()]);
    },
  };
};

export const setup = async (): Promise<void> => {
  const shared = (holder[key] ??= { users: 0, servers: start() });
  shared.users += 1;
  await shared.servers;
};

export const teardown = async (): Promise<void> => {
  const shared = holder[key];
  if (shared === undefined) return;
  shared.users -= 1;
  if (shared.users > 0) return;
  holder[key] = undefined;
  await (await shared.servers).dispose();
  await removeAbandonedFolders();
};
