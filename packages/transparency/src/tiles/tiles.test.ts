import { seededRandom } from "@finality/testkit";
import { describe, expect, test } from "vitest";
import { contentHash, leafHash, provenanceHash, sha256 } from "../record-hashes.ts";
import { appendLeaves, emptyFrontier, rootOf } from "../tree/frontier.ts";
import { rootAt } from "../tree/nodes.ts";
import { consistencyProof, inclusionProof, verifyConsistency, verifyInclusion } from "../tree/proofs.ts";
import { openGrowingTiles } from "./growing-tiles.ts";
import { nodesOfTiles } from "./tile-nodes.ts";
import { entriesPath, entryBundle, hashesAt, parseTilePath, tilePath, tileWidth, widthOf, type ReadTile, type Tile } from "./tile.ts";

const random = seededRandom(8);
const leafAt = (index: number): Buffer => sha256(Buffer.from(`leaf ${String(index)}`));

type Stored = { readonly read: ReadTile; readonly write: (tiles: readonly Tile[]) => void; readonly all: Map<string, Uint8Array> };
const memory = (): Stored => {
  const all = new Map<string, Uint8Array>();
  return {
    all,
    read: ({ level, index }) => Promise.resolve(all.get(`${String(level)}/${String(index)}`)),
    write: (tiles) => {
      for (const { level, index, hashes } of tiles) all.set(`${String(level)}/${String(index)}`, hashes);
    },
  };
};

describe("paths are C2SP's", () => {
  test.each([
    [0, 0, 256, "tile/0/000"],
    [0, 5, 256, "tile/0/005"],
    [1, 1_234_067, 256, "tile/1/x001/x234/067"],
    [0, 273, 112, "tile/0/273.p/112"],
    [2, 0, 1, "tile/2/000.p/1"],
    [0, 1_000, 256, "tile/0/x001/000"],
  ])("level %i, index %i, width %i: %s", (level, index, width, path) => {
    expect(tilePath({ level, index }, width)).toBe(path);
    expect(parseTilePath(path)).toEqual({ kind: "hashes", place: { level, index }, width });
  });

  test("of entries", () => {
    expect(entriesPath(1_234_067, 8)).toBe("tile/entries/x001/x234/067.p/8");
    expect(parseTilePath("tile/entries/x001/x234/067.p/8")).toEqual({ kind: "entries", place: { level: 0, index: 1_234_067 }, width: 8 });
  });

  test.each(["tile/0/5", "tile/0/x000/005", "tile/0/005.p/0", "tile/0/005.p/256", "tile/0/005.p/257", "tile/64/000", "tile/8/000", "tile/01/000", "tile/0/x1/000", "tile/entries", "checkpoint", "tile/0/../000", "tile/0/000/"])("%s names nothing", (path) => {
    expect(parseTilePath(path)).toBeUndefined();
  });
});

test("a tree of 70,000 leaves has the tiles that the specification counts", () => {
  // 273 full tiles and one of 112 at level 0, one full and one of 17 at level 1, one of 1 at level 2.
  expect([0, 1, 2, 3].map((level) => hashesAt(70_000, level))).toEqual([70_000, 273, 1, 0]);
  expect([widthOf({ level: 0, index: 272 }, 70_000), widthOf({ level: 0, index: 273 }, 70_000), widthOf({ level: 0, index: 274 }, 70_000)]).toEqual([256, 112, 0]);
  expect([widthOf({ level: 1, index: 0 }, 70_000), widthOf({ level: 1, index: 1 }, 70_000), widthOf({ level: 2, index: 0 }, 70_000)]).toEqual([256, 17, 1]);
});

test("tiles grown in any steps, opened again at any size, are the same tiles, with the frontier's root", async () => {
  const size = 66_500;
  const whole = memory();
  const straight = await openGrowingTiles(whole.read, 0);
  whole.write(straight.append(Array.from({ length: size }, (_, index) => leafAt(index))));
  const stepped = memory();
  let frontier = emptyFrontier;
  for (let at = 0; at < size; ) {
    const step = Math.min(size - at, 1 + Math.floor(random.next() ** 4 * 9_000));
    const growing = await openGrowingTiles(stepped.read, at);
    const leaves = Array.from({ length: step }, (_, index) => leafAt(at + index));
    stepped.write(growing.append(leaves));
    frontier = appendLeaves(frontier, leaves);
    at += step;
    expect(growing.size).toBe(at);
    expect(growing.frontier().roots.map((root) => Buffer.from(root).toString("hex"))).toEqual(frontier.roots.map((root) => Buffer.from(root).toString("hex")));
  }
  expect([...stepped.all.keys()].toSorted()).toEqual([...whole.all.keys()].toSorted());
  for (const [key, bytes] of whole.all) expect(Buffer.from(stepped.all.get(key) ?? []).equals(bytes), key).toBe(true);
  expect(Buffer.from(await rootAt(nodesOfTiles(whole.read, size), size)).equals(rootOf(frontier))).toBe(true);
});

describe("proofs out of tiles", () => {
  const size = 1_000;
  const stored = memory();

  test("hold for every size that the tiles have passed", async () => {
    const growing = await openGrowingTiles(stored.read, 0);
    stored.write(growing.append(Array.from({ length: size }, (_, index) => leafAt(index))));
    const roots = Array.from({ length: size + 1 }, (_, count) => rootOf(appendLeaves(emptyFrontier, Array.from({ length: count }, (_each, index) => leafAt(index)))));
    for (let round = 0; round < 300; round += 1) {
      const to = 1 + Math.floor(random.next() * size);
      const from = Math.floor(random.next() * to);
      const nodes = nodesOfTiles(stored.read, to);
      const root = roots[to] ?? Buffer.alloc(0);
      expect(verifyInclusion({ leafHash: leafAt(from), index: from, size: to, root, proof: await inclusionProof(nodes, from, to) })).toBe(true);
      expect(verifyConsistency({ from: { size: from, root: roots[from] ?? root }, to: { size: to, root }, proof: await consistencyProof(nodes, from, to) })).toBe(true);
    }
  });

  test("a changed tile proves nothing, a missing or torn one is named", async () => {
    const root = await rootAt(nodesOfTiles(stored.read, size), size);
    const changed: ReadTile = async (place) => {
      const bytes = Buffer.from((await stored.read(place)) ?? []);
      if (place.level === 0 && place.index === 1) bytes[0] = (bytes[0] ?? 0) ^ 1;
      return bytes;
    };
    expect(verifyInclusion({ leafHash: leafAt(300), index: 300, size, root, proof: await inclusionProof(nodesOfTiles(changed, size), 300, size) })).toBe(false);
    const torn: ReadTile = async (place) => (await stored.read(place))?.subarray(0, 100);
    await expect(inclusionProof(nodesOfTiles(torn, size), 300, size)).rejects.toMatchObject({ code: "bad_tile", message: expect.stringContaining("tile/0/001") });
    await expect(inclusionProof(nodesOfTiles(() => Promise.resolve(undefined), size), 999, size)).rejects.toMatchObject({ code: "bad_tile", message: expect.stringContaining("There is no tile/0/003.p/232") });
  });
});

test("an entry of a bundle hashes to its record's leaf", () => {
  const content = contentHash({ type: "Halted", version: 1, venueTimeUs: 5, recordedTimeUs: 6, payload: Buffer.from("{}") });
  const provenance = provenanceHash(Buffer.from("{}"));
  const bundle = entryBundle([Buffer.concat([content, provenance]), Buffer.from("xyz")]);
  expect(bundle.readUInt16BE(0)).toBe(64);
  expect(sha256(Buffer.concat([Buffer.of(0), bundle.subarray(2, 66)])).equals(leafHash(content, provenance))).toBe(true);
  expect(bundle.subarray(66).toString("latin1")).toBe("\u0000\u0003xyz");
  expect(tileWidth).toBe(256);
});
