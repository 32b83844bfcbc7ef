import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ArchiveError } from "../errors.ts";

const prefix = ".export-";
/** Of this process, so that its own abandoned folders are told from those in use. */
const inUse = new Set<string>();

/**
 * Runs with a new folder beside the ranges of a log, which is gone afterwards unless the run renamed it. Removes what killed exports left.
 * Throws `conflict` while another export of the log is running on this machine.
 */
export const inTemporaryFolder = async <T>(logFolder: string, run: (folder: string) => Promise<T>): Promise<T> => {
  await mkdir(logFolder, { recursive: true });
  await removeAbandoned(logFolder);
  const folder = join(logFolder, `${prefix}${String(process.pid)}-${randomUUID()}`);
  inUse.add(folder);
  try {
    await mkdir(folder);
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    inUse.delete(folder);
  }
};

const removeAbandoned = async (logFolder: string): Promise<void> => {
  for (const name of await readdir(logFolder)) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(logFolder, name);
    const owner = Number.parseInt(name.slice(prefix.length), 10);
    if (owner === process.pid ? inUse.has(folder) : isAlive(owner)) {
      throw new ArchiveError("conflict", `Another export into ${logFolder} is running (process ${String(owner)}, ${name}).`);
    }
    await rm(folder, { recursive: true, force: true });
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
};
