import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCheckpointFolder, type CheckpointFolder } from "@finality/history";
import { checkpointText, consistencyProof, cosignedAt, followRotations, formatAddCheckpoint, newPrivateKeyPem, nodesOfTiles, openGrowingTiles, parseNote, rootOf, sha256, signerFromPem, signNote, type SignerKey, type Tile } from "@finality/transparency";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createWitness, type WitnessReply } from "./answer-add-checkpoint.ts";

const log = signerFromPem(newPrivateKeyPem(), "desk");
const witness = signerFromPem(newPrivateKeyPem(), "w.example", "cosignature");
const origin = "desk/SPX/1";

/** A tree of 40 leaves: its notes and proofs. */
const treeOf = async (seed: string) => {
  const tiles: Tile[] = [];
  const growing = await openGrowingTiles(() => Promise.resolve(undefined), 0);
  const roots = [rootOf(growing.frontier())];
  for (let leaf = 1; leaf <= 40; leaf += 1) {
    tiles.push(...growing.append([sha256(Buffer.from(`${seed} ${String(leaf)}`))]));
    roots.push(rootOf(growing.frontier()));
  }
  const newest = tiles.filter(({ level }) => level === 0).at(-1);
  const nodes = nodesOfTiles(() => Promise.resolve(newest?.hashes), 40);
  const note = (size: number, signer: SignerKey = log, of = origin): string => signNote(checkpointText({ origin: of, size, root: roots[size] ?? Buffer.alloc(0) }), [signer]);
  return { note, question: async (old: number, size: number) => formatAddCheckpoint({ old, proof: await consistencyProof(nodes, old, size), note: note(size) }) };
};

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "finality-witness-")); });
afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

const start = (state: CheckpointFolder = createCheckpointFolder(folder)) => createWitness({ witness, eras: followRotations(log, []), state, now: () => 7, onAnswer: () => undefined });
const signs = ({ status, body }: WitnessReply, note: string): boolean => status === 200 && cosignedAt(parseNote(note + body), witness) === 7;

test("a tree is signed as it grows, also by a process that was started later", async () => {
  const { note, question } = await treeOf("a");
  expect(signs(await start()(await question(0, 7)), note(7))).toBe(true);
  expect(signs(await start()(await question(7, 7)), note(7))).toBe(true);
  expect(signs(await start()(await question(7, 40)), note(40))).toBe(true);
});

test("each other question gets C2SP's answer, and changes nothing", async () => {
  const [honest, forked] = [await treeOf("a"), await treeOf("b")];
  const ask = start();
  await ask(await honest.question(0, 20));
  const other = signerFromPem(newPrivateKeyPem(), "desk");
  const expected: readonly (readonly [string, number, RegExp])[] = [
    ["hello", 400, /A witness is asked with/],
    [formatAddCheckpoint({ old: 0, proof: [], note: "no note\n" }), 400, /no signed note/],
    [formatAddCheckpoint({ old: 20, proof: [], note: honest.note(7) }), 400, /larger than the checkpoint's 7/],
    [formatAddCheckpoint({ old: 20, proof: [], note: honest.note(30, other) }), 403, /No known key/],
    [formatAddCheckpoint({ old: 0, proof: [], note: honest.note(30, log, "desktop/SPX/1") }), 404, /desktop\/SPX\/1/],
    [await honest.question(0, 30), 409, /^20\n$/],
    [await honest.question(0, 7), 409, /^20\n$/],
    [formatAddCheckpoint({ old: 20, proof: [], note: forked.note(20) }), 409, /^20\n$/],
    [await forked.question(20, 30), 422, /No proof/],
    [formatAddCheckpoint({ old: 20, proof: [], note: honest.note(30) }), 422, /No proof/],
  ];
  for (const [question, status, body] of expected) expect(await ask(question)).toMatchObject({ status, body: expect.stringMatching(body) });
  expect((await ask(await honest.question(0, 30))).type).toBe("text/x.tlog.size");
  expect(signs(await ask(await honest.question(20, 30)), honest.note(30))).toBe(true);
});

test("of two questions at once one is signed", async () => {
  const [honest, forked] = [await treeOf("a"), await treeOf("b")];
  const ask = start();
  const answers = await Promise.all([ask(await honest.question(0, 20)), ask(await forked.question(0, 20))]);
  expect(answers.map(({ status }) => status)).toEqual([200, 409]);
});

test("what was signed is kept before the signature leaves, and what could not be kept is not signed", async () => {
  const { question } = await treeOf("a");
  const state = createCheckpointFolder(folder);
  const full = start({ ...state, keep: () => Promise.reject(new Error("no room")) });
  await expect(full(await question(0, 7))).rejects.toThrow("no room");
  // As a process that was killed between keeping and answering.
  const lost = start({ ...state, keep: async (...kept) => { await state.keep(...kept); throw new Error("killed"); } });
  await expect(lost(await question(0, 7))).rejects.toThrow("killed");
  expect(await start()(await question(0, 20))).toMatchObject({ status: 409, body: "7\n" });
});
