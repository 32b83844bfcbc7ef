import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { openCheckpoint, type Era, type LogCheckpoint } from "@finality/transparency";

/**
 * The newest checkpoint of each log, as a file outside PostgreSQL: a database that is set back in silence cannot set these back, too. One
 * writer a folder; it belongs on another disk or machine than the database.
 */
export interface CheckpointFolder {
  /** Durable when it resolves. */
  keep(log: string, note: string): Promise<void>;
  /** The note as it was kept, unjudged; undefined where there is none. */
  kept(log: string): Promise<string | undefined>;
  /** Undefined where there is none. Throws TransparencyError for a file that no key in force signed. */
  newest(log: string, eras: readonly Era[]): Promise<(LogCheckpoint & { readonly generation: number; readonly note: string }) | undefined>;
}

/** A log's name as a file's. */
const fileOf = (folder: string, log: string): string => join(folder, `${encodeURIComponent(log)}.checkpoint`);

const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
};

/** A rename is durable when its folder is. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Of an origin that `originOf` made. */
const generationOf = (origin: string): number => Number(origin.slice(origin.lastIndexOf("/") + 1));

export const createCheckpointFolder = (folder: string): CheckpointFolder => ({
  keep: async (log, note) => {
    await mkdir(folder, { recursive: true });
    const path = fileOf(folder, log);
    const file = await open(`${path}.new`, "w");
    try {
      await file.writeFile(note);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    await syncFolder(folder);
  },
  kept: (log) => readIfThere(fileOf(folder, log)),
  newest: async (log, eras) => {
    const note = await readIfThere(fileOf(folder, log));
    if (note === undefined) return undefined;
    const { origin, size, root } = openCheckpoint(note, eras);
    return { origin, size, root, generation: generationOf(origin), note };
  },
});
