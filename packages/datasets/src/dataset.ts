import { existsSync, readdirSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { copyOfManifest } from "./copy.ts";
import { DatasetError } from "./errors.ts";
import type { DatasetManifest } from "./manifest.ts";
import { checkedManifest, readManifest } from "./read-manifest.ts";
import { timelineOf, type TimelineInstant } from "./timeline.ts";

export type Dataset = { readonly folder: string; readonly manifest: DatasetManifest; readonly timeline: readonly TimelineInstant[] };

const shipped = fileURLToPath(new URL("../data", import.meta.url));

/** Names of the datasets that ship with Finality. */
export const shippedDatasets = (): readonly string[] =>
  readdirSync(shipped, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();

export type LoadOptions = {
  /** Loads the day under names of its own (`copyOfManifest`); absent: exactly as it is. */
  readonly copy?: string;
};

/** Loads a shipped dataset by name, or any folder with a `dataset.json`. Throws `DatasetError`. */
export const loadDataset = (nameOrFolder: string, { copy }: LoadOptions = {}): Dataset => {
  const byName = join(shipped, nameOrFolder);
  const folder = !isAbsolute(nameOrFolder) && existsSync(join(byName, "dataset.json")) ? byName : resolve(nameOrFolder);
  if (!existsSync(folder)) {
    throw new DatasetError("not_found", `There is no dataset "${nameOrFolder}": it is neither a folder nor one of ${shippedDatasets().join(", ")}.`);
  }
  const recorded = readManifest(folder);
  const manifest = copy === undefined ? recorded : checkedManifest(copyOfManifest(recorded, copy), `Copy ${copy} of ${folder}`);
  return { folder, manifest, timeline: timelineOf(folder, manifest) };
};

/** The day as several underlyings: labels `01`, `02` …, counted from `from`, behind `mark`, which keeps copies for another use apart. */
export const loadCopies = (nameOrFolder: string, { count, from = 1, mark = "" }: { readonly count: number; readonly from?: number; readonly mark?: string }): readonly Dataset[] =>
  Array.from({ length: count }, (_unused, index) => loadDataset(nameOrFolder, { copy: `${mark}${String(from + index).padStart(2, "0")}` }));
