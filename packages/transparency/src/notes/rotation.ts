import { TransparencyError } from "../errors.ts";
import { parseVerifierKey, type SignerKey, type VerifierKey } from "./keys.ts";
import { openNote, signNote } from "./signed-note.ts";

/** A key that signs a deployment's checkpoints, from a moment on until the next one takes over. */
export type Era = {
  readonly key: VerifierKey;
  /** When the key before it said that this one takes over, seconds since 1970; 0 for the first one. */
  readonly since: number;
};

const title = "finality key rotation";

/** The old key's word that the new one signs from now on. `seconds` since 1970. */
export const rotationNote = (old: SignerKey, next: VerifierKey, seconds: number): string => signNote(`${title}\n${next.text}\n${String(seconds)}\n`, [old]);

/**
 * The keys that may sign, oldest first: from one that is trusted along the rotations that each signed. Throws TransparencyError "bad_note",
 * "bad_signature" for a rotation that its predecessor did not sign, or that follows none: a key hands over once.
 */
export const followRotations = (trusted: VerifierKey, rotations: readonly string[]): readonly [Era, ...Era[]] => {
  const eras: [Era, ...Era[]] = [{ key: trusted, since: 0 }];
  for (const rotation of rotations) {
    const last = eras.at(-1) ?? eras[0];
    const [found, text = "", time = ""] = openNote(rotation, [last.key]).text.split("\n");
    if (found !== title || !/^\d{1,15}$/.test(time)) throw new TransparencyError("bad_note", `This is no rotation of a key: "${rotation.slice(0, 60)}".`);
    if (Number(time) < last.since) throw new TransparencyError("bad_note", `The rotation to ${text} is older than the one before it.`);
    eras.push({ key: parseVerifierKey(text), since: Number(time) });
  }
  return eras;
};
