import { recordChunks } from "@finality/event-log";
import { appendLeaves, openGrowingTiles, type Frontier } from "@finality/transparency";
import { HistoryError } from "../errors.ts";
import type { LogSource } from "../log-source.ts";
import type { TreeStore } from "./tree-store.ts";

/**
 * The tree over a log's records 1 … `size`: out of its tiles as far as they reach, behind them out of the records' leaf hashes. It is the
 * log's own word: nothing of it is compared with a signature. Throws HistoryError "not_in_log", TransparencyError "bad_tile", and what the source throws.
 */
export const treeOfLog = async ({ source, tree }: { readonly source: Pick<LogSource, "read">; readonly tree: Pick<TreeStore, "size" | "readTile"> }, log: string, size: number): Promise<Frontier> => {
  const tiled = Math.min(await tree.size(log), size);
  let frontier = (await openGrowingTiles(tree.readTile(log), tiled)).frontier();
  for await (const records of recordChunks(source, { log, after: tiled, to: size })) frontier = appendLeaves(frontier, records.map(({ leafHash }) => leafHash));
  if (frontier.size < size) throw new HistoryError("not_in_log", `Log ${log} ends at position ${String(frontier.size)}; there is no tree of ${String(size)} records.`);
  return frontier;
};
