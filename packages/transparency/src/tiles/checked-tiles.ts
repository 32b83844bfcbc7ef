import { TransparencyError } from "../errors.ts";
import type { LogCheckpoint } from "../notes/checkpoint.ts";
import { rootOf } from "../tree/frontier.ts";
import { subtreeHash } from "../tree/nodes.ts";
import { hashesAt, hashesOf, rootsWithin, tilePath, tileWidth, widthOf, type ReadTile, type TilePlace } from "./tile.ts";

type Hashes = readonly Uint8Array[];

/** The partial tile of each level, from the leaves up. */
const edgeOf = (size: number): readonly TilePlace[] => {
  const places: TilePlace[] = [];
  for (let level = 0; hashesAt(size, level) > 0; level += 1) {
    const count = hashesAt(size, level);
    if (count % tileWidth > 0) places.push({ level, index: Math.floor(count / tileWidth) });
  }
  return places;
};

const keyOf = ({ level, index }: TilePlace): string => `${String(level)}/${String(index)}`;

/** The tiles of the right edge, which together give the root. */
const readEdge = async (read: ReadTile, { size, root }: Pick<LogCheckpoint, "size" | "root">): Promise<ReadonlyMap<string, Hashes>> => {
  const edge = edgeOf(size);
  const tiles = await Promise.all(edge.map(async (place) => hashesOf(place, await read(place), widthOf(place, size))));
  const found = rootOf({ size, roots: tiles.toReversed().flatMap(rootsWithin) });
  if (found.equals(root)) return new Map(edge.map((place, at) => [keyOf(place), tiles[at] ?? []]));
  const paths = edge.map((place) => tilePath(place, widthOf(place, size))).join(", ");
  throw new TransparencyError("bad_tile", `The right edge of ${String(size)} records does not give the checkpoint's root; one of its tiles was changed: ${paths}.`);
};

/**
 * Reads tiles of a tree and hands out only what a checkpoint of it proves: the right edge by the root, each full tile by the hash that the tile above has of it.
 * Throws TransparencyError "bad_tile" that names the tile that was changed. Keeps the tiles above the leaves in memory, 32 bytes for 256 leaves.
 */
export const checkedTiles = (read: ReadTile, checkpoint: Pick<LogCheckpoint, "size" | "root">): ReadTile => {
  const { size } = checkpoint;
  const known = new Map<string, Promise<Hashes>>();
  let edge: Promise<ReadonlyMap<string, Hashes>> | undefined;

  const readFull = async (place: TilePlace): Promise<Hashes> => {
    const above = await proven({ level: place.level + 1, index: Math.floor(place.index / tileWidth) });
    const hashes = hashesOf(place, await read(place), tileWidth);
    if (Buffer.from(subtreeHash(hashes)).equals(above[place.index % tileWidth] ?? new Uint8Array())) return hashes;
    throw new TransparencyError("bad_tile", `${tilePath(place)} was changed: the tree of ${String(size)} records has other hashes there.`);
  };

  const proven = async (place: TilePlace): Promise<Hashes> => {
    const width = widthOf(place, size);
    if (width === 0) throw new TransparencyError("bad_tile", `There is no ${tilePath(place)} in a tree of ${String(size)} records.`);
    if (width < tileWidth) return (await (edge ??= readEdge(read, checkpoint))).get(keyOf(place)) ?? [];
    const key = keyOf(place);
    const hashes = known.get(key) ?? readFull(place);
    if (place.level > 0) known.set(key, hashes);
    return hashes;
  };

  return async (place) => Buffer.concat(await proven(place));
};
