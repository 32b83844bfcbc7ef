import { commandIdOf, isDecisionType, type StoredRecord } from "@finality/contracts";
import { recordChunks } from "@finality/event-log";
import { checkedTiles, consistencyProof, nodesOfTiles, openGrowingTiles } from "@finality/transparency";
import type { TreeStore } from "../attested/tree-store.ts";
import { HistoryError } from "../errors.ts";
import { takeSnapshot } from "../snapshots/snapshot.ts";
import { foldAt, type HistoryDeps } from "../state-at.ts";
import { proofFormat, type DecisionProof, type ProvedRecord } from "./decision-proof.ts";

export type ProveDeps = HistoryDeps & { readonly tree: TreeStore; /** Whom to trust, as `name+id+key`, and the rotations from there on. */ readonly key: string; readonly rotations: readonly string[] };

const chunk = 500;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const idShape = /^(?<log>.+)-(?<generation>[1-9]\d{0,8})-(?<position>[1-9]\d{0,15})$/;

const decisionAt = async ({ source }: ProveDeps, decisionId: string): Promise<StoredRecord> => {
  const { log = "", generation, position } = idShape.exec(decisionId)?.groups ?? {};
  if (position === undefined) throw new HistoryError("not_in_log", `"${decisionId}" is no id of a decision: log-generation-position, as \`finality hedges --json\` has it.`);
  if ((await source.head(log)) === undefined) throw new HistoryError("unknown_log", `There is no log ${log}.`);
  const [record] = await source.read(log, Number(position) - 1, 1);
  if (record === undefined || record.generation !== Number(generation)) throw new HistoryError("not_in_log", `Log ${log} has no record ${decisionId}.`);
  if (!isDecisionType(record.type)) throw new HistoryError("not_in_log", `The record ${decisionId} is ${record.type}: an input, and no decision.`);
  return record;
};

/** The last record at or before `position` that is of some kind; 0 when there is none. */
const lastBefore = async ({ source }: ProveDeps, log: string, position: number, isIt: (record: StoredRecord) => boolean): Promise<number> => {
  for (let end = position; end > 0; end -= chunk) {
    const from = Math.max(0, end - chunk);
    const found = (await source.read(log, from, end - from)).findLast(isIt);
    if (found !== undefined) return found.position;
  }
  return 0;
};

/** Last position of the decisions behind an input. */
const endOfDecisions = async ({ source }: ProveDeps, log: string, input: number): Promise<number> => {
  for (let end = input; ; ) {
    const records = await source.read(log, end, chunk);
    const next = records.findIndex(({ type }) => !isDecisionType(type));
    if (next >= 0 || records.length === 0) return end + Math.max(next, 0);
    end += records.length;
  }
};

const readAll = async ({ source }: ProveDeps, log: string, first: number, last: number): Promise<readonly StoredRecord[]> => {
  const records: StoredRecord[] = [];
  for await (const some of recordChunks(source, { log, after: first - 1, to: last })) records.push(...some);
  return records;
};

const proved = ({ generation, position, type, version, venueTimeUs, recordedTimeUs, payload, provenance }: StoredRecord): ProvedRecord => ({ generation, position, type, version, venueTimeUs, recordedTimeUs, payload: base64(payload), provenance: base64(provenance) });

/**
 * One self-contained file for a decision: the state that a `StateHashed` in the tree attests, every record from there to the decisions behind
 * its input, and the proof that they are in a signed checkpoint. Throws HistoryError "not_in_log", "unknown_log", "not_attested",
 * and TransparencyError "bad_tile" that names a tile which is not the checkpoint's.
 */
export const proveDecision = async (deps: ProveDeps, decisionId: string): Promise<DecisionProof> => {
  const { log, position, generation } = await decisionAt(deps, decisionId);
  const inputPosition = await lastBefore(deps, log, position, ({ type }) => !isDecisionType(type));
  const hashedAt = await lastBefore(deps, log, inputPosition, ({ type }) => type === "StateHashed");
  const last = await endOfDecisions(deps, log, inputPosition);
  const first = Math.max(hashedAt, 1);
  const checkpoint = await deps.tree.checkpoint(log, last);
  if (checkpoint === undefined) throw new HistoryError("not_attested", `No signed checkpoint of log ${log} covers position ${String(last)}: is a notary with a key running?`);
  const { state } = await foldAt(deps, log, first - 1);
  const taken = hashedAt === 0 ? undefined : await takeSnapshot(state, { leafHash: new Uint8Array(), build: "" });
  const records = await readAll(deps, log, first, last);
  // What was changed in a tile is named here, and not first by whoever checks the proof.
  const readTile = checkedTiles(deps.tree.readTile(log), checkpoint);
  const semantics = (await foldAt(deps, log, inputPosition)).state.facts.semantics;
  return {
    format: proofFormat,
    decisionId: commandIdOf({ log, generation, position }),
    log,
    inputPosition,
    semantics,
    snapshot: taken === undefined ? null : { position: taken.position, generation: taken.generation, stateHash: taken.stateHash, bytes: base64(taken.bytes) },
    records: records.map(proved),
    treeBefore: (await openGrowingTiles(readTile, first - 1)).frontier().roots.map(hex),
    consistency: (await consistencyProof(nodesOfTiles(readTile, checkpoint.size), last, checkpoint.size)).map(hex),
    checkpoint: checkpoint.note,
    key: deps.key,
    rotations: [...deps.rotations],
  };
};
