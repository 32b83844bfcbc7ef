import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { HistoryError } from "../errors.ts";

// One file that proves a decision without us: what was recorded, that it is in the signed tree, and enough to decide again.

export const proofFormat = "finality-decision-proof/1";

const Hex = Type.String({ pattern: "^([0-9a-f]{2})*$" });
const Base64 = Type.String({ pattern: "^[A-Za-z0-9+/]*={0,2}$" });
const Whole = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

const ProvedRecord = Type.Object({ generation: Whole, position: Whole, type: Type.String(), version: Whole, venueTimeUs: Whole, recordedTimeUs: Whole, payload: Base64, provenance: Base64 }, { additionalProperties: false });
export type ProvedRecord = Static<typeof ProvedRecord>;

const DecisionProof = Type.Object(
  {
    format: Type.Literal(proofFormat),
    /** `<log>-<generation>-<position>` */
    decisionId: Type.String(),
    log: Type.String(),
    /** Of the input that the decision was made behind. */
    inputPosition: Whole,
    /** Of the engine that decided. */
    semantics: Whole,
    /** The state before the first record, which is the `StateHashed` of this very state; null when the records begin at position 1. */
    snapshot: Type.Union([Type.Object({ position: Whole, generation: Whole, stateHash: Hex, /** zstd */ bytes: Base64 }, { additionalProperties: false }), Type.Null()]),
    /** Contiguous; the last one is the last decision behind the input. */
    records: Type.Array(ProvedRecord, { minItems: 1 }),
    /** Roots of the perfect subtrees of the tree before the first record, largest first. */
    treeBefore: Type.Array(Hex),
    /** RFC 6962 consistency proof from the tree behind the last record to the checkpoint's. */
    consistency: Type.Array(Hex),
    /** Signed note. */
    checkpoint: Type.String(),
    /** The public key that is to be trusted, and the rotations that lead from it to the one that signed. */
    key: Type.String(),
    rotations: Type.Array(Type.String()),
  },
  { additionalProperties: false },
);
export type DecisionProof = Static<typeof DecisionProof>;

const shape = Compile(DecisionProof);

/** Throws HistoryError "bad_proof" for text that is no proof. */
export const parseDecisionProof = (text: string): DecisionProof => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new HistoryError("bad_proof", "The file is not JSON: it is no proof of a decision, or was cut off.", { cause });
  }
  if (shape.Check(value)) return value;
  const [first] = shape.Errors(value);
  throw new HistoryError("bad_proof", `The file is no proof of a decision (${proofFormat}): ${first === undefined ? "other shape" : `${first.instancePath || "/"} ${first.message}`}.`);
};
