import { readFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "@finality/testkit";
import { describe, expect, test } from "vitest";
import { sha256 } from "../record-hashes.ts";
import { nodesOfLeaves, rootAt } from "./nodes.ts";
import { consistencyProof, inclusionProof, verifyConsistency, verifyInclusion } from "./proofs.ts";

type Vectors = {
  readonly inclusion: readonly { readonly name: string; readonly wantErr: boolean; readonly leafIdx: number; readonly treeSize: number; readonly root: string | null; readonly leafHash: string | null; readonly proof: readonly string[] | null }[];
  readonly consistency: readonly { readonly name: string; readonly wantErr: boolean; readonly size1: number; readonly size2: number; readonly root1: string | null; readonly root2: string | null; readonly proof: readonly string[] | null }[];
};
const vectors = JSON.parse(readFileSync(join(import.meta.dirname, "../../reference/rfc6962-vectors.json"), "utf8")) as Vectors;
const bytes = (text: string | null): Buffer => Buffer.from(text ?? "", "base64");

describe("published vectors", () => {
  test.each(vectors.inclusion)("inclusion: $name", ({ wantErr, leafIdx, treeSize, root, leafHash, proof }) => {
    expect(verifyInclusion({ index: leafIdx, size: treeSize, root: bytes(root), leafHash: bytes(leafHash), proof: (proof ?? []).map(bytes) })).toBe(!wantErr);
  });

  test.each(vectors.consistency)("consistency: $name", ({ wantErr, size1, size2, root1, root2, proof }) => {
    expect(verifyConsistency({ from: { size: size1, root: bytes(root1) }, to: { size: size2, root: bytes(root2) }, proof: (proof ?? []).map(bytes) })).toBe(!wantErr);
  });
});

// A second implementation, word for word from RFC 6962 section 2.1: on whole lists, with nothing shared.
const node = (left: Buffer, right: Buffer): Buffer => sha256(Buffer.concat([Buffer.of(1), left, right]));
const splitAt = (size: number): number => {
  let k = 1;
  while (k * 2 < size) k *= 2;
  return k;
};
const mth = (d: readonly Buffer[]): Buffer => (d.length === 0 ? sha256(Buffer.alloc(0)) : d.length === 1 ? (d[0] ?? Buffer.alloc(0)) : node(mth(d.slice(0, splitAt(d.length))), mth(d.slice(splitAt(d.length)))));
const path = (m: number, d: readonly Buffer[]): readonly Buffer[] => {
  if (d.length === 1) return [];
  const k = splitAt(d.length);
  return m < k ? [...path(m, d.slice(0, k)), mth(d.slice(k))] : [...path(m - k, d.slice(k)), mth(d.slice(0, k))];
};
const sub = (m: number, d: readonly Buffer[], b: boolean): readonly Buffer[] => {
  if (m === d.length) return b ? [] : [mth(d)];
  const k = splitAt(d.length);
  return m <= k ? [...sub(m, d.slice(0, k), b), mth(d.slice(k))] : [...sub(m - k, d.slice(k), false), mth(d.slice(0, k))];
};

const random = seededRandom(6962);
const leaves = Array.from({ length: 70 }, () => sha256(Buffer.from(String(random.next()))));
const hex = (proof: readonly Uint8Array[]): readonly string[] => proof.map((hash) => Buffer.from(hash).toString("hex"));

test("every inclusion proof of trees up to 70 leaves is the RFC's, and holds", async () => {
  for (let size = 1; size <= leaves.length; size += 1) {
    const d = leaves.slice(0, size);
    const root = mth(d);
    const nodes = nodesOfLeaves(d);
    expect(Buffer.from(await rootAt(nodes, size)).equals(root)).toBe(true);
    for (let index = 0; index < size; index += 1) {
      const proof = await inclusionProof(nodes, index, size);
      expect(hex(proof)).toEqual(hex(path(index, d)));
      expect(verifyInclusion({ leafHash: leaves[index] ?? root, index, size, proof, root })).toBe(true);
    }
  }
});

test("every consistency proof between trees up to 70 leaves is the RFC's, and holds", async () => {
  const nodes = nodesOfLeaves(leaves);
  for (let to = 1; to <= leaves.length; to += 1) {
    const d = leaves.slice(0, to);
    for (let from = 0; from <= to; from += 1) {
      const proof = await consistencyProof(nodes, from, to);
      expect(hex(proof)).toEqual(from === 0 ? [] : hex(sub(from, d, true)));
      expect(verifyConsistency({ from: { size: from, root: mth(d.slice(0, from)) }, to: { size: to, root: mth(d) }, proof })).toBe(true);
    }
  }
});

test("a proof holds for nothing else: another leaf, place, size or root, a changed bit, a hash more or less", async () => {
  const size = 37;
  const d = leaves.slice(0, size);
  const root = mth(d);
  const nodes = nodesOfLeaves(d);
  const flipped = (hash: Uint8Array, bit: number): Buffer => {
    const copy = Buffer.from(hash);
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return copy;
  };
  const allFlipped = (hash: Uint8Array): readonly Buffer[] => Array.from({ length: 256 }, (_, bit) => flipped(hash, bit));
  for (const index of [0, 1, 15, 31, 32, 35, 36]) {
    const leafHash = leaves[index] ?? root;
    const good = { leafHash, index, size, proof: await inclusionProof(nodes, index, size), root };
    expect(verifyInclusion(good)).toBe(true);
    const bad = [
      { ...good, leafHash: leaves[index + 1] ?? root },
      ...allFlipped(leafHash).map((changed) => ({ ...good, leafHash: changed })),
      ...[index - 1, index + 1, index + 2, 0.5, NaN, -1, size].filter((other) => other !== index).map((other) => ({ ...good, index: other })),
      ...[...allFlipped(root), root.subarray(1)].map((changed) => ({ ...good, root: changed })),
      ...good.proof.flatMap((hash, place) => allFlipped(hash).map((changed) => ({ ...good, proof: good.proof.with(place, changed) }))),
      { ...good, proof: good.proof.slice(1) },
      { ...good, proof: good.proof.slice(0, -1) },
      { ...good, proof: [...good.proof, root] },
      { ...good, proof: good.proof.with(0, Buffer.alloc(31)) },
    ];
    for (const each of bad) expect(verifyInclusion(each), JSON.stringify({ index: each.index, size: each.size })).toBe(false);
  }
  for (const from of [1, 2, 7, 16, 31, 32, 33, 36]) {
    const good = { from: { size: from, root: mth(d.slice(0, from)) }, to: { size, root }, proof: await consistencyProof(nodes, from, size) };
    const bad = [
      { ...good, from: { ...good.from, root: mth(d.slice(1, from + 1)) } },
      { ...good, to: { ...good.to, root: mth(d.slice(0, size - 1)) } },
      { ...good, from: { ...good.from, size: from + 1 } },
      { ...good, to: { size: from - 1, root } },
      { ...good, proof: good.proof.slice(1) },
      { ...good, proof: [] },
      { ...good, proof: [...good.proof, root] },
      ...good.proof.flatMap((hash, place) => allFlipped(hash).map((changed) => ({ ...good, proof: good.proof.with(place, changed) }))),
      ...[...allFlipped(good.from.root), root].map((changed) => ({ ...good, from: { ...good.from, root: changed } })),
      ...[...allFlipped(root), good.from.root].map((changed) => ({ ...good, to: { ...good.to, root: changed } })),
    ];
    for (const each of bad) expect(verifyConsistency(each)).toBe(false);
  }
});

test("what has not a hash's length is refused, never hashed and never thrown at", async () => {
  const [size, nodes] = [40, nodesOfLeaves(leaves)];
  const [from, to] = [{ size: 8, root: mth(leaves.slice(0, 8)) }, { size, root: mth(leaves.slice(0, size)) }];
  const [inclusion, consistency] = [await inclusionProof(nodes, 3, size), await consistencyProof(nodes, from.size, size)];
  const leafHash = leaves[3] ?? to.root;
  for (const other of [Buffer.alloc(0), from.root.subarray(0, 31), Buffer.concat([from.root, to.root]), Buffer.alloc(100)]) {
    // What holds is checked before each, so that a buffer kept from it could not make up for a missing byte.
    expect(verifyConsistency({ from, to, proof: consistency })).toBe(true);
    expect(verifyConsistency({ from: { ...from, root: other }, to, proof: consistency })).toBe(false);
    expect(verifyConsistency({ from, to: { ...to, root: other }, proof: consistency })).toBe(false);
    expect(verifyConsistency({ from: { size, root: other }, to: { size, root: other }, proof: [] })).toBe(false);
    expect(verifyInclusion({ leafHash: other, index: 0, size: 1, proof: [], root: other })).toBe(false);
    expect(verifyInclusion({ leafHash: other, index: 3, size, proof: inclusion, root: to.root })).toBe(false);
    for (let place = 0; place < consistency.length; place += 1) expect(verifyConsistency({ from, to, proof: consistency.with(place, other) })).toBe(false);
    for (let place = 0; place < inclusion.length; place += 1) expect(verifyInclusion({ leafHash, index: 3, size, proof: inclusion.with(place, other), root: to.root })).toBe(false);
  }
  expect(verifyConsistency({ from: { size: 0, root: to.root }, to, proof: [] })).toBe(false);
  for (const sizes of [[-1, 40], [8, NaN], [8, Infinity], [8.5, 40], [8, 2 ** 53]]) expect(verifyConsistency({ from: { ...from, size: sizes[0] ?? 0 }, to: { ...to, size: sizes[1] ?? 0 }, proof: consistency })).toBe(false);
});

test("seeded random trees of thousands of leaves: the RFC's proofs, and none for another tree", async () => {
  for (let round = 0; round < 12; round += 1) {
    const size = random.integer(1_000, 9_000);
    const d = Array.from({ length: size }, (_, index) => sha256(Buffer.from(`${String(round)} ${String(index)}`)));
    const [nodes, root] = [nodesOfLeaves(d), mth(d)];
    for (let count = 0; count < 4; count += 1) {
      const index = random.integer(0, size - 1);
      const inclusion = { leafHash: d[index] ?? root, index, size, proof: await inclusionProof(nodes, index, size), root };
      expect(hex(inclusion.proof)).toEqual(hex(path(index, d)));
      expect(verifyInclusion(inclusion)).toBe(true);
      expect(verifyInclusion({ ...inclusion, index: (index + 1) % size })).toBe(false);
      const from = random.integer(1, size - 1);
      const consistency = { from: { size: from, root: mth(d.slice(0, from)) }, to: { size, root }, proof: await consistencyProof(nodes, from, size) };
      expect(hex(consistency.proof)).toEqual(hex(sub(from, d, true)));
      expect(verifyConsistency(consistency)).toBe(true);
      expect(verifyConsistency({ ...consistency, from: { size: from, root: mth(d.with(from - 1, root).slice(0, from)) } })).toBe(false);
    }
  }
});

test("sizes beyond 32 bits are counted exactly: a tree of equal leaves at any size", async () => {
  // All leaves equal: the hash of a perfect subtree depends on its level alone, so that a huge tree needs no memory.
  const levels: Buffer[] = [leaves[0] ?? sha256(Buffer.alloc(1))];
  for (let level = 1; level < 54; level += 1) levels.push(node(levels[level - 1] ?? Buffer.alloc(0), levels[level - 1] ?? Buffer.alloc(0)));
  const nodes = (level: number): Promise<Uint8Array> => Promise.resolve(levels[level] ?? Buffer.alloc(0));
  for (const size of [2 ** 31, 2 ** 32 + 1, 2 ** 40 + 12_345, 2 ** 53 - 1]) {
    const root = await rootAt(nodes, size);
    for (const index of [0, 2 ** 31 - 1, size - 1]) {
      expect(verifyInclusion({ leafHash: levels[0] ?? Buffer.alloc(0), index, size, proof: await inclusionProof(nodes, index, size), root })).toBe(true);
    }
    for (const from of [1, 2 ** 30 + 3, size - 1]) expect(verifyConsistency({ from: { size: from, root: await rootAt(nodes, from) }, to: { size, root }, proof: await consistencyProof(nodes, from, size) })).toBe(true);
  }
});
