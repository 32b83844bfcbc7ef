import { commandIdOf, decodeRecord, isDecisionRecord, isDecisionType, isInputRecord, type DecisionRecord, type RecordType, type StoredRecord } from "@finality/contracts";
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
import { claimsOf, generationsFrom } from "./generations.ts";

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

/** Base64 has several spellings of the same bytes; the file has the one that is written. */
const bytesOf = (text: string): Buffer => {
  const bytes = Buffer.from(text, "base64");
  requireThat(bytes.toString("base64") === text, "Bytes in the file are not spelt as they are written: they were changed.");
  return bytes;
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
  requireThat((records.at(-1)?.generation ?? 0) <= Number(generation), `The records are of a later generation than the checkpoint, which is of ${checkpoint.origin}.`);
  requireThat(checkpoint.origin === originOf(deployment, proof.log, Number(generation)), `The checkpoint is of ${checkpoint.origin}, not of log ${proof.log}.`);
  return { first, last, checkpoint, signedBy: by.text };
};

/** Types of records that say which semantics decide from there on, or decided up to there. */
const saysSemantics: ReadonlySet<string> = new Set<RecordType>(["LogOpened", "WriterStarted", "StateHashed"]);

/** What the file says about its records is what they say themselves: asked of engines of other semantics, too. */
const requireAgreement = (proof: DecisionProof, stored: readonly StoredRecord[], trusted: VerifierKey): void => {
  const { inputPosition, snapshot } = proof;
  const input = stored.find(({ position }) => position === inputPosition);
  requireThat(input !== undefined && !isDecisionType(input.type), `There is no input at position ${String(inputPosition)}.`);
  const behind = stored.filter(({ position }) => position > inputPosition);
  requireThat(behind.every(({ type }) => isDecisionType(type)), "Behind the input there are not only its decisions.");
  requireThat(behind.some((record) => commandIdOf(record) === proof.decisionId), `The decision ${proof.decisionId} is not among those behind the input.`);
  const generationOf = generationsFrom(snapshot?.generation ?? 1);
  const wrong = stored.find((record) => record.generation !== generationOf(record));
  requireThat(wrong === undefined, `The record at position ${String(wrong?.position)} is of another generation than the file says.`);
  const [first] = stored;
  if (snapshot === null) requireThat(first?.position === 1, "There is no snapshot, and the records do not begin at position 1.");
  else {
    const isAttested = first?.type === "StateHashed" && first.position === snapshot.position + 1 && claimsOf(first)["hash"] === snapshot.stateHash;
    requireThat(isAttested, "The snapshot's hash is not what the first record, a StateHashed, says.");
  }
  const decided = stored.findLast(({ type, position }) => saysSemantics.has(type) && position <= inputPosition);
  const semanticsThen = decided === undefined ? undefined : claimsOf(decided)["semantics"];
  requireThat(semanticsThen === proof.semantics, `The file says semantics ${String(proof.semantics)}, its records were decided by semantics ${String(semanticsThen)}.`);
  requireThat(parseVerifierKey(proof.key).text === trusted.text, `The file's key is ${proof.key}, the trusted one ${trusted.text}.`);
};

/** The state before the first record: the one whose hash that record says, or the empty one. */
const stateBefore = async ({ snapshot, log }: DecisionProof): Promise<EngineState> => {
  if (snapshot === null) return initialState(log);
  const place = { ...snapshot, log, semantics, format: 1, recordedUs: 0, leafHash: new Uint8Array(), build: "", takenAt: new Date(0), rejected: null, size: 0 };
  const state = await openSnapshot(place, bytesOf(snapshot.bytes));
  if (typeof state === "string") throw new ProofFailure(`The snapshot is not the attested state: ${state}.`);
  return state;
};

const recompute = async (proof: DecisionProof, stored: readonly StoredRecord[]): Promise<NonNullable<ProofVerdict["recomputed"]>> => {
  const decoded = stored.map((record) => decodeRecord(record));
  const input = decoded.find(({ position }) => position === proof.inputPosition);
  if (input === undefined || !isInputRecord(input)) throw new ProofFailure(`There is no input at position ${String(proof.inputPosition)}.`);
  const decisions = decoded.filter((record): record is DecisionRecord => record.position > proof.inputPosition && isDecisionRecord(record));
  const fold = createFold(proof.log, await stateBefore(proof));
  for (const record of stored) if (record.position < proof.inputPosition) fold.fold(record);
  return { decisions: decisions.length, difference: verifyStep(fold.state, { input, decisions }, sha256) };
};

/** Checks a proof with nothing but itself and a key; `trusted` is the key that its reader knows, by default the one in the file. */
export const verifyDecisionProof = async (proof: DecisionProof, trusted: string = proof.key): Promise<ProofVerdict> => {
  const base = { decisionId: proof.decisionId, semantics: { recorded: proof.semantics, own: semantics } };
  let attested: ProofVerdict["attested"];
  try {
    const records = proof.records.map((record) => storedRecord(proof.log, record));
    const key = parseVerifierKey(trusted);
    attested = attest(proof, records, key);
    requireAgreement(proof, records, key);
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
