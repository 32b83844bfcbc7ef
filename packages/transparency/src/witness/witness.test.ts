import { expect, test } from "vitest";
import { checkpointText, type LogCheckpoint } from "../notes/checkpoint.ts";
import { cosignedAt } from "../notes/cosignature.ts";
import { newPrivateKeyPem, signerFromPem } from "../notes/keys.ts";
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
const ask = (checkpoint: LogCheckpoint, known: LogCheckpoint | undefined, proof: Proof, signer = log): WitnessAnswer =>
  witnessCheckpoint({ origin, note: signNote(checkpointText(checkpoint), [signer]), proof, known, keys: [log], witness, now: 5 });

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
  expect(witnessCheckpoint({ origin, note: signNote("no checkpoint\n", [log]), proof: [], known, keys: [log], witness, now: 5 })).toMatchObject({ kind: "refused", reason: "bad_signature" });
});
