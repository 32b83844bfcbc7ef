import { describe, expect, test } from "vitest";
import { sha256 } from "../record-hashes.ts";
import { checkpointText, originOf } from "./checkpoint.ts";
import { newPrivateKeyPem, signerFromPem, type KeyUse, type SignerKey } from "./keys.ts";
import { followRotations, openCheckpoint, rotationNote } from "./rotation.ts";
import { signNote } from "./signed-note.ts";

const signer = (name = "desk", use: KeyUse = "note"): SignerKey => signerFromPem(newPrivateKeyPem(), name, use);
const [first, second, third] = [signer(), signer(), signer()];
const [spx, btc] = [originOf("desk", "SPX", 1), originOf("desk", "BTC", 1)];

const rotations = [
  rotationNote(first, second, [{ origin: spx, size: 100 }]),
  rotationNote(second, third, [{ origin: spx, size: 150 }, { origin: btc, size: 7 }]),
];
const bad = (code: string) => expect.objectContaining({ code });

describe("a key hands over to the next", () => {
  test("along a chain that begins at the trusted one", () => {
    const eras = followRotations(first, rotations);
    expect(eras.map(({ key, lastSigned }) => [key.id, lastSigned?.get(spx)])).toEqual([[first.id, 100], [second.id, 150], [third.id, undefined]]);
    expect(followRotations(second, rotations.slice(1)).map(({ key }) => key.id)).toEqual([second.id, third.id]);
    expect(followRotations(first, []).map(({ key }) => key.id)).toEqual([first.id]);
  });

  test("and nobody else does: not another key, not twice, not in another order, not back to one that signed", () => {
    const mallory = signer();
    const to = (old: SignerKey, next: SignerKey): string => rotationNote(old, next, [{ origin: spx, size: 200 }]);
    expect(() => followRotations(first, [to(mallory, second)])).toThrow(bad("bad_signature"));
    expect(() => followRotations(first, [rotations[0] ?? "", to(first, mallory)])).toThrow(bad("bad_signature"));
    expect(() => followRotations(first, rotations.toReversed())).toThrow(bad("bad_signature"));
    expect(() => followRotations(first, [rotations[0] ?? "", to(second, first)])).toThrow("a key does not come back");
    expect(() => followRotations(first, [to(first, first)])).toThrow("a key does not come back");
    expect(() => followRotations(first, [to(first, signer("witness", "cosignature"))])).toThrow(bad("bad_key"));
  });

  test("saying nothing that takes records back", () => {
    const shrunk = rotationNote(second, third, [{ origin: spx, size: 99 }]);
    expect(() => followRotations(first, [rotations[0] ?? "", shrunk])).toThrow(`says that ${spx} had 99 records, the one before it 100`);
  });

  test.each([
    ["another text\n", "bad_note"],
    [`finality key rotation\n${second.text}\n100\n`, "bad_note"],
    [`finality key rotation\n${second.text}\n0100 ${spx}\n`, "bad_note"],
    [`finality key rotation\n${second.text}\n9007199254740992 ${spx}\n`, "bad_note"],
    [`finality key rotation\n${second.text}\n1 ${spx}\n2 ${spx}\n`, "bad_note"],
    [`finality key rotation\n${second.text}\n\n`, "bad_note"],
    ["finality key rotation\nno key\n", "bad_key"],
  ])("and %j is no such word, whoever signs it", (text, code) => {
    expect(() => followRotations(first, [signNote(text, [first])])).toThrow(bad(code));
  });
});

describe("a checkpoint is believed from the key that was in force", () => {
  const eras = followRotations(first, rotations);
  const checkpoint = (origin: string, size: number, signers: readonly SignerKey[]): string => signNote(checkpointText({ origin, size, root: sha256(Buffer.from("root")) }), signers);

  test("up to the size that its rotation names, and the last key for any size", () => {
    expect(openCheckpoint(checkpoint(spx, 100, [first]), eras)).toMatchObject({ origin: spx, size: 100, by: { id: first.id } });
    expect(openCheckpoint(checkpoint(spx, 150, [second]), eras).by.id).toBe(second.id);
    expect(openCheckpoint(checkpoint(spx, 1_000_000, [third]), eras).by.id).toBe(third.id);
    expect(openCheckpoint(checkpoint(spx, 120, [first, second]), eras).by.id).toBe(second.id);
  });

  test("a stolen old key signs nothing more, and nothing of a tree that it never signed", () => {
    expect(() => openCheckpoint(checkpoint(spx, 101, [first]), eras)).toThrow(`The key ${first.id} of desk was retired before ${spx} had 101 records.`);
    expect(() => openCheckpoint(checkpoint(spx, 151, [first, second]), eras)).toThrow(bad("bad_signature"));
    expect(() => openCheckpoint(checkpoint(btc, 1, [first]), eras)).toThrow(bad("bad_signature"));
    expect(() => openCheckpoint(checkpoint(originOf("desk", "SPX", 2), 5, [second]), eras)).toThrow(bad("bad_signature"));
    expect(() => openCheckpoint(checkpoint(spx, 1, [signer()]), eras)).toThrow("No known key signed this note");
  });
});
