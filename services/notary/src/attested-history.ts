import type { LogHead } from "@finality/event-log";
import type { CheckpointFolder } from "@finality/history";
import { nodesOfTiles, rootAt, type ReadTile, type Era } from "@finality/transparency";
import { NotaryError } from "./errors.ts";

export type AttestedHistory = { readonly checkpoints: CheckpointFolder; readonly eras: readonly Era[]; readonly readTile: ReadTile };

/**
 * The checkpoint kept outside PostgreSQL is of this very log: the records up to its size have its root. Asked when the tiles reach at least
 * as far as the log did at the start. A generation above the checkpoint's has said by a record that it begins anew (rule 9).
 */
export const requireAttestedHistory = async ({ checkpoints, eras, readTile }: AttestedHistory, { log, generation, position }: LogHead): Promise<void> => {
  const attested = await checkpoints.newest(log, eras);
  if (attested === undefined || attested.generation < generation) return;
  const { size } = attested;
  const was = `a checkpoint of ${String(size)} records of generation ${String(attested.generation)} was signed`;
  if (attested.generation > generation || size > position) {
    throw new NotaryError("not_attested_history", `Log ${log} is at position ${String(position)} of generation ${String(generation)}, but ${was}: an older database was put in its place. Read docs/operations.md, "Restore".`);
  }
  const root = await rootAt(nodesOfTiles(readTile, size), size);
  if (!Buffer.from(root).equals(attested.root)) throw new NotaryError("not_attested_history", `Log ${log}: ${was}, and the first ${String(size)} records are others now. Run \`finality audit fsck\`.`);
};
