import { hashBytes } from "../record-hashes.ts";
import { TransparencyError } from "../errors.ts";
import { subtreeHash } from "../tree/nodes.ts";

/** Hashes of a full tile: eight levels of the tree (C2SP tlog-tiles). */
export const tileWidth = 256;

/** Of tiles, in a tree of 2^53 − 1 leaves, as many as are counted here. */
const levelMax = 6;

/** A tile's place: `level` counts tiles' heights from the leaves, `index` from the left. Its hashes are nodes of the tree's level 8 × `level`. */
export type TilePlace = { readonly level: number; readonly index: number };
/** With its hashes one behind the other, 1 to 256 of them. */
export type Tile = TilePlace & { readonly hashes: Uint8Array };

/** Where tiles are kept. A tile that is wider than asked for serves as well: tiles only grow. */
export type ReadTile = (place: TilePlace) => Promise<Uint8Array | undefined>;

/** Hashes that the tiles of a level have together in a tree of `size` leaves. */
export const hashesAt = (size: number, level: number): number => Math.floor(size / tileWidth ** level);

/** Width of a tile in a tree of `size` leaves; 0 when it is not there. */
export const widthOf = ({ level, index }: TilePlace, size: number): number => Math.min(tileWidth, Math.max(0, hashesAt(size, level) - index * tileWidth));

const group = 1_000;

/** `1234067` as `x001/x234/067` (C2SP tlog-tiles). */
const indexPath = (index: number): string => {
  const last = String(index % group).padStart(3, "0");
  let path = last;
  for (let rest = Math.floor(index / group); rest > 0; rest = Math.floor(rest / group)) path = `x${String(rest % group).padStart(3, "0")}/${path}`;
  return path;
};

/** `tile/<level>/<index>`, and `.p/<width>` for a partial one. */
export const tilePath = ({ level, index }: TilePlace, width = tileWidth): string => `tile/${String(level)}/${indexPath(index)}${width === tileWidth ? "" : `.p/${String(width)}`}`;
/** Of the bundle of entries under the level-0 tile of that index. */
export const entriesPath = (index: number, width = tileWidth): string => `tile/entries/${indexPath(index)}${width === tileWidth ? "" : `.p/${String(width)}`}`;

/** The tiles, from the leaves up, that a tree of `to` leaves has and one of `from` leaves had not, or had narrower; `from` 0 gives all. */
export function* tilesBetween(from: number, to: number): Generator<TileRequest, void, void> {
  for (let level = 0; hashesAt(to, level) > 0; level += 1) {
    const [before, after] = [hashesAt(from, level), hashesAt(to, level)];
    if (before === after) continue;
    for (let index = Math.floor(before / tileWidth); index * tileWidth < after; index += 1) yield { kind: "hashes", place: { level, index }, width: widthOf({ level, index }, to) };
  }
}

export type TileRequest = { readonly kind: "hashes" | "entries"; readonly place: TilePlace; readonly width: number };

const pathShape = /^tile\/(?<level>entries|0|[1-9]\d?)\/(?<index>(?:x\d{3}\/)*\d{3})(?:\.p\/(?<width>[1-9]\d{0,2}))?$/;

/** What a path asks for; undefined for a path that names no tile. */
export const parseTilePath = (path: string): TileRequest | undefined => {
  const { level, index: text, width: partial } = pathShape.exec(path)?.groups ?? {};
  if (level === undefined || text === undefined) return undefined;
  const index = Number(text.replaceAll(/[x/]/g, ""));
  const width = partial === undefined ? tileWidth : Number(partial);
  // One spelling: no leading group of zeros, no `.p/256`.
  if (!Number.isSafeInteger(index) || indexPath(index) !== text || width > tileWidth || (partial !== undefined && width === tileWidth) || Number(level) > levelMax) return undefined;
  return { kind: level === "entries" ? "entries" : "hashes", place: { level: level === "entries" ? 0 : Number(level), index }, width };
};

/** The tile's hashes. Throws TransparencyError "bad_tile" when it is missing, too narrow, or no row of hashes. */
export const hashesOf = (place: TilePlace, bytes: Uint8Array | undefined, width: number): readonly Uint8Array[] => {
  if (bytes === undefined) throw new TransparencyError("bad_tile", `There is no ${tilePath(place, width)}.`);
  if (bytes.length % hashBytes !== 0 || bytes.length < width * hashBytes) throw new TransparencyError("bad_tile", `${tilePath(place, width)} has ${String(bytes.length)} bytes; ${String(width * hashBytes)} are needed.`);
  return Array.from({ length: width }, (_, index) => bytes.subarray(index * hashBytes, (index + 1) * hashBytes));
};

/** Roots of the perfect subtrees that a partial tile of so many hashes consists of, largest first. */
export const rootsWithin = (hashes: readonly Uint8Array[]): readonly Uint8Array[] => {
  const roots: Uint8Array[] = [];
  let at = 0;
  for (let width = tileWidth; width >= 1; width /= 2) {
    if (hashes.length - at < width) continue;
    roots.push(subtreeHash(hashes.slice(at, at + width)));
    at += width;
  }
  return roots;
};

/** Entries of at most 65,535 bytes, each with its length before it (2 bytes, big-endian). */
export const entryBundle = (entries: readonly Uint8Array[]): Buffer =>
  Buffer.concat(
    entries.flatMap((entry) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
