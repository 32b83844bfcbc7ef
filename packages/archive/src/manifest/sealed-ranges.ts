import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "@finality/transparency";
import { isLogFolder, isRangeFolder, logFolderOf, manifestFile } from "../layout.ts";
import { decodeManifest, type Manifest } from "./manifest.ts";

/** A range as it lies in the archive. */
export type SealedRange = { readonly folder: string; readonly manifest: Manifest; readonly manifestHash: string };

/** Logs that have a folder, sorted by name; none where the archive does not exist. */
export const archivedLogs = async (folder: string): Promise<readonly string[]> => (await namesIn(folder)).filter(isLogFolder);

/** Folders of a log that are named as ranges, sorted, whether sealed or not. */
export const rangeFolders = async (folder: string, log: string): Promise<readonly string[]> => {
  const logFolder = logFolderOf(folder, log);
  return (await namesIn(logFolder)).filter(isRangeFolder).map((name) => join(logFolder, name));
};

/** Undefined where there is no manifest: then there is no range. Throws `bad_manifest`. */
export const readSealedRange = async (folder: string): Promise<SealedRange | undefined> => {
  const path = join(folder, manifestFile);
  const bytes = await unlessMissing(readFile(path));
  return bytes === undefined ? undefined : { folder, manifest: decodeManifest(bytes, path), manifestHash: sha256(bytes).toString("hex") };
};

/** The sealed ranges of a log in order of position. */
export const sealedRanges = async (folder: string, log: string): Promise<readonly SealedRange[]> => {
  const ranges = await Promise.all((await rangeFolders(folder, log)).map(readSealedRange));
  return ranges.filter((range) => range !== undefined).sort((left, right) => left.manifest.first - right.manifest.first);
};

/** Manifests of one log or of all, by log and position. Throws `bad_manifest`. */
export const listArchive = async (folder: string, log?: string): Promise<readonly Manifest[]> => {
  const logs = log === undefined ? await archivedLogs(folder) : [log];
  const ranges = await Promise.all(logs.map((each) => sealedRanges(folder, each)));
  return ranges.flat().map(({ manifest }) => manifest);
};

const namesIn = async (folder: string): Promise<readonly string[]> => {
  const entries = (await unlessMissing(readdir(folder, { withFileTypes: true }))) ?? [];
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
};

const unlessMissing = async <T>(reading: Promise<T>): Promise<T | undefined> => {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
};
