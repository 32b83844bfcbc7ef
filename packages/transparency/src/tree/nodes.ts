import { hashPair, sha256 } from "../record-hashes.ts";

/** Hash of the perfect subtree over the leaves index × 2^level … (index + 1) × 2^level − 1; level 0 are the leaf hashes. Both from 0. */
export type NodeHashes = (level: number, index: number) => Promise<Uint8Array>;

/** RFC 6962 interior node: SHA-256(0x01 ‖ left ‖ right). */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => hashPair(0x01, left, right);

/** Hash of a perfect subtree over 2^n hashes of one level. */
export const subtreeHash = (hashes: readonly Uint8Array[]): Uint8Array => {
  let level = hashes;
  while (level.length > 1) level = Array.from({ length: level.length / 2 }, (_, index) => nodeHash(level[2 * index] ?? new Uint8Array(), level[2 * index + 1] ?? new Uint8Array()));
  return level[0] ?? sha256(new Uint8Array());
};

/** Largest power of two below `size` (RFC 6962's k); `size` > 1. Sizes go beyond 32 bits, so that no bit operator is used on them. */
export const splitOf = (size: number): number => {
  let split = 1;
  while (2 * split < size) split *= 2;
  return split;
};

/** Node hashes over leaf hashes in memory. */
export const nodesOfLeaves =
  (leafHashes: readonly Uint8Array[]): NodeHashes =>
  (level, index) =>
    Promise.resolve(subtreeHash(leafHashes.slice(index * 2 ** level, (index + 1) * 2 ** level)));

/** Hash over the leaves `start` … `end` − 1, `start` a multiple of the largest power of two within. */
export const rangeHash = async (nodes: NodeHashes, start: number, end: number): Promise<Uint8Array> => {
  const size = end - start;
  const split = size === 1 ? 1 : splitOf(size);
  if (size === 1 || 2 * split === size) return nodes(Math.log2(size), start / size);
  return nodeHash(await rangeHash(nodes, start, start + split), await rangeHash(nodes, start + split, end));
};

/** RFC 6962 root of the first `size` leaves; of none SHA-256 of nothing. */
export const rootAt = async (nodes: NodeHashes, size: number): Promise<Uint8Array> => (size === 0 ? sha256(new Uint8Array()) : rangeHash(nodes, 0, size));
