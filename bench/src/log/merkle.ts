import { appendLeaves, emptyFrontier, hashBytes, inclusionProof, nodesOfTiles, openGrowingTiles, rootOf, sha256, verifyInclusion, type ReadTile } from "@finality/transparency";
import { alone, compared, median, type Measurement } from "../measurement.ts";
import { alternate, elapsedMs } from "../timing.ts";

const atLeast = 0.6;
const rounds = 9;
const leaves = 200_000;
/** The domain byte and two hashes, as RFC 6962 hashes an inner node. */
const nodeBytes = 1 + 2 * hashBytes;
const proofSizes = [10, 14, 18, 20];
const proofs = 200;

/** Leaves a second of the tree that each append grows, beside bare SHA-256 of as many nodes; then proofs out of tiles, their size and time by log₂ n. */
export const merkle = async (): Promise<readonly Measurement[]> => {
  const hashes = leafHashes(leaves);
  const { subjectMs, baselineMs } = await alternate({ subject: () => grow(hashes), baseline: () => hashNodes(leaves), rounds });
  const perSecond = (milliseconds: number): number => (leaves * 1_000) / milliseconds;
  const rows = [compared("merkle: leaves appended; baseline: bare SHA-256 of as many nodes", { value: perSecond(subjectMs), baseline: perSecond(baselineMs), unit: "leaves/s" }, { atLeast })];
  for (const exponent of proofSizes) rows.push(...(await timeProofs(exponent)));
  return rows;
};

const leafHashes = (count: number): readonly Buffer[] => Array.from({ length: count }, (_, index) => sha256(Buffer.from(String(index))));

const grow = (hashes: readonly Buffer[]): void => {
  if (appendLeaves(emptyFrontier, hashes).size !== hashes.length) throw new Error("A leaf is missing.");
};

/**
 * Appending n leaves hashes n nodes less one for each root that its frontier is left with. Each hash is a Buffer of its own out of Node's
 * pool, by the same call that the tree makes: a baseline that allocates otherwise would measure that.
 */
const hashNodes = (count: number): void => {
  const node = Buffer.alloc(nodeBytes, 1);
  const inner = count - onesIn(count);
  for (let index = 0; index < inner; index++) sha256(node);
};

const onesIn = (count: number): number => count.toString(2).replaceAll("0", "").length;

type Tree = { readonly size: number; readonly hashes: readonly Buffer[]; readonly readTile: ReadTile; readonly root: Buffer };

/** Tiles in memory, as the notary keeps them in PostgreSQL: what is timed is the proof, not the reading. */
const treeOf = async (exponent: number): Promise<Tree> => {
  // One less than a power of two: the longest proofs and a ragged edge.
  const size = 2 ** exponent - 1;
  const hashes = leafHashes(size);
  const tiles = new Map<string, Uint8Array>();
  const growing = await openGrowingTiles(() => Promise.reject(new Error("An empty tree has no tile.")), 0);
  for (const { level, index, hashes: bytes } of growing.append(hashes)) tiles.set(`${String(level)}/${String(index)}`, bytes);
  const readTile: ReadTile = async ({ level, index }) => tiles.get(`${String(level)}/${String(index)}`);
  return { size, hashes, readTile, root: rootOf(growing.frontier()) };
};

const timeProofs = async (exponent: number): Promise<readonly Measurement[]> => {
  const { size, hashes, readTile, root } = await treeOf(exponent);
  const [made, checked, lengths]: [number[], number[], number[]] = [[], [], []];
  for (let count = 0; count < proofs; count++) {
    const index = Math.floor(((count + 0.5) * size) / proofs);
    let proof: readonly Uint8Array[] = [];
    made.push(await elapsedMs(async () => void (proof = await inclusionProof(nodesOfTiles(readTile, size), index, size))));
    const leafHash = hashes[index] ?? root;
    let holds = false;
    checked.push(await elapsedMs(() => void (holds = verifyInclusion({ leafHash, index, size, proof, root }))));
    if (!holds) throw new Error(`The proof of leaf ${String(index)} of ${String(size)} does not hold.`);
    lengths.push(proof.length);
  }
  const of = `merkle: of 2^${String(exponent)} − 1 leaves`;
  return [
    compared(`${of}, hashes of the longest proof; baseline: log₂ n`, { value: Math.max(...lengths), baseline: exponent, unit: "hashes" }, { atMost: 1 }),
    alone(`${of}, proof out of tiles`, median(made) * 1_000, "µs"),
    alone(`${of}, its check`, median(checked) * 1_000, "µs"),
  ];
};
