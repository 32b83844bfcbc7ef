import { hashBytes, sha256 } from "../record-hashes.ts";
import { nodeHash } from "./nodes.ts";
import { invariant } from "@finality/domain";

/**
 * The RFC 6962 tree over the leaves 1..size, as far as appending needs it: the roots of its perfect subtrees, largest first,
 * one for each 1 in the binary form of `size`.
 */
export type Frontier = { readonly size: number; readonly roots: readonly Uint8Array[] };

export const emptyFrontier: Frontier = { size: 0, roots: [] };

/** The frontier behind further leaf hashes. */
export const appendLeaves = (frontier: Frontier, leafHashes: readonly Uint8Array[]): Frontier => {
  const roots = [...frontier.roots];
  let { size } = frontier;
  for (const leaf of leafHashes) {
    let root = leaf;
    // Each trailing 1 of the size is a perfect subtree that the new leaf completes into one of twice its size.
    for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      const left = roots.pop();
      invariant(left !== undefined, "a frontier has one root for each 1 in its size");
      root = nodeHash(left, root);
    }
    roots.push(root);
    size++;
  }
  return { size, roots };
};

/** RFC 6962 root; of the empty tree SHA-256 of nothing. */
export const rootOf = ({ roots }: Frontier): Buffer => {
  const last = roots.at(-1);
  if (last === undefined) return sha256(new Uint8Array());
  let root: Buffer = Buffer.from(last);
  for (let index = roots.length - 2; index >= 0; index--) root = nodeHash(roots[index] ?? last, root);
  return root;
};

/** As the head row stores it: the roots one behind the other. */
export const frontierBytes = ({ roots }: Frontier): Buffer => Buffer.concat(roots);

/** Undefined when the bytes are no frontier of that size. */
export const frontierOf = (size: number, bytes: Uint8Array): Frontier | undefined => {
  let ones = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  if (bytes.length !== ones * hashBytes) return undefined;
  return { size, roots: Array.from({ length: ones }, (_, index) => bytes.subarray(index * hashBytes, (index + 1) * hashBytes)) };
};
