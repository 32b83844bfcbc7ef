import type { Database, Queryable } from "@finality/database";
import { hashBytes, type ReadTile, type Tile } from "@finality/transparency";

/** A signed checkpoint as it is kept. */
export type StoredCheckpoint = { readonly log: string; readonly generation: number; readonly size: number; readonly root: Uint8Array; readonly note: string };

/** Tiles, checkpoints and cosignatures in PostgreSQL. What they say is believed only as far as a signature covers it. */
export interface TreeStore {
  readTile(log: string): ReadTile;
  /** Leaves that the tiles hold. */
  size(log: string): Promise<number>;
  /** One transaction. */
  save(log: string, tiles: readonly Tile[], checkpoint?: StoredCheckpoint): Promise<void>;
  /** The newest one; `atLeast`: the oldest one that covers so many records, of the newest generation that does, one that a witness signed where there is one. */
  checkpoint(log: string, atLeast?: number): Promise<StoredCheckpoint | undefined>;
  checkpoints(log: string): Promise<readonly StoredCheckpoint[]>;
  /** Keeps a witness's line; false when it is known. */
  addCosignature(checkpoint: StoredCheckpoint, witness: string, line: string): Promise<boolean>;
}

type CheckpointRow = StoredCheckpoint & { readonly root: Buffer };

/** The note with the lines of its witnesses below the log's own. */
const columns = `c.log, c.generation, c.size, c.root,
  c.note || coalesce((SELECT string_agg(w.line, '' ORDER BY w.witness) FROM transparency.cosignature w WHERE w.log = c.log AND w.generation = c.generation AND w.size = c.size), '') AS note`;

const saveTiles = async (client: Queryable, log: string, tiles: readonly Tile[]): Promise<void> => {
  for (const { level, index, hashes } of tiles) {
    await client.query(
      `INSERT INTO transparency.tile AS t (log, level, "index", hashes) VALUES ($1, $2, $3, $4)
       ON CONFLICT (log, level, "index") DO UPDATE SET hashes = excluded.hashes WHERE octet_length(t.hashes) <= octet_length(excluded.hashes)`,
      [log, level, index, Buffer.from(hashes)],
    );
  }
};

export const createTreeStore = (database: Database): TreeStore => ({
  readTile:
    (log) =>
    async ({ level, index }) =>
      (await database.query<{ hashes: Buffer }>('SELECT hashes FROM transparency.tile WHERE log = $1 AND level = $2 AND "index" = $3', [log, level, index])).rows[0]?.hashes,
  size: async (log) => {
    const { rows } = await database.query<{ size: number }>(
      `SELECT "index" * 256 + octet_length(hashes) / ${String(hashBytes)} AS size FROM transparency.tile WHERE log = $1 AND level = 0 ORDER BY "index" DESC LIMIT 1`,
      [log],
    );
    return rows[0]?.size ?? 0;
  },
  save: (log, tiles, checkpoint) =>
    database.transaction(async (client) => {
      await saveTiles(client, log, tiles);
      if (checkpoint === undefined) return;
      const { generation, size, root, note } = checkpoint;
      await client.query("INSERT INTO transparency.checkpoint (log, generation, size, root, note) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING", [log, generation, size, Buffer.from(root), note]);
    }),
  checkpoint: async (log, atLeast) => {
    const witnessed = "EXISTS (SELECT FROM transparency.cosignature w WHERE w.log = c.log AND w.generation = c.generation AND w.size = c.size)";
    const order = atLeast === undefined ? "c.generation DESC, c.size DESC" : `c.generation DESC, ${witnessed} DESC, c.size`;
    return (await database.query<CheckpointRow>(`SELECT ${columns} FROM transparency.checkpoint c WHERE c.log = $1 AND c.size >= $2 ORDER BY ${order} LIMIT 1`, [log, atLeast ?? 0])).rows[0];
  },
  checkpoints: async (log) => (await database.query<CheckpointRow>(`SELECT ${columns} FROM transparency.checkpoint c WHERE c.log = $1 ORDER BY c.generation, c.size`, [log])).rows,
  addCosignature: async ({ log, generation, size }, witness, line) => {
    const { rowCount } = await database.query("INSERT INTO transparency.cosignature (log, generation, size, witness, line) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING", [log, generation, size, witness, line]);
    return rowCount === 1;
  },
});
