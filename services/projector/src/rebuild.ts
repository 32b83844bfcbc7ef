import { createPrisma, type Database } from "@finality/database";
import type { LogReader } from "@finality/event-log";
import { allRows, checkpoint as readCheckpointRow, differences, inOneSnapshot, replaceReadModels, type Checkpoint, type ReadModels, type RowDifference } from "@finality/read-models";
import { foldTo } from "./projection/fold-to.ts";
import { createProjection } from "./projection/projection.ts";

export type Computed = {
  /** Undefined for a log without records. */
  readonly checkpoint: Checkpoint | undefined;
  readonly rows: ReadModels;
};

/** The rows that a straight fold of records 1 to `position` (default: the head) shows. Writes nothing. */
export const computeReadModels = async (reader: LogReader, log: string, position?: number): Promise<Computed> => {
  const projection = createProjection(log);
  await foldTo(reader, log, projection, { position: position ?? (await reader.head(log))?.position ?? 0 });
  return { checkpoint: projection.checkpoint, rows: projection.takeChanges() };
};

export type RebuildDeps = { readonly reader: LogReader; readonly database: Database };

/** How the stored rows of a log differ from a fresh fold up to their checkpoint; empty when they are the same. */
export const compareReadModels = async ({ reader, database }: RebuildDeps, log: string): Promise<readonly RowDifference[]> => {
  const prisma = createPrisma(database);
  try {
    const stored = await inOneSnapshot(prisma, async (client) => ({ checkpoint: await readCheckpointRow(client, log), rows: await allRows(client, log) }));
    const computed = await computeReadModels(reader, log, stored.checkpoint?.position ?? 0);
    return differences(stored.rows, computed.rows);
  } finally {
    await prisma.$disconnect();
  }
};

/**
 * Computes a log's read models beside and puts them in place of the stored ones (rule 38); its projector, if it runs, begins again from
 * the new checkpoint. Throws ReadModelError "rebuild_behind". Returns the new checkpoint.
 */
export const rebuildReadModels = async ({ reader, database }: RebuildDeps, log: string): Promise<Checkpoint | undefined> => {
  const { checkpoint, rows } = await computeReadModels(reader, log);
  if (checkpoint !== undefined) await replaceReadModels(database, checkpoint, rows);
  return checkpoint;
};
