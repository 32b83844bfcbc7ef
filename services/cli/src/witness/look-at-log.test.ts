import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCheckpointFolder } from "@finality/history";
import { checkpointText, cosignedAt, followRotations, newPrivateKeyPem, openGrowingTiles, parseNote, rootOf, rotationNote, sha256, signerFromPem, signNote, type Era, type SignerKey, type Tile } from "@finality/transparency";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createWitness } from "./answer-add-checkpoint.ts";
import { lookAtLog, type Look } from "./look-at-log.ts";
import type { ServedTree } from "./served-tree.ts";

const log = signerFromPem(newPrivateKeyPem(), "desk");
const witness = signerFromPem(newPrivateKeyPem(), "w.example", "cosignature");

type Leaves = (leaf: number) => string;
const honest: Leaves = (leaf) => `a ${String(leaf)}`;
/** Another history from leaf 300 on. */
const forked: Leaves = (leaf) => (leaf < 300 ? honest(leaf) : `b ${String(leaf)}`);

/** As somebody serves it: a tile is cut to the width that was asked for. */
const serve = async (leaves: Leaves, size: number, { signer = log, origin = "desk/SPX/1", spoil }: { readonly signer?: SignerKey; readonly origin?: string; readonly spoil?: boolean } = {}) => {
  const growing = await openGrowingTiles(() => Promise.resolve(undefined), 0);
  const tiles = new Map(growing.append(Array.from({ length: size }, (_, leaf) => sha256(Buffer.from(leaves(leaf))))).map((tile: Tile) => [`${String(tile.level)}/${String(tile.index)}`, tile.hashes]));
  const root = rootOf(growing.frontier());
  if (spoil === true) tiles.set("0/1", Buffer.alloc(256 * 32));
  const served: ServedTree = {
    checkpoint: () => Promise.resolve(signNote(checkpointText({ origin, size, root }), [signer])),
    tilesOf: () => ({ level, index }) => Promise.resolve(tiles.get(`${String(level)}/${String(index)}`)),
  };
  return { served, root: root.toString("base64") };
};

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "finality-look-")); });
afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

/** By a process that knows nothing but its folder. */
const look = (served: ServedTree, eras: readonly Era[] = followRotations(log, [])): Promise<Look> => {
  const state = createCheckpointFolder(folder);
  return lookAtLog({ served, witness, eras, state, answer: createWitness({ witness, eras, state, now: () => 7, onAnswer: () => undefined }) });
};

test("a tree that grows is signed, again where the signature may have been lost, and served with it all the same", async () => {
  for (const size of [1, 299, 299, 300, 700]) {
    const { served } = await serve(honest, size);
    const signed = await look(served);
    expect(signed).toMatchObject({ kind: "signed", checkpoint: { size } });
    if (signed.kind === "signed") expect(cosignedAt(parseNote(signed.note), witness)).toBe(7);
    if (signed.kind === "signed") expect(await look({ ...served, checkpoint: () => Promise.resolve(signed.note) })).toEqual(signed);
  }
});

test("another history is refused with both roots, and kept beside the one that was signed; the log's own is signed as before", async () => {
  const own = await serve(honest, 400);
  await look(own.served);
  const [fork, longer, shorter] = [await serve(forked, 400), await serve(forked, 700), await serve(honest, 350)];
  const signed = `this witness signed 400 records of it with root ${own.root}.`;
  expect(await look(fork.served)).toEqual({ kind: "refused", says: `desk/SPX/1 was forked: its first 400 of 400 records have root ${fork.root}; ${signed}` });
  expect(await look(longer.served)).toEqual({ kind: "refused", says: `desk/SPX/1 was forked: its first 400 of 700 records have root ${fork.root}; ${signed}` });
  expect(await look(shorter.served)).toEqual({ kind: "refused", says: `desk/SPX/1 was set back: it has 350 records with root ${shorter.root}; ${signed}` });
  const state = createCheckpointFolder(folder);
  expect([await state.kept("desk/SPX/1"), await state.kept("desk/SPX/1 refused")]).toEqual([await own.served.checkpoint(), await shorter.served.checkpoint()]);
  expect(await look((await serve(honest, 700)).served)).toMatchObject({ kind: "signed" });
});

test("a log goes to a higher generation, and not back", async () => {
  const [first, second] = [await serve(honest, 300), await serve(forked, 310, { origin: "desk/SPX/2" })];
  await look(first.served);
  expect(await look(second.served)).toMatchObject({ kind: "signed", checkpoint: { origin: "desk/SPX/2" } });
  const back = await look((await serve(honest, 301)).served);
  expect(back).toMatchObject({ kind: "refused", says: expect.stringMatching(/^desk\/SPX\/1, 301 records .* earlier generation than desk\/SPX\/2/) });
  expect(back).toMatchObject({ says: expect.stringContaining(second.root) });
  expect(await look((await serve(honest, 5, { origin: "desk/NDX/1" })).served)).toMatchObject({ kind: "signed" });
});

test("tiles that are not the checkpoint's, and notes that no key in force signed, prove nothing", async () => {
  await look((await serve(honest, 300)).served);
  await expect(look((await serve(honest, 700, { spoil: true })).served)).rejects.toMatchObject({ code: "bad_tile", message: expect.stringContaining("tile/0/001 was changed") });
  const next = signerFromPem(newPrivateKeyPem(), "desk");
  const later = await serve(honest, 700, { signer: next });
  await expect(look(later.served)).rejects.toMatchObject({ code: "bad_signature" });
  const rotated = followRotations(log, [rotationNote(log, next, [{ origin: "desk/SPX/1", size: 300 }])]);
  await expect(look((await serve(honest, 400)).served, rotated)).rejects.toMatchObject({ code: "bad_signature", message: expect.stringContaining("retired") });
  expect(await look(later.served, rotated)).toMatchObject({ kind: "signed" });
  // A key signs its own logs alone, also where others are trusted.
  await expect(look((await serve(honest, 9, { origin: "desktop/SPX/1" })).served)).rejects.toMatchObject({ code: "bad_signature" });
});
