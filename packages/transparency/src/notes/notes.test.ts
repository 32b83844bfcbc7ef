import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { sha256 } from "../record-hashes.ts";
import { checkpointText, originOf, parseCheckpoint } from "./checkpoint.ts";
import { cosign, cosignedAt } from "./cosignature.ts";
import { newPrivateKeyPem, parseVerifierKey, signerFromPem } from "./keys.ts";
import { openNote, parseNote, signNote } from "./signed-note.ts";

// The example of Go's package golang.org/x/mod/sumdb/note.
const published = {
  key: "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
  note:
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
};

/** The private key that the same documentation prints, "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEK…", as PEM. */
const publishedPem = `-----BEGIN PRIVATE KEY-----\n${Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.from("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz", "base64").subarray(1)]).toString("base64")}\n-----END PRIVATE KEY-----\n`;

const signer = (name: string) => signerFromPem(newPrivateKeyPem(), name);

describe("notes", () => {
  test("one that others signed is opened", () => {
    const { text, by } = openNote(published.note, [parseVerifierKey(published.key)]);
    expect(text).toContain("cryptography is the answer");
    expect(by.map(({ name, id }) => [name, id])).toEqual([["PeterNeumann", "c74f20a3"]]);
  });

  test("and signed again it is the same note, byte for byte", () => {
    const key = signerFromPem(publishedPem, "PeterNeumann");
    expect(key.text).toBe(published.key);
    expect(signNote(parseNote(published.note).text, [key])).toBe(published.note);
  });

  test("each signature of a known key has to hold, also a second one", () => {
    const key = signer("desk");
    const [note, other] = [signNote("size 7\n", [key]), signNote("size 8\n", [key])];
    expect(openNote(`${note}${note.split("\n\n")[1] ?? ""}`, [key]).by).toHaveLength(1);
    expect(() => openNote(`${note}${other.split("\n\n")[1] ?? ""}`, [key])).toThrow(expect.objectContaining({ code: "bad_signature" }));
  });

  test("of more bytes or signatures than the limits is not read", () => {
    const key = signer("desk");
    const line = signNote("a\n", [key]).split("\n\n")[1] ?? "";
    expect(parseNote(`a\n\n${line.repeat(100)}`).signatures).toHaveLength(100);
    expect(() => parseNote(`a\n\n${line.repeat(101)}`)).toThrow("more than 100 signatures");
    expect(() => parseNote(signNote(`${"a".repeat(1_000_000)}\n`, [key]))).toThrow("more than 1000000 bytes");
  });

  test("a key is used for one thing", () => {
    const [log, witness] = [signer("desk"), signerFromPem(newPrivateKeyPem(), "witness", "cosignature")];
    expect(() => signNote("a\n", [witness])).toThrow("a witness's key signs no notes");
    expect(() => cosign(log, "a\n", 1)).toThrow("only a witness's key cosigns");
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
    const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "pem", type: "pkcs8" }).toString();
    expect(() => signerFromPem(other, "desk")).toThrow("The private key of desk is ec; Ed25519 is needed.");
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

  // The example of C2SP's tlog-checkpoint and tlog-cosignature; its keys are not published.
  const example = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

  test("the specification's example is read, and written again", () => {
    expect(parseCheckpoint(example)).toMatchObject({ origin: "example.com/behind-the-sofa", size: 20_852_163 });
    expect(checkpointText(parseCheckpoint(example))).toBe(example);
  });

  test("a cosignature is what the specification lays out: key id, time, and a signature over header, time and checkpoint", () => {
    const witness = signerFromPem(newPrivateKeyPem(), "witness.example.com/w1", "cosignature");
    const line = cosign(witness, example, 1_679_315_147);
    expect(line.startsWith("— witness.example.com/w1 ")).toBe(true);
    const bytes = Buffer.from(line.trim().split(" ")[2] ?? "", "base64");
    const raw = Buffer.from(witness.text.split("+").slice(2).join("+"), "base64").subarray(1);
    expect(bytes.subarray(0, 4).equals(sha256(Buffer.concat([Buffer.from("witness.example.com/w1\n"), Buffer.of(4), raw])).subarray(0, 4))).toBe(true);
    // The published line "— witness.example.com/w1 jWbPPwAAAABkGFDL…" has the same eight bytes behind its key's id.
    expect(bytes.subarray(4, 12).equals(Buffer.from("jWbPPwAAAABkGFDL", "base64").subarray(4))).toBe(true);
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") }, format: "jwk" });
    const message = "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    expect(verify(null, Buffer.from(message), key, bytes.subarray(12))).toBe(true);
  });
});
