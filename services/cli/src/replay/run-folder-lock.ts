import { randomUUID } from "node:crypto";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CliError } from "../exit-codes.ts";

const prefix = ".running-";
/** Of this process, so that its own are told from those of a process that had its number before. */
const held = new Set<string>();

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
};

/** Removes what a killed run left. */
const runsIn = async (path: string): Promise<readonly { readonly name: string; readonly pid: number }[]> => {
  const found = (await readdir(path)).filter((name) => name.startsWith(prefix)).map((name) => ({ name, pid: Number.parseInt(name.slice(prefix.length), 10) }));
  const isRunning = ({ name, pid }: (typeof found)[number]): boolean => (pid === process.pid ? held.has(join(path, name)) : isAlive(pid));
  for (const each of found) if (!isRunning(each)) await rm(join(path, each.name), { force: true });
  return found.filter(isRunning);
};

/**
 * Keeps a second run out of the folder, on this machine; of two that begin in the same moment both may be refused, and none is let in beside
 * another. Returns what lets go of it. Throws `CliError` "conflict".
 */
export const lockRunFolder = async (path: string): Promise<() => Promise<void>> => {
  const own = `${prefix}${String(process.pid)}-${randomUUID()}`;
  held.add(join(path, own));
  await writeFile(join(path, own), "");
  const release = async (): Promise<void> => {
    await rm(join(path, own), { force: true });
    held.delete(join(path, own));
  };
  // Looked for behind the own mark: whoever comes later sees that one.
  const other = (await runsIn(path)).find(({ name }) => name !== own);
  if (other === undefined) return release;
  await release();
  throw new CliError("conflict", `Another process writes into ${path} (process ${String(other.pid)}): wait for its end, or name another folder.`);
};
