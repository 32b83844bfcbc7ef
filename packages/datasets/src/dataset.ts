import { existsSync, readdirSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DatasetError } from "./errors.ts";
import type { DatasetManifest } from "./manifest.ts";
import { readManifest } from "./read-manifest.ts";
import { timelineOf, type TimelineInstant } from "./timeline.ts";

export type Dataset = { readonly folder: string; readonly manifest: DatasetManifest; readonly timeline: readonly TimelineInstant[] };

const shipped = fileURLToPath(new URL("../data", import.meta.url));

/** Names of the datasets that ship with Finality. */
export const shippedDatasets = (): readonly string[] =>
  readdirSync(shipped, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();

/** Loads a shipped dataset by name, or any folder with a `dataset.json`. Throws `DatasetError`. */
export const loadDataset = (nameOrFolder: string): Dataset => {
  const byName = join(shipped, nameOrFolder);
  const folder = !isAbsolute(nameOrFolder) && existsSync(join(byName, "dataset.json")) ? byName : resolve(nameOrFolder);
  if (!existsSync(folder)) {
    throw new DatasetError("not_found", `There is no dataset "${nameOrFolder}": it is neither a folder nor one of ${shippedDatasets().join(", ")}.`);
  }
  const manifest = readManifest(folder);
  return { folder, manifest, timeline: timelineOf(folder, manifest) };
};
