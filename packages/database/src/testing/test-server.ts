// For this package's own tests: testkit stands above this package and cannot be used here.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres, stopEmbeddedPostgres, type EmbeddedPostgres } from "../embedded/start.ts";

export type TestFolder = { readonly folder: string; readonly remove: () => Promise<void> };

/** A temporary folder whose server, if there is one, is stopped when it is removed. */
export const testFolder = async (): Promise<TestFolder> => {
  const folder = await mkdtemp(join(tmpdir(), `finality-test-${String(process.pid)}-`));
  return {
    folder,
    remove: async () => {
      await stopEmbeddedPostgres(folder);
      await rm(folder, { recursive: true, force: true });
    },
  };
};

export type TestServer = EmbeddedPostgres & { readonly remove: () => Promise<void> };

export const testServer = async (): Promise<TestServer> => {
  const { folder, remove } = await testFolder();
  return { ...(await startEmbeddedPostgres({ folder })), remove };
};
