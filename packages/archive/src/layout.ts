import { join } from "node:path";
import { ArchiveError } from "./errors.ts";

// <archive>/<log>/<generation>-<first>-<last>/ with manifest.json, records.parquet and one file a record type.

export const manifestFile = "manifest.json";
export const recordsFile = "records.parquet";
export const ticksType = "TicksRecorded";

/** Digits enough for the generations and positions that fit a double's integers in practice; names then sort as the numbers do. */
const generationDigits = 4;
const positionDigits = 15;

const logPattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const typePattern = /^[A-Za-z][A-Za-z0-9]*$/;
const rangePattern = /^\d{4,}-\d{15,}-\d{15,}$/;

/** Throws `bad_request` for a name that would lead out of the archive. */
export const logFolderOf = (folder: string, log: string): string => {
  if (!logPattern.test(log)) throw new ArchiveError("bad_request", `The log's name ${JSON.stringify(log)} cannot name a folder of an archive.`);
  return join(folder, log);
};

export const isLogFolder = (name: string): boolean => logPattern.test(name);
export const isRangeFolder = (name: string): boolean => rangePattern.test(name);

export const rangeFolderOf = (generation: number, first: number, last: number): string =>
  [String(generation).padStart(generationDigits, "0"), ...[first, last].map((position) => String(position).padStart(positionDigits, "0"))].join("-");

/** The file that holds the bodies of a type; undefined where the type's name cannot name a file, and the payload stays beside the record. */
export const typeFileOf = (type: string): string | undefined => (typePattern.test(type) && type !== "records" ? `${type}.parquet` : undefined);
