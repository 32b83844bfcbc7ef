import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from "node:crypto";
import { TransparencyError } from "../errors.ts";
import { sha256 } from "../record-hashes.ts";

/** What a key signs: notes, or a witness's cosignatures (C2SP signed-note's algorithm bytes). */
export type KeyUse = "note" | "cosignature";

const uses: readonly KeyUse[] = ["note", "cosignature"];
const algorithms: Readonly<Record<KeyUse, number>> = { note: 0x01, cosignature: 0x04 };
const keyBytes = 32;
const idBytes = 4;
/** What stands before an Ed25519 public key in its DER form. */
const derPrefix = Buffer.from("302a300506032b6570032100", "hex");

/** A public Ed25519 key with its name, as `name+id+key` in text. */
export type VerifierKey = {
  readonly name: string;
  readonly use: KeyUse;
  /** First four bytes of SHA-256(name ‖ 0x0A ‖ algorithm ‖ key), in hex. */
  readonly id: string;
  readonly text: string;
  verify(message: Uint8Array, signature: Uint8Array): boolean;
};

export type SignerKey = VerifierKey & { sign(message: Uint8Array): Uint8Array };

const isName = (name: string): boolean => name !== "" && !/[\s+]/u.test(name);

const verifierOf = (name: string, use: KeyUse, raw: Uint8Array): VerifierKey => {
  if (!isName(name)) throw new TransparencyError("bad_key", `A key's name has neither spaces nor plus signs and is not empty, not "${name}".`);
  const typed = Buffer.concat([Buffer.of(algorithms[use]), raw]);
  const id = sha256(Buffer.concat([Buffer.from(`${name}\n`), typed])).subarray(0, idBytes).toString("hex");
  const key = createPublicKey({ key: Buffer.concat([derPrefix, raw]), format: "der", type: "spki" });
  return { name, use, id, text: `${name}+${id}+${typed.toString("base64")}`, verify: (message, signature) => verify(null, message, key, signature) };
};

/** Reads `name+id+key`. Throws TransparencyError "bad_key" that names it. */
export const parseVerifierKey = (text: string): VerifierKey => {
  const [name = "", id, encoded = ""] = text.trim().split("+").length >= 3 ? splitKey(text.trim()) : [];
  const typed = Buffer.from(encoded, "base64");
  const use = uses.find((each) => algorithms[each] === typed[0]);
  if (use === undefined || typed.length !== 1 + keyBytes || typed.toString("base64") !== encoded) throw new TransparencyError("bad_key", `"${text.trim()}" is no Ed25519 key as name+id+key.`);
  const key = verifierOf(name, use, typed.subarray(1));
  if (key.id !== id) throw new TransparencyError("bad_key", `The key "${text.trim()}" has the id ${key.id}, not ${String(id)}.`);
  return key;
};

/** The key itself may hold plus signs. */
const splitKey = (text: string): readonly string[] => {
  const first = text.indexOf("+");
  const second = text.indexOf("+", first + 1);
  return [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
};

const signerOf = (name: string, use: KeyUse, privateKey: KeyObject): SignerKey => {
  const raw = createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(derPrefix.length);
  return { ...verifierOf(name, use, raw), sign: (message) => sign(null, message, privateKey) };
};

/** From a PEM file's text. Throws TransparencyError "bad_key", which says nothing of the content. */
export const signerFromPem = (pem: string, name: string, use: KeyUse = "note"): SignerKey => {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem);
  } catch {
    throw new TransparencyError("bad_key", `The private key of ${name} is no PEM file of a private key.`);
  }
  if (privateKey.asymmetricKeyType !== "ed25519") throw new TransparencyError("bad_key", `The private key of ${name} is ${String(privateKey.asymmetricKeyType)}; Ed25519 is needed.`);
  return signerOf(name, use, privateKey);
};

/** A new Ed25519 private key as PEM. */
export const newPrivateKeyPem = (): string => generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }).toString();
