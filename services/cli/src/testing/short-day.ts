import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const dayFolder = fileURLToPath(new URL("../../../../packages/datasets/data/spx-2021-01-04", import.meta.url));

const opensMs = Date.UTC(2021, 0, 4, 14, 30);

/** A copy of the recorded day that closes `minutes` after its opening at 14:30 UTC, in `folder`. */
export const writeShortDay = (folder: string, minutes: number): string => {
  cpSync(dayFolder, folder, { recursive: true });
  const path = join(folder, "dataset.json");
  const manifest = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  const at = (milliseconds: number): string => new Date(opensMs + minutes * 60_000 + milliseconds).toISOString();
  const short = { ...manifest, dataset: "short-day", session: { opensAt: "2021-01-04T14:31:00Z", tradingEndsAt: at(-1), closesAt: at(0) }, settlements: [] };
  writeFileSync(path, JSON.stringify(short, null, 2));
  return folder;
};
