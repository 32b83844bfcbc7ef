import { openArchive } from "@finality/archive";
import type { Database } from "@finality/database";
import { detachPartition, recordPartitions } from "@finality/event-log";
import { rootOf } from "@finality/transparency";

/** Drops a log's partitions that end at or before `to`; each is noted as the tree that the archive has of it. */
export const leaveForArchive = async (database: Database, folder: string, log: string, to: number): Promise<void> => {
  const archive = await openArchive(folder);
  try {
    for (const partition of (await recordPartitions(database, log)).filter(({ last }) => last <= to)) {
      const root = rootOf(await archive.tree(log, partition.last));
      await detachPartition(database, { partition, root, manifestHash: Buffer.alloc(32), actor: "operator-1", drop: true });
    }
  } finally {
    archive.close();
  }
};
