import { seededRandom } from "@finality/testkit";
import { expect, test } from "vitest";
import { checkpointText, type LogCheckpoint } from "../notes/checkpoint.ts";
import { cosignedAt } from "../notes/cosignature.ts";
import { newPrivateKeyPem, signerFromPem } from "../notes/keys.ts";
import { followRotations, rotationNote, type Era } from "../notes/rotation.ts";
import { parseNote, signNote } from "../notes/signed-note.ts";
import { sha256 } from "../record-hashes.ts";
import { nodesOfLeaves, rootAt } from "../tree/nodes.ts";
import { consistencyProof, type Proof } from "../tree/proofs.ts";
import { witnessCheckpoint, type WitnessAnswer } from "./witness.ts";

const log = signerFromPem(newPrivateKeyPem(), "desk");
const witness = signerFromPem(newPrivateKeyPem(), "witness", "cosignature");
const origin = "desk/SPX";
const treeOf = (seed: string) => nodesOfLeaves(Array.from({ length: 40 }, (_, index) => sha256(Buffer.from(`${seed} ${String(index)}`))));
const [honest, forked] = [treeOf("a"), treeOf("b")];

const at = async (size: number, nodes = honest): Promise<LogCheckpoint> => ({ origin, size, root: await rootAt(nodes, size) });
const ask = (checkpoint: LogCheckpoint, known: LogCheckpoint | undefined, proof: Proof, signer = log, eras: readonly Era[] = followRotations(log, [])): WitnessAnswer =>
  witnessCheckpoint({ origin, note: signNote(checkpointText(checkpoint), [signer]), proof, known, eras, witness, now: 5 });

test("a witness signs the first checkpoint that it sees, and then each that continues what it signed", async () => {
  const answer = ask(await at(7), undefined, []);
  expect(answer).toMatchObject({ kind: "cosigned", checkpoint: { size: 7 } });
  if (answer.kind !== "cosigned") return;
  expect(cosignedAt(parseNote(`${signNote(checkpointText(await at(7)), [log])}${answer.line}`), witness)).toBe(5);
  expect(ask(await at(29), await at(7), await consistencyProof(honest, 7, 29))).toMatchObject({ kind: "cosigned" });
  expect(ask(await at(7), await at(7), [])).toMatchObject({ kind: "cosigned" });
});

test("and nothing else", async () => {
  const known = await at(7);
  expect(ask(await at(6), known, [])).toMatchObject({ kind: "refused", reason: "rollback" });
  expect(ask(await at(7, forked), known, [])).toMatchObject({ kind: "refused", reason: "split_view" });
  expect(ask(await at(29, forked), known, await consistencyProof(forked, 7, 29))).toMatchObject({ kind: "refused", reason: "inconsistent" });
  expect(ask(await at(29), known, [])).toMatchObject({ kind: "refused", reason: "inconsistent" });
  expect(ask({ ...(await at(29)), origin: "desk/NDX" }, known, [])).toMatchObject({ kind: "refused", reason: "wrong_origin" });
  expect(ask(await at(29), known, await consistencyProof(honest, 7, 29), signerFromPem(newPrivateKeyPem(), "desk"))).toMatchObject({ kind: "refused", reason: "bad_signature" });
  expect(witnessCheckpoint({ origin, note: signNote("no checkpoint\n", [log]), proof: [], known, eras: followRotations(log, []), witness, now: 5 })).toMatchObject({ kind: "refused", reason: "bad_signature" });
});

test("the first checkpoint comes without a proof, and none is of an empty tree with another root", async () => {
  expect(ask(await at(29), undefined, await consistencyProof(honest, 7, 29))).toMatchObject({ kind: "refused", reason: "inconsistent" });
  expect(ask(await at(0), undefined, [])).toMatchObject({ kind: "cosigned", checkpoint: { size: 0 } });
  expect(ask({ ...(await at(0)), root: (await at(7)).root }, undefined, [])).toMatchObject({ kind: "refused", reason: "split_view" });
});

test("a retired key's checkpoint is witnessed as far as its rotation says", async () => {
  const next = signerFromPem(newPrivateKeyPem(), "desk");
  const eras = followRotations(log, [rotationNote(log, next, [{ origin, size: 29 }])]);
  const [known, to29, to30] = [await at(7), await consistencyProof(honest, 7, 29), await consistencyProof(honest, 7, 30)];
  expect(ask(await at(29), known, to29, log, eras)).toMatchObject({ kind: "cosigned" });
  expect(ask(await at(30), known, to30, log, eras)).toMatchObject({ kind: "refused", reason: "bad_signature" });
  expect(ask(await at(30), known, to30, next, eras)).toMatchObject({ kind: "cosigned" });
});

test("of any history of true and forked checkpoints a witness signs one line of growth", async () => {
  const random = seededRandom(41);
  for (let round = 0; round < 40; round += 1) {
    const signed: LogCheckpoint[] = [];
    for (let step = 0; step < 12; step += 1) {
      const [tree, size, known] = [random.pick([honest, honest, forked]), random.integer(1, 40), signed.at(-1)];
      const proof = known === undefined || known.size > size ? [] : await consistencyProof(tree, known.size, size);
      const answer = ask(await at(size, tree), known, proof);
      if (answer.kind === "cosigned") signed.push(answer.checkpoint);
    }
    const holds = async (tree: typeof honest): Promise<boolean> => (await Promise.all(signed.map(async ({ size, root }) => Buffer.from(root).equals(await rootAt(tree, size))))).every(Boolean);
    expect([await holds(honest), await holds(forked)].toSorted()).toEqual([false, true]);
    expect(signed.map(({ size }) => size)).toEqual(signed.map(({ size }) => size).toSorted((a, b) => a - b));
  }
});
