import { describe, expect, test } from "vitest";
import { sha256 } from "../record-hashes.ts";
import { checkpointText, originOf, parseCheckpoint } from "./checkpoint.ts";
import { cosign, cosignedAt } from "./cosignature.ts";
import { newPrivateKeyPem, parseVerifierKey, signerFromPem } from "./keys.ts";
import { followRotations, rotationNote } from "./rotation.ts";
import { openNote, parseNote, signNote } from "./signed-note.ts";

// The example of Go's package golang.org/x/mod/sumdb/note.
const published = {
  key: "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
  note:
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
};

const signer = (name: string) => signerFromPem(newPrivateKeyPem(), name);

describe("notes", () => {
  test("one that others signed is opened", () => {
    const { text, by } = openNote(published.note, [parseVerifierKey(published.key)]);
    expect(text).toContain("cryptography is the answer");
    expect(by.map(({ name, id }) => [name, id])).toEqual([["PeterNeumann", "c74f20a3"]]);
  });

  test("what is signed is opened with the keys that are known, whatever other signatures there are", () => {
    const [first, second] = [signer("desk"), signer("other")];
    const note = signNote("one\n\ntwo\n", [first, second]);
    expect(openNote(note, [parseVerifierKey(first.text)]).text).toBe("one\n\ntwo\n");
    expect(openNote(note, [second, first]).by.map(({ name }) => name)).toEqual(["desk", "other"]);
    expect(parseVerifierKey(first.text).id).toBe(first.id);
  });

  test("every changed character, and a signature of another text, is found", () => {
    const key = signer("desk");
    const note = signNote("size 7\n", [key]);
    for (let at = 0; at < note.length; at += 1) {
      const changed = `${note.slice(0, at)}${note[at] === "x" ? "y" : "x"}${note.slice(at + 1)}`;
      expect(() => openNote(changed, [key]), JSON.stringify(changed)).toThrow(/note|signature|signed/);
    }
    const other = signNote("size 8\n", [key]);
    expect(() => openNote(`${note.split("\n\n")[0] ?? ""}\n\n${other.split("\n\n")[1] ?? ""}`, [key])).toThrow("does not hold");
    expect(() => openNote(note, [signer("desk")])).toThrow(`No known key signed this note; it is signed by desk (key ${key.id})`);
  });

  test.each(["", "text", "text\n", "text\n\nno signature\n", "text\n\n— a b\n", `t\u0007\n\n— a ${Buffer.alloc(68).toString("base64")}\n`])("%j is no note", (note) => {
    expect(() => parseNote(note)).toThrow(expect.objectContaining({ code: "bad_note" }));
  });

  test.each(["", "a+b", "desk+00000000+AQ==", published.key.replace("c74f", "c74e"), published.key.replace("ARpc", "Ahpc"), `a b+c74f20a3+${published.key.split("+")[2] ?? ""}`])("%j is no key", (text) => {
    expect(() => parseVerifierKey(text)).toThrow(expect.objectContaining({ code: "bad_key" }));
  });

  test("a private key that is none, or of another kind, is refused without its content", () => {
    expect(() => signerFromPem("secret words", "desk")).toThrow("The private key of desk is no PEM file of a private key.");
  });
});

const checkpoint = { origin: originOf("desk", "SPX", 2), size: 1_234, root: sha256(Buffer.from("root")) };

describe("checkpoints", () => {
  test("name log, size, root and generation", () => {
    expect(checkpointText(checkpoint)).toBe(`desk/SPX/2\n1234\n${checkpoint.root.toString("base64")}\n`);
    expect(parseCheckpoint(checkpointText(checkpoint))).toEqual(checkpoint);
  });

  test.each([
    (text: string) => text.replace("1234", "01234"),
    (text: string) => text.replace("1234", "-1"),
    (text: string) => text.replace("1234", "99999999999999999"),
    (text: string) => `${text}more\n`,
    (text: string) => text.replace("=", ""),
  ])("in one spelling alone", (change) => {
    expect(() => parseCheckpoint(change(checkpointText(checkpoint)))).toThrow(expect.objectContaining({ code: "bad_note" }));
  });

  test("are cosigned with a time that is signed, too", () => {
    const [log, witness] = [signer("desk"), signerFromPem(newPrivateKeyPem(), "witness", "cosignature")];
    const text = checkpointText(checkpoint);
    const line = cosign(witness, text, 1_790_000_000);
    const note = parseNote(`${signNote(text, [log])}${line}`);
    expect(cosignedAt(note, parseVerifierKey(witness.text))).toBe(1_790_000_000);
    expect(openNote(`${signNote(text, [log])}${line}`, [log]).by).toHaveLength(1);
    const later = Buffer.from(line.split(" ")[2] ?? "", "base64");
    later[11] = (later[11] ?? 0) + 1;
    expect(cosignedAt(parseNote(`${signNote(text, [log])}— witness ${later.toString("base64")}\n`), witness)).toBeUndefined();
    expect(cosignedAt(parseNote(signNote(text, [log])), witness)).toBeUndefined();
  });
});

describe("a key hands over to the next", () => {
  const [first, second, third] = [signer("desk"), signer("desk"), signer("desk")];
  const rotations = [rotationNote(first, second, 100), rotationNote(second, third, 200)];

  test("along a chain that begins at the trusted one", () => {
    expect(followRotations(parseVerifierKey(first.text), rotations).map(({ key, since }) => [key.id, since])).toEqual([[first.id, 0], [second.id, 100], [third.id, 200]]);
  });

  test("and nobody else does: not the third, not twice, not in another order, not backwards in time", () => {
    const mallory = signer("desk");
    expect(() => followRotations(first, [rotationNote(mallory, second, 100)])).toThrow(expect.objectContaining({ code: "bad_signature" }));
    expect(() => followRotations(first, [rotations[0] ?? "", rotationNote(first, mallory, 150)])).toThrow(expect.objectContaining({ code: "bad_signature" }));
    expect(() => followRotations(first, rotations.toReversed())).toThrow(expect.objectContaining({ code: "bad_signature" }));
    expect(() => followRotations(first, [rotations[0] ?? "", rotationNote(second, third, 99)])).toThrow(expect.objectContaining({ code: "bad_note" }));
    expect(() => followRotations(first, [signNote("another text\n", [first])])).toThrow(expect.objectContaining({ code: "bad_note" }));
  });
});
