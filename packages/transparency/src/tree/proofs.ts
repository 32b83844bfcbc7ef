import { invariant } from "@finality/domain";
import { hashBytes, sha256 } from "../record-hashes.ts";
import { nodeHash, rangeHash, splitOf, type NodeHashes } from "./nodes.ts";

/** Hashes from the bottom up, as RFC 6962 section 2.1 orders them. */
export type Proof = readonly Uint8Array[];

/** That the leaf at `index` (from 0: position − 1) is in the tree of the first `size` leaves (RFC 6962 2.1.1). */
export const inclusionProof = (nodes: NodeHashes, index: number, size: number): Promise<Proof> => {
  invariant(Number.isSafeInteger(index) && index >= 0 && index < size, `an index lies in its tree, not ${String(index)} in ${String(size)}`);
  const path = async (start: number, end: number): Promise<Proof> => {
    if (end - start === 1) return [];
    const middle = start + splitOf(end - start);
    return index < middle ? [...(await path(start, middle)), await rangeHash(nodes, middle, end)] : [...(await path(middle, end)), await rangeHash(nodes, start, middle)];
  };
  return path(0, size);
};

/** That the tree of `from` leaves is the beginning of the one of `to` leaves (RFC 6962 2.1.2). Empty from 0 and to itself. */
export const consistencyProof = async (nodes: NodeHashes, from: number, to: number): Promise<Proof> => {
  invariant(Number.isSafeInteger(from) && from >= 0 && from <= to, `a tree grows, not from ${String(from)} to ${String(to)}`);
  const below = async (start: number, end: number, isWhole: boolean): Promise<Proof> => {
    if (from === end) return isWhole ? [] : [await rangeHash(nodes, start, end)];
    const middle = start + splitOf(end - start);
    return from <= middle
      ? [...(await below(start, middle, isWhole)), await rangeHash(nodes, middle, end)]
      : [...(await below(middle, end, false)), await rangeHash(nodes, start, middle)];
  };
  return from === 0 || from === to ? [] : below(0, to, true);
};

const isOdd = (value: number): boolean => value % 2 === 1;
const half = (value: number): number => Math.floor(value / 2);
const equal = (left: Uint8Array, right: Uint8Array): boolean => Buffer.from(left).equals(right);
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
/** A shorter or longer one would shift the bytes of its neighbour. */
const areHashes = (hashes: Proof): boolean => hashes.every((hash) => hash.length === hashBytes);

export type Inclusion = { readonly leafHash: Uint8Array; readonly index: number; readonly size: number; readonly proof: Proof; readonly root: Uint8Array };

/** RFC 9162 2.1.3.2. False for everything that is no proof; never throws. */
export const verifyInclusion = ({ leafHash, index, size, proof, root }: Inclusion): boolean => {
  if (!isCount(index) || !isCount(size) || index >= size || !areHashes([leafHash, root, ...proof])) return false;
  let [at, last, hash] = [index, size - 1, leafHash];
  for (const sibling of proof) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else hash = nodeHash(hash, sibling);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equal(hash, root);
};

type SizedRoot = { readonly size: number; readonly root: Uint8Array };
export type Consistency = { readonly from: SizedRoot; readonly to: SizedRoot; readonly proof: Proof };

/** RFC 9162 2.1.4.2. False for everything that is no proof; never throws. */
export const verifyConsistency = ({ from, to, proof }: Consistency): boolean => {
  if (!isCount(from.size) || !isCount(to.size) || from.size > to.size || !areHashes([from.root, to.root, ...proof])) return false;
  if (from.size === to.size) return proof.length === 0 && equal(from.root, to.root);
  if (from.size === 0) return proof.length === 0 && equal(from.root, sha256(new Uint8Array()));
  let [at, last] = [from.size - 1, to.size - 1];
  while (isOdd(at)) [at, last] = [half(at), half(last)];
  // A first tree that is perfect is a node of the second one: its root stands for the first hash.
  const [first, ...rest] = at === 0 ? [from.root, ...proof] : proof;
  if (first === undefined || proof.length === 0) return false;
  let [old, grown] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      [old, grown] = [nodeHash(sibling, old), nodeHash(sibling, grown)];
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else grown = nodeHash(grown, sibling);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equal(old, from.root) && equal(grown, to.root);
};
