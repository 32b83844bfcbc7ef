import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const dayFolder = fileURLToPath(new URL("../../../../packages/datasets/data/spx-2021-01-04", import.meta.url));

/** A copy of the recorded day that closes at `closesAt` (UTC time of day on 2021-01-04), in `folder`. */
export const writeShortDay = (folder: string, closesAt: string): string => {
  cpSync(dayFolder, folder, { recursive: true });
  const path = join(folder, "dataset.json");
  const manifest = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  const short = { ...manifest, dataset: "short-day", session: { opensAt: "2021-01-04T14:31:00Z", tradingEndsAt: `2021-01-04T${closesAt}Z`, closesAt: `2021-01-04T${closesAt}Z` }, settlements: [] };
  writeFileSync(path, JSON.stringify(short, null, 2));
  return folder;
};
