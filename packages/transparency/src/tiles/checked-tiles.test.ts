import { seededRandom } from "@finality/testkit";
import { expect, test } from "vitest";
import { sha256 } from "../record-hashes.ts";
import { rootAt } from "../tree/nodes.ts";
import { consistencyProof, inclusionProof, verifyConsistency, verifyInclusion } from "../tree/proofs.ts";
import { checkedTiles } from "./checked-tiles.ts";
import { openGrowingTiles } from "./growing-tiles.ts";
import { parseTilePath, tilePath, tilesBetween, widthOf, type ReadTile, type TilePlace, type TileRequest } from "./tile.ts";
import { nodesOfTiles } from "./tile-nodes.ts";

const random = seededRandom(56);
const leafAt = (index: number): Buffer => sha256(Buffer.from(`leaf ${String(index)}`));
const keyOf = ({ level, index }: TilePlace): string => `${String(level)}/${String(index)}`;

/** Full and partial tiles at three levels: 260 × 256 + 13 leaves. */
const size = 66_573;
const stored = new Map<string, Uint8Array>();
const growing = await openGrowingTiles(() => Promise.resolve(undefined), 0);
for (const tile of growing.append(Array.from({ length: size }, (_, index) => leafAt(index)))) stored.set(keyOf(tile), tile.hashes);
const readStored: ReadTile = (place) => Promise.resolve(stored.get(keyOf(place)));
const all: readonly TileRequest[] = [...tilesBetween(0, size)];
const root = await rootAt(nodesOfTiles(readStored, size), size);

const changing =
  (bad: TilePlace, change: (bytes: Buffer) => Uint8Array | undefined): ReadTile =>
  async (place) => {
    const bytes = await readStored(place);
    return bytes === undefined || keyOf(place) !== keyOf(bad) ? bytes : change(Buffer.from(bytes));
  };

const flipOneBit = (bytes: Buffer): Buffer => {
  const bit = random.integer(0, bytes.length * 8 - 1);
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return bytes;
};

test("every tile of a true tree is proven, and proofs are made of them", async () => {
  expect(all).toHaveLength(261 + 2 + 1);
  const read = checkedTiles(readStored, { size, root });
  for (const { place } of all) expect(Buffer.from((await read(place)) ?? []).equals(stored.get(keyOf(place)) ?? Buffer.alloc(0))).toBe(true);
  const nodes = nodesOfTiles(read, size);
  for (let round = 0; round < 30; round += 1) {
    const [index, from] = [random.integer(0, size - 1), random.integer(1, size)];
    expect(verifyInclusion({ leafHash: leafAt(index), index, size, root, proof: await inclusionProof(nodes, index, size) })).toBe(true);
    expect(verifyConsistency({ from: { size: from, root: await rootAt(nodes, from) }, to: { size, root }, proof: await consistencyProof(nodes, from, size) })).toBe(true);
  }
});

test("a bit changed in any tile is found, and the tile named", async () => {
  for (const { place, width } of all) {
    const read = checkedTiles(changing(place, flipOneBit), { size, root });
    await expect(read(place), tilePath(place, width)).rejects.toMatchObject({ code: "bad_tile", message: expect.stringContaining(tilePath(place, width)) });
  }
});

test("a proof of a leaf beside is made without the changed tile, one through it is refused by name", async () => {
  const bad = { level: 0, index: 77 };
  const nodes = nodesOfTiles(checkedTiles(changing(bad, flipOneBit), { size, root }), size);
  expect(verifyInclusion({ leafHash: leafAt(5), index: 5, size, root, proof: await inclusionProof(nodes, 5, size) })).toBe(true);
  await expect(inclusionProof(nodes, 77 * 256 + 3, size)).rejects.toThrow("tile/0/077 was changed");
});

test("tiles of another tree that agree among themselves are not this checkpoint's", async () => {
  const other = new Map(stored);
  const forged = await openGrowingTiles(() => Promise.resolve(undefined), 0);
  for (const tile of forged.append(Array.from({ length: size }, (_, index) => leafAt(index === 300 ? 301 : index)))) other.set(keyOf(tile), tile.hashes);
  const read = checkedTiles((place) => Promise.resolve(other.get(keyOf(place))), { size, root });
  await expect(read({ level: 0, index: 9 })).rejects.toThrow("The right edge of 66573 records does not give the checkpoint's root");
});

test("missing, torn and never grown tiles are named", async () => {
  const bad = { level: 1, index: 0 };
  await expect(checkedTiles(changing(bad, () => undefined), { size, root })({ level: 0, index: 3 })).rejects.toThrow("There is no tile/1/000.");
  await expect(checkedTiles(changing(bad, (bytes) => bytes.subarray(0, 8_000)), { size, root })({ level: 0, index: 3 })).rejects.toThrow("tile/1/000 has 8000 bytes");
  await expect(checkedTiles(readStored, { size, root })({ level: 0, index: 261 })).rejects.toThrow("There is no tile/0/261 in a tree of 66573 records.");
  await expect(checkedTiles(readStored, { size, root: sha256(root) })({ level: 2, index: 0 })).rejects.toMatchObject({ code: "bad_tile" });
});

test("tiles between two sizes are those that differ in being or width, and bring one tree to the other", () => {
  const tilesOf = (count: number): ReadonlyMap<string, string> => new Map([...tilesBetween(0, count)].map(({ place, width }) => [keyOf(place), tilePath(place, width)]));
  for (let round = 0; round < 300; round += 1) {
    const to = random.integer(1, random.pick([20, 600, 70_000, 140_000]));
    const from = random.pick([0, to, Math.min(to, 256), random.integer(0, to)]);
    const [before, after] = [tilesOf(from), tilesOf(to)];
    const expected = [...after].filter(([key, path]) => before.get(key) !== path).map(([, path]) => path);
    expect([...tilesBetween(from, to)].map(({ place, width }) => tilePath(place, width)).toSorted()).toEqual(expected.toSorted());
  }
  // C2SP's example of 70,000 leaves: 273 full and one partial at level 0, one and one at level 1, one at level 2; and of 256.
  const paths = [...tilesBetween(0, 70_000)].map(({ place, width }) => tilePath(place, width));
  expect(paths).toHaveLength(277);
  expect(paths.filter((path) => path.includes(".p/"))).toEqual(["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
  expect([...tilesBetween(0, 256)].map(({ place, width }) => tilePath(place, width))).toEqual(["tile/0/000", "tile/1/000.p/1"]);
  expect([...tilesBetween(2 ** 53 - 257, 2 ** 53 - 1)].map((request) => parseTilePath(tilePath(request.place, request.width)))).toEqual([...tilesBetween(2 ** 53 - 257, 2 ** 53 - 1)]);
  expect(widthOf({ level: 7, index: 0 }, 2 ** 53 - 1)).toBe(0);
});
