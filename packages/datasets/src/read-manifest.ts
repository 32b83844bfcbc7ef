import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DateTime } from "luxon";
import { Compile } from "typebox/compile";
import { DatasetError } from "./errors.ts";
import { DatasetManifest } from "./manifest.ts";

const checker = Compile(DatasetManifest);

/** Microseconds since 1970 of an ISO instant with an offset; keeps microseconds, which luxon drops. */
export const instantUsOf = (iso: string): number => {
  const parsed = DateTime.fromISO(iso, { setZone: true });
  if (!parsed.isValid) throw new DatasetError("manifest", `"${iso}" is not an instant: ${parsed.invalidExplanation ?? "unreadable"}.`);
  const fraction = /\.(\d+)/.exec(iso)?.[1]?.padEnd(6, "0") ?? "000000";
  return Math.floor(parsed.toMillis() / 1000) * 1_000_000 + Number(fraction);
};

/** Reads and checks `dataset.json` in `folder`. Throws `DatasetError` that names the field and its value. */
export const readManifest = (folder: string): DatasetManifest => {
  const path = join(folder, "dataset.json");
  if (!existsSync(path)) {
    throw new DatasetError("not_found", `No dataset in ${folder}: there is no dataset.json. Name a dataset that ships with Finality, or a folder that holds one.`);
  }
  return checkedManifest(parseJson(path), path);
};

/** What it was given, when it has a manifest's shape. Throws `DatasetError` "manifest" that begins with `where`. */
export const checkedManifest = (manifest: unknown, where: string): DatasetManifest => {
  if (checker.Check(manifest)) return manifest;
  const [first] = checker.Errors(manifest);
  const place = first?.instancePath === "" || first === undefined ? "the document" : first.instancePath;
  const value = first === undefined ? "" : ` (it is ${describe(valueAt(manifest, first.instancePath))})`;
  throw new DatasetError("manifest", `${where}: ${place} ${first?.message ?? "is not as it should be"}${value}. docs/datasets.md describes every field.`);
};

const parseJson = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new DatasetError("manifest", `${path} is not JSON: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause });
  }
};

const valueAt = (document: unknown, pointer: string): unknown =>
  pointer.split("/").slice(1).reduce<unknown>((value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined), document);

const describe = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "absent";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
};
