import { subtreeHash, type NodeHashes } from "../tree/nodes.ts";
import { hashesOf, tileWidth, widthOf, type ReadTile } from "./tile.ts";

const levelsOfTile = 8;

/** The nodes of a tree of `size` leaves out of its tiles, each read once. What they say is proved by a root alone: a proof made of them is verified before it is believed. */
export const nodesOfTiles = (read: ReadTile, size: number): NodeHashes => {
  const known = new Map<string, Promise<readonly Uint8Array[]>>();
  const tile = (level: number, index: number): Promise<readonly Uint8Array[]> => {
    const key = `${String(level)}/${String(index)}`;
    const place = { level, index };
    const found = known.get(key) ?? read(place).then((bytes) => hashesOf(place, bytes, widthOf(place, size)));
    known.set(key, found);
    return found;
  };
  return async (level, index) => {
    const tileLevel = Math.floor(level / levelsOfTile);
    const width = 2 ** (level - tileLevel * levelsOfTile);
    const first = index * width;
    const hashes = await tile(tileLevel, Math.floor(first / tileWidth));
    return subtreeHash(hashes.slice(first % tileWidth, (first % tileWidth) + width));
  };
};
