import { TransparencyError } from "../errors.ts";
import { parseCheckpoint, type LogCheckpoint } from "./checkpoint.ts";
import { parseVerifierKey, type SignerKey, type VerifierKey } from "./keys.ts";
import { openNote, signNote } from "./signed-note.ts";

/** The last size of a tree that a key signed before it handed over. */
export type LastSigned = Pick<LogCheckpoint, "origin" | "size">;

/** A key that signs a deployment's checkpoints until it hands over to the next one. */
export type Era = {
  readonly key: VerifierKey;
  /** Size of each tree, by origin, that the key may have signed at most; a tree that is not named it never signed. Undefined for the key in force. */
  readonly lastSigned: ReadonlyMap<string, number> | undefined;
};

const title = "finality key rotation";
const sizeShape = /^(?<size>0|[1-9]\d{0,15}) (?<origin>[^\n]+)$/;

/**
 * The old key's word that the new one signs from now on: a title, the new key, and a line `<size> <origin>` for each tree that the old one signed.
 * The old key is destroyed when this is signed: whoever has it later can sign no larger tree.
 */
export const rotationNote = (old: SignerKey, next: VerifierKey, lastSigned: readonly LastSigned[]): string => {
  const lines = lastSigned.map(({ origin, size }) => `${String(size)} ${origin}\n`);
  return signNote(`${title}\n${next.text}\n${lines.join("")}`, [old]);
};

type Rotation = { readonly next: VerifierKey; readonly lastSigned: ReadonlyMap<string, number> };

const parseRotation = (text: string): Rotation => {
  const bad = (): TransparencyError => new TransparencyError("bad_note", `This is no rotation of a key: "${text.slice(0, 100)}".`);
  const [found, key = "", ...lines] = text.slice(0, -1).split("\n");
  if (found !== title) throw bad();
  const lastSigned = new Map<string, number>();
  for (const line of lines) {
    const { size, origin } = sizeShape.exec(line)?.groups ?? {};
    if (size === undefined || origin === undefined || !Number.isSafeInteger(Number(size)) || lastSigned.has(origin)) throw bad();
    lastSigned.set(origin, Number(size));
  }
  return { next: parseVerifierKey(key), lastSigned };
};

/** A tree only grows: what the key before signed, this one was answerable for, too. */
const requireGrowth = (eras: readonly Era[], { next, lastSigned }: Rotation): void => {
  for (const [origin, size] of lastSigned) {
    const before = Math.max(0, ...eras.map((era) => era.lastSigned?.get(origin) ?? 0));
    if (size < before) throw new TransparencyError("bad_note", `The rotation to ${next.text} says that ${origin} had ${String(size)} records, the one before it ${String(before)}.`);
  }
};

/**
 * The keys that signed, oldest first: from one that is trusted along the rotations, in order. Throws TransparencyError "bad_note", "bad_key",
 * "bad_signature" for a rotation that its predecessor did not sign: a key hands over once, and none comes back.
 */
export const followRotations = (trusted: VerifierKey, rotations: readonly string[]): readonly [Era, ...Era[]] => {
  const past: Era[] = [];
  let key = trusted;
  for (const note of rotations) {
    const rotation = parseRotation(openNote(note, [key]).text);
    const { next, lastSigned } = rotation;
    if (next.use !== "note") throw new TransparencyError("bad_key", `The key ${next.text} is a witness's; it cannot sign checkpoints.`);
    if ([...past.map((era) => era.key), key].some(({ text }) => text === next.text)) throw new TransparencyError("bad_note", `The key ${next.text} signed before; a key does not come back.`);
    requireGrowth(past, rotation);
    past.push({ key, lastSigned });
    key = next;
  }
  const [first, ...rest] = [...past, { key, lastSigned: undefined }];
  return [first ?? { key, lastSigned: undefined }, ...rest];
};

const maySign = ({ lastSigned }: Era, { origin, size }: LogCheckpoint): boolean => lastSigned === undefined || size <= (lastSigned.get(origin) ?? -1);

/** A checkpoint that a key signed while it was in force. Throws TransparencyError "bad_note", "bad_signature": a retired key signs nothing beyond what its rotation names. */
export const openCheckpoint = (note: string, eras: readonly Era[]): LogCheckpoint & { readonly by: VerifierKey } => {
  const { text, by } = openNote(note, eras.map(({ key }) => key));
  const checkpoint = parseCheckpoint(text);
  const era = eras.findLast((each) => by.includes(each.key) && maySign(each, checkpoint));
  if (era !== undefined) return { ...checkpoint, by: era.key };
  const { name = "", id = "" } = by[0] ?? {};
  throw new TransparencyError("bad_signature", `The key ${id} of ${name} was retired before ${checkpoint.origin} had ${String(checkpoint.size)} records.`);
};
