import { invariant } from "@finality/domain";
import { signatureLine, type Note } from "./signed-note.ts";
import type { SignerKey, VerifierKey } from "./keys.ts";

// C2SP tlog-cosignature: a witness signs that it saw this checkpoint at that time, and no other of that size before.

const timeBytes = 8;

const messageOf = (text: string, seconds: number): Buffer => Buffer.from(`cosignature/v1\ntime ${String(seconds)}\n${text}`);

/** The line that a witness puts under a checkpoint. `seconds` since 1970. */
export const cosign = (witness: SignerKey, text: string, seconds: number): string => {
  invariant(witness.use === "cosignature", "only a witness's key cosigns");
  const time = Buffer.alloc(timeBytes);
  time.writeBigUInt64BE(BigInt(seconds));
  return signatureLine(witness, Buffer.concat([time, witness.sign(messageOf(text, seconds))]));
};

/** When the witness saw it, seconds since 1970; undefined without a signature of that witness that holds. */
export const cosignedAt = ({ text, signatures }: Note, witness: VerifierKey): number | undefined => {
  const found = signatures.find(({ name, id, bytes }) => witness.use === "cosignature" && name === witness.name && id === witness.id && bytes.length > timeBytes);
  if (found === undefined) return undefined;
  const seconds = Number(Buffer.from(found.bytes).readBigUInt64BE());
  return witness.verify(messageOf(text, seconds), found.bytes.subarray(timeBytes)) ? seconds : undefined;
};
