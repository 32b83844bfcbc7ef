import { commandIdOf, decodeRecord, isDecisionRecord, isInputRecord, type DecisionRecord, type LogRecord, type StoredRecord } from "@finality/contracts";
import { initialState, semantics, verifyStep, type Difference, type EngineState } from "@finality/engine";
import {
  appendLeaves,
  contentHash,
  followRotations,
  frontierOf,
  leafHash,
  openCheckpoint,
  originOf,
  parseVerifierKey,
  provenanceHash,
  rootOf,
  sha256,
  TransparencyError,
  verifyConsistency,
  type LogCheckpoint,
  type VerifierKey,
} from "@finality/transparency";
import { createFold } from "../fold.ts";
import { openSnapshot } from "../snapshots/snapshot.ts";
import type { DecisionProof, ProvedRecord } from "./decision-proof.ts";

export type ProofVerdict = {
  readonly decisionId: string;
  /** Why the file proves nothing; undefined when everything in it holds. */
  readonly failure: string | undefined;
  /** What a signed tree says: these records, at these positions, in this order. Undefined when the proof does not hold. */
  readonly attested: { readonly first: number; readonly last: number; readonly checkpoint: LogCheckpoint; readonly signedBy: string } | undefined;
  /** Whether this engine decided the same again; undefined where it is of other semantics. */
  readonly recomputed: { readonly decisions: number; readonly difference: Difference | undefined } | undefined;
  readonly semantics: { readonly recorded: number; readonly own: number };
};

const bytesOf = (text: string): Buffer => Buffer.from(text, "base64");
const hash = (text: string): Buffer => Buffer.from(text, "hex");

const storedRecord = (log: string, { payload, provenance, ...record }: ProvedRecord): StoredRecord => {
  const content = { ...record, payload: bytesOf(payload) };
  const provenanceBytes = bytesOf(provenance);
  const contentHashed = contentHash(content);
  return { ...content, log, provenance: provenanceBytes, contentHash: contentHashed, leafHash: leafHash(contentHashed, provenanceHash(provenanceBytes)) };
};

class ProofFailure extends Error {}

const requireThat = (holds: boolean, otherwise: string): void => {
  if (!holds) throw new ProofFailure(otherwise);
};

/** The records are in the tree that the checkpoint signs, at the positions that they claim. */
const attest = (proof: DecisionProof, records: readonly StoredRecord[], trusted: VerifierKey): NonNullable<ProofVerdict["attested"]> => {
  const first = records[0]?.position ?? 0;
  requireThat(first >= 1 && records.every(({ position }, index) => position === first + index), "The records' positions are not one behind the other.");
  const { by, ...checkpoint } = openCheckpoint(proof.checkpoint, followRotations(trusted, proof.rotations));
  const last = first + records.length - 1;
  const before = frontierOf(first - 1, Buffer.concat(proof.treeBefore.map(hash)));
  if (before === undefined) throw new ProofFailure(`The tree before position ${String(first)} has not as many subtrees as the file says.`);
  const root = rootOf(appendLeaves(before, records.map((record) => record.leafHash)));
  const holds = verifyConsistency({ from: { size: last, root }, to: checkpoint, proof: proof.consistency.map(hash) });
  requireThat(holds, "The records are not in the tree that the checkpoint signs: a record, its position or the proof was changed.");
  const [, generation] = /\/(\d+)$/.exec(checkpoint.origin) ?? [];
  const deployment = checkpoint.origin.slice(0, -`/${proof.log}/${String(generation)}`.length);
  requireThat(checkpoint.origin === originOf(deployment, proof.log, Number(generation)), `The checkpoint is of ${checkpoint.origin}, not of log ${proof.log}.`);
  return { first, last, checkpoint, signedBy: by.text };
};

/** The state before the first record: the one whose hash that record says, or the empty one. */
const stateBefore = async (proof: DecisionProof, first: LogRecord): Promise<EngineState> => {
  const { snapshot, log } = proof;
  if (snapshot === null) {
    requireThat(first.position === 1, "There is no snapshot, and the records do not begin at position 1.");
    return initialState(log);
  }
  const said = first.type === "StateHashed" && first.position === snapshot.position + 1 ? first.body.hash : undefined;
  requireThat(said === snapshot.stateHash, "The snapshot's hash is not what the first record, a StateHashed, says.");
  const place = { ...snapshot, log, semantics, format: 1, recordedUs: 0, leafHash: new Uint8Array(), build: "", takenAt: new Date(0), rejected: null, size: 0 };
  const state = await openSnapshot(place, bytesOf(snapshot.bytes));
  if (typeof state === "string") throw new ProofFailure(`The snapshot is not the attested state: ${state}.`);
  return state;
};

const recompute = async (proof: DecisionProof, stored: readonly StoredRecord[]): Promise<NonNullable<ProofVerdict["recomputed"]>> => {
  const decoded = stored.map((record) => decodeRecord(record));
  const [first] = decoded;
  const input = decoded.find(({ position }) => position === proof.inputPosition);
  const decisions = decoded.filter((record): record is DecisionRecord => record.position > proof.inputPosition && isDecisionRecord(record));
  if (first === undefined || input === undefined || !isInputRecord(input)) throw new ProofFailure(`There is no input at position ${String(proof.inputPosition)}.`);
  requireThat(decisions.length === (stored.at(-1)?.position ?? 0) - proof.inputPosition, "Behind the input there are not only its decisions.");
  requireThat(decisions.some((record) => commandIdOf(record) === proof.decisionId), `The decision ${proof.decisionId} is not among those behind the input.`);
  const fold = createFold(proof.log, await stateBefore(proof, first));
  for (const record of stored) if (record.position < proof.inputPosition) fold.fold(record);
  return { decisions: decisions.length, difference: verifyStep(fold.state, { input, decisions }, sha256) };
};

/** Checks a proof with nothing but itself and a key; `trusted` is the key that its reader knows, by default the one in the file. */
export const verifyDecisionProof = async (proof: DecisionProof, trusted: string = proof.key): Promise<ProofVerdict> => {
  const base = { decisionId: proof.decisionId, semantics: { recorded: proof.semantics, own: semantics } };
  let attested: ProofVerdict["attested"];
  try {
    const records = proof.records.map((record) => storedRecord(proof.log, record));
    attested = attest(proof, records, parseVerifierKey(trusted));
    if (proof.semantics !== semantics) return { ...base, failure: undefined, attested, recomputed: undefined };
    const recomputed = await recompute(proof, records);
    const { difference } = recomputed;
    const failure = difference === undefined ? undefined : `The decision at position ${String(difference.position)} is not what its inputs give: ${difference.field || "the whole decision"} was recorded as ${JSON.stringify(difference.recorded)}, and is ${JSON.stringify(difference.recomputed)}.`;
    return { ...base, failure, attested, recomputed };
  } catch (error) {
    if (error instanceof ProofFailure || error instanceof TransparencyError || (error instanceof Error && "code" in error)) return { ...base, failure: error.message, attested, recomputed: undefined };
    throw error;
  }
};
