import { subtreeHash } from "../tree/nodes.ts";
import type { Frontier } from "../tree/frontier.ts";
import { hashesAt, hashesOf, rootsWithin, tileWidth, widthOf, type ReadTile, type Tile, type TilePlace } from "./tile.ts";

/** The right edge of a tree's tiles, which grows. */
export type GrowingTiles = {
  readonly size: number;
  /** Of the tree as it is now. */
  frontier(): Frontier;
  /** Takes further leaf hashes; returns the tiles that are new or wider now. */
  append(leafHashes: readonly Uint8Array[]): readonly Tile[];
};

type Edge = { index: number; hashes: Uint8Array[] };
type Changed = TilePlace & { readonly hashes: readonly Uint8Array[] };

/** Opens the tiles of a tree of `size` leaves at their right edge. Throws TransparencyError "bad_tile". */
export const openGrowingTiles = async (read: ReadTile, size: number): Promise<GrowingTiles> => {
  const edges: Edge[] = [];
  for (let level = 0; hashesAt(size, level) > 0; level += 1) {
    const place = { level, index: Math.floor(hashesAt(size, level) / tileWidth) };
    const width = widthOf(place, size);
    edges.push({ index: place.index, hashes: width === 0 ? [] : [...hashesOf(place, await read(place), width)] });
  }
  let leaves = size;

  const push = (level: number, hash: Uint8Array, changed: Map<string, Changed>): void => {
    const edge = (edges[level] ??= { index: 0, hashes: [] });
    edge.hashes.push(hash);
    changed.set(`${String(level)}/${String(edge.index)}`, { level, index: edge.index, hashes: edge.hashes });
    if (edge.hashes.length < tileWidth) return;
    const root = subtreeHash(edge.hashes);
    edges[level] = { index: edge.index + 1, hashes: [] };
    push(level + 1, root, changed);
  };

  return {
    get size() {
      return leaves;
    },
    frontier: () => ({ size: leaves, roots: edges.toReversed().flatMap(({ hashes }) => rootsWithin(hashes)) }),
    append: (leafHashes) => {
      const changed = new Map<string, Changed>();
      for (const hash of leafHashes) push(0, hash, changed);
      leaves += leafHashes.length;
      return [...changed.values()].map(({ hashes, ...place }) => ({ ...place, hashes: Buffer.concat(hashes) }));
    },
  };
};
