import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { seededRandom } from "@finality/testkit";
import { sha256 } from "../record-hashes.ts";
import { appendLeaves, emptyFrontier, frontierBytes, frontierOf, rootOf } from "./frontier.ts";

type Vector = { readonly name: string; readonly wantErr: boolean };
type Vectors = {
  readonly inclusion: readonly (Vector & { readonly leafIdx: number; readonly treeSize: number; readonly root: string; readonly leafHash: string })[];
  readonly consistency: readonly (Vector & { readonly size1: number; readonly size2: number; readonly root1: string; readonly root2: string })[];
};
const vectors = JSON.parse(readFileSync(join(import.meta.dirname, "../../reference/rfc6962-vectors.json"), "utf8")) as Vectors;

/** The inputs of the vectors' tree (reference/README.md). */
const inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const leafOf = (hex: string): Buffer => sha256(Buffer.from(`00${hex}`, "hex"));
const leaves = inputs.map(leafOf);
const rootOfFirst = (size: number): string => rootOf(appendLeaves(emptyFrontier, leaves.slice(0, size))).toString("base64");

/** RFC 6962 section 2.1 word for word. */
const naiveRoot = (hashes: readonly Buffer[]): Buffer => {
  const [first] = hashes;
  if (first === undefined) return sha256(Buffer.alloc(0));
  if (hashes.length === 1) return first;
  let split = 1;
  while (2 * split < hashes.length) split *= 2;
  return sha256(Buffer.concat([Buffer.of(1), naiveRoot(hashes.slice(0, split)), naiveRoot(hashes.slice(split))]));
};

describe("the published vectors", () => {
  const inclusion = vectors.inclusion.filter(({ name, wantErr }) => !wantErr && !name.includes("single-entry"));
  const consistency = vectors.consistency.filter(({ wantErr }) => !wantErr);

  test("are there", () => {
    expect([inclusion.length, consistency.length]).toEqual([3, 3]);
  });

  test.each(inclusion)("$name: leaf $leafIdx and root of $treeSize", ({ leafIdx, treeSize, root, leafHash }) => {
    expect(leaves[leafIdx]?.toString("base64")).toBe(leafHash);
    expect(rootOfFirst(treeSize)).toBe(root);
  });

  test.each(consistency)("$name: roots of $size1 and $size2", ({ size1, size2, root1, root2 }) => {
    expect([rootOfFirst(size1), rootOfFirst(size2)]).toEqual([root1, root2]);
  });
});

test("every size to 130, grown in steps of any size from stored bytes, has the root of the naive tree", () => {
  const random = seededRandom(6962);
  const hashes = Array.from({ length: 130 }, (_, index) => leafOf(index.toString(16).padStart(4, "0")));
  for (let size = 0; size <= hashes.length; size++) {
    let frontier = emptyFrontier;
    while (frontier.size < size) {
      const step = Math.min(size - frontier.size, random.integer(1, 9));
      const stored = frontierOf(frontier.size, frontierBytes(frontier));
      if (stored === undefined) throw new Error("A frontier reads back what it wrote.");
      frontier = appendLeaves(stored, hashes.slice(stored.size, stored.size + step));
    }
    expect(rootOf(frontier)).toEqual(naiveRoot(hashes.slice(0, size)));
  }
});

test("bytes of another size are no frontier", () => {
  const bytes = frontierBytes(appendLeaves(emptyFrontier, leaves.slice(0, 5)));
  expect(frontierOf(5, bytes)?.size).toBe(5);
  expect(frontierOf(4, bytes)).toBeUndefined();
  expect(frontierOf(5, bytes.subarray(1))).toBeUndefined();
});
