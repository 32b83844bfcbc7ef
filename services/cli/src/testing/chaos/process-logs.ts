import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

/** Keeps what processes say, a file each, and the last lines of all. */
export type ProcessLogs = { readonly folder: string; write(process: string, line: string): void };

export const openProcessLogs = (folder: string): ProcessLogs => {
  mkdirSync(folder, { recursive: true });
  return { folder, write: (process, line) => { appendFileSync(join(folder, `${process}.log`), `${new Date().toISOString()} ${line}\n`); } };
};
