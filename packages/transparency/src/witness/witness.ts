import { TransparencyError } from "../errors.ts";
import { checkpointText, type LogCheckpoint } from "../notes/checkpoint.ts";
import { cosign } from "../notes/cosignature.ts";
import type { SignerKey } from "../notes/keys.ts";
import { openCheckpoint, type Era } from "../notes/rotation.ts";
import { sha256 } from "../record-hashes.ts";
import { verifyConsistency, type Proof } from "../tree/proofs.ts";

export type WitnessRefusal =
  /** No key that may sign it did, or it is no checkpoint. */
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
  /** From the checkpoint witnessed last to this one; empty the first time. */
  readonly proof: Proof;
  /** What was witnessed last; undefined the first time, which is believed as it is. */
  readonly known: LogCheckpoint | undefined;
  /** Of the log's keys, `followRotations`. */
  readonly eras: readonly Era[];
  readonly witness: SignerKey;
  /** Seconds since 1970. */
  readonly now: number;
};

const same = (left: Uint8Array, right: Uint8Array): boolean => Buffer.from(left).equals(right);

const refused = (reason: WitnessRefusal, says: string): WitnessAnswer => ({ kind: "refused", reason, says });

const nothing = { size: 0, root: sha256(new Uint8Array()) };

/** The checkpoint, or why it is none that the log's keys signed. */
const signedCheckpoint = (note: string, eras: readonly Era[]): LogCheckpoint | string => {
  try {
    const { origin, size, root } = openCheckpoint(note, eras);
    return { origin, size, root };
  } catch (error) {
    if (error instanceof TransparencyError) return error.message;
    throw error;
  }
};

/**
 * Whether a witness may sign, and its line. The caller reads `known` and stores the answer's checkpoint in its place in one step, with no other question of that
 * origin in between, and durably before the line leaves: a witness that forgets signs two histories.
 */
export const witnessCheckpoint = ({ origin, note, proof, known, eras, witness, now }: WitnessQuestion): WitnessAnswer => {
  const checkpoint = signedCheckpoint(note, eras);
  if (typeof checkpoint === "string") return refused("bad_signature", checkpoint);
  if (checkpoint.origin !== origin) return refused("wrong_origin", `It is of ${checkpoint.origin}, not of ${origin}.`);
  const from = known ?? nothing;
  const sizes = `${String(checkpoint.size)} records after ${String(from.size)}`;
  if (checkpoint.size < from.size) return refused("rollback", `The log shrank: ${sizes}.`);
  if (checkpoint.size === from.size && !same(checkpoint.root, from.root)) return refused("split_view", `Two roots of ${String(from.size)} records.`);
  if (!verifyConsistency({ from, to: checkpoint, proof })) return refused("inconsistent", `No proof that what was witnessed is the beginning: ${sizes}.`);
  return { kind: "cosigned", checkpoint, line: cosign(witness, checkpointText(checkpoint), now) };
};
