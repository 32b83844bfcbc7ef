import { invariant } from "@finality/domain";
import { TransparencyError } from "../errors.ts";
import type { SignerKey, VerifierKey } from "./keys.ts";

/** C2SP signed-note: a text that ends with a newline, an empty line, then lines of signatures. */
export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] };
export type NoteSignature = { readonly name: string; readonly id: string; /** Behind the key's id. */ readonly bytes: Uint8Array; readonly line: string };

const bytesMax = 1_000_000;
const signaturesMax = 100;
const idBytes = 4;

/** Of the control characters only the newline. */
const isText = (text: string): boolean => text.endsWith("\n") && text.isWellFormed() && text.split("\n").every((line) => Array.from(line).every((character) => character >= " "));

export const signatureLine = ({ name, id }: Pick<VerifierKey, "name" | "id">, bytes: Uint8Array): string => `— ${name} ${Buffer.concat([Buffer.from(id, "hex"), bytes]).toString("base64")}\n`;

/** The note's whole text, signed by each key. Throws TransparencyError "bad_note" for text that cannot be one. */
export const signNote = (text: string, signers: readonly SignerKey[]): string => {
  if (!isText(text)) throw new TransparencyError("bad_note", "A note's text ends with a newline and has no control characters.");
  invariant(signers.every(({ use }) => use === "note"), "a witness's key signs no notes");
  return `${text}\n${signers.map((signer) => signatureLine(signer, signer.sign(Buffer.from(text)))).join("")}`;
};

const signatureOf = (line: string): NoteSignature => {
  const match = /^— (?<name>[^\s+]+) (?<bytes>[A-Za-z0-9+/]+={0,2})$/u.exec(line);
  const { name = "", bytes = "" } = match?.groups ?? {};
  const decoded = Buffer.from(bytes, "base64");
  if (match === null || decoded.length <= idBytes || decoded.toString("base64") !== bytes) throw new TransparencyError("bad_note", `"${line}" is no line of a signature.`);
  return { name, id: decoded.subarray(0, idBytes).toString("hex"), bytes: decoded.subarray(idBytes), line: `${line}\n` };
};

/** Takes a note apart without judging its signatures. Throws TransparencyError "bad_note". */
export const parseNote = (note: string): Note => {
  if (Buffer.byteLength(note) > bytesMax) throw new TransparencyError("bad_note", `A note of more than ${String(bytesMax)} bytes is not read.`);
  const split = note.lastIndexOf("\n\n");
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2);
  if (split < 0 || !isText(text) || !lines.endsWith("\n")) throw new TransparencyError("bad_note", "This is no signed note: a text, an empty line and lines of signatures.");
  const signatures = lines.slice(0, -1).split("\n");
  if (signatures.length > signaturesMax) throw new TransparencyError("bad_note", `A note with more than ${String(signaturesMax)} signatures is not read.`);
  return { text, signatures: signatures.map(signatureOf) };
};

/**
 * The text of a note that a known key signed. Every signature by a known key has to hold, those of unknown keys are passed over.
 * Throws TransparencyError "bad_note", "bad_signature".
 */
export const openNote = (note: string, known: readonly VerifierKey[]): Note & { readonly by: readonly VerifierKey[] } => {
  const parsed = parseNote(note);
  const by: VerifierKey[] = [];
  for (const { name, id, bytes } of parsed.signatures) {
    const key = known.find((each) => each.use === "note" && each.name === name && each.id === id);
    if (key === undefined) continue;
    if (!key.verify(Buffer.from(parsed.text), bytes)) throw new TransparencyError("bad_signature", `The signature of ${name} (key ${id}) does not hold.`);
    if (!by.includes(key)) by.push(key);
  }
  if (by.length > 0) return { ...parsed, by };
  const found = parsed.signatures.map(({ name, id }) => `${name} (key ${id})`).join(", ");
  throw new TransparencyError("bad_signature", `No known key signed this note; it is signed by ${found}.`);
};
