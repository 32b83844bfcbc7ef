import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stopEmbeddedPostgres } from "@finality/database";

/** Named after the process that made it, so that what a killed run left can be found and removed. */
export const temporaryFolder = (): Promise<string> => mkdtemp(join(tmpdir(), `finality-test-${String(process.pid)}-`));

/** Stops the PostgreSQL in the folder, if one runs, and removes the folder. */
export const removeFolder = async (folder: string): Promise<void> => {
  await stopEmbeddedPostgres(folder);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
};

/** Removes the folders, and stops the servers, of test processes that are gone. */
export const removeAbandonedFolders = async (): Promise<void> => {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(/^finality-test-(\d+)-/.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) await removeFolder(join(tmpdir(), name));
  }
};
