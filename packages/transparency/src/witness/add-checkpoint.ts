import { TransparencyError } from "../errors.ts";
import { hashBytes } from "../record-hashes.ts";
import type { Proof } from "../tree/proofs.ts";

/** What a log asks of a witness (C2SP tlog-witness, add-checkpoint): sign this note, it continues the `old` records that you signed last. */
export type AddCheckpoint = {
  /** Size that the witness signed last; 0 the first time. */
  readonly old: number;
  /** From the old size to the note's. */
  readonly proof: Proof;
  /** The checkpoint, signed by the log. */
  readonly note: string;
};

/** A tree of 2^63 leaves has no longer proof. */
const proofMax = 63;
const head = /^old (?<old>0|[1-9]\d{0,15})\n(?<proof>(?:[A-Za-z0-9+/]{43}=\n)*)\n/;

export const formatAddCheckpoint = ({ old, proof, note }: AddCheckpoint): string => `old ${String(old)}\n${proof.map((hash) => `${Buffer.from(hash).toString("base64")}\n`).join("")}\n${note}`;

/** Throws TransparencyError "bad_note" for a body that is no such question. */
export const parseAddCheckpoint = (body: string): AddCheckpoint => {
  const match = head.exec(body);
  const { old = "", proof: lines = "" } = match?.groups ?? {};
  const proof = lines.split("\n").slice(0, -1).map((line) => Buffer.from(line, "base64"));
  if (match === null || proof.length > proofMax || proof.some((hash) => hash.length !== hashBytes) || !Number.isSafeInteger(Number(old))) {
    throw new TransparencyError("bad_note", `A witness is asked with "old <size>", at most ${String(proofMax)} lines of hashes, an empty line and a checkpoint, not with "${body.slice(0, 60)}".`);
  }
  return { old: Number(old), proof, note: body.slice(match[0].length) };
};
