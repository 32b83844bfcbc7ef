import { TransparencyError } from "../errors.ts";
import { parseCheckpoint, type LogCheckpoint } from "../notes/checkpoint.ts";
import { cosign } from "../notes/cosignature.ts";
import type { SignerKey, VerifierKey } from "../notes/keys.ts";
import { openNote } from "../notes/signed-note.ts";
import { verifyConsistency, type Proof } from "../tree/proofs.ts";

export type WitnessRefusal =
  /** No key that the witness knows signed it, or it is no checkpoint. */
  | "bad_signature"
  | "wrong_origin"
  /** Fewer records than were witnessed before. */
  | "rollback"
  /** As many records as witnessed before, with another root. */
  | "split_view"
  /** No proof that what was witnessed is its beginning. */
  | "inconsistent";

export type WitnessAnswer = { readonly kind: "refused"; readonly reason: WitnessRefusal; readonly says: string } | { readonly kind: "cosigned"; readonly checkpoint: LogCheckpoint; readonly line: string };

export type WitnessQuestion = {
  readonly origin: string;
  /** The note as the log serves it. */
  readonly note: string;
  /** From the checkpoint witnessed last to this one. */
  readonly proof: Proof;
  /** What was witnessed last; undefined the first time, which is believed as it is. */
  readonly known: LogCheckpoint | undefined;
  readonly keys: readonly VerifierKey[];
  readonly witness: SignerKey;
  /** Seconds since 1970. */
  readonly now: number;
};

const same = (left: Uint8Array, right: Uint8Array): boolean => Buffer.from(left).equals(right);

const refused = (reason: WitnessRefusal, says: string): WitnessAnswer => ({ kind: "refused", reason, says });

/** Whether a witness may sign, and its line. What it signed is to be stored before the line leaves: a witness that forgets is none. */
export const witnessCheckpoint = ({ origin, note, proof, known, keys, witness, now }: WitnessQuestion): WitnessAnswer => {
  let opened: { readonly text: string };
  let checkpoint: LogCheckpoint;
  try {
    opened = openNote(note, keys);
    checkpoint = parseCheckpoint(opened.text);
  } catch (error) {
    if (error instanceof TransparencyError) return refused("bad_signature", error.message);
    throw error;
  }
  if (checkpoint.origin !== origin) return refused("wrong_origin", `It is of ${checkpoint.origin}, not of ${origin}.`);
  if (known !== undefined) {
    const sizes = `${String(checkpoint.size)} records after ${String(known.size)}`;
    if (checkpoint.size < known.size) return refused("rollback", `The log shrank: ${sizes}.`);
    if (checkpoint.size === known.size && !same(checkpoint.root, known.root)) return refused("split_view", `Two roots of ${String(known.size)} records.`);
    if (!verifyConsistency({ from: known, to: checkpoint, proof })) return refused("inconsistent", `No proof that what was witnessed is the beginning: ${sizes}.`);
  }
  return { kind: "cosigned", checkpoint, line: cosign(witness, opened.text, now) };
};
