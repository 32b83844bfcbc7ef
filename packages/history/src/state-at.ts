import type { StoredRecord } from "@finality/contracts";
import type { EngineState } from "@finality/engine";
import { recordChunks } from "@finality/event-log";
import { HistoryError } from "./errors.ts";
import { createFold, type Fold } from "./fold.ts";
import type { LogSource } from "./log-source.ts";
import { openSnapshot, type SnapshotInfo } from "./snapshots/snapshot.ts";
import type { SnapshotStore } from "./snapshots/snapshot-store.ts";

export type HistoryDeps = {
  readonly source: LogSource;
  /** Without it every state is folded from record 1. */
  readonly snapshots?: SnapshotStore;
  /** Told of each snapshot that does not match the log; it is marked and not used again. */
  readonly onRejected?: (snapshot: SnapshotInfo, reason: string) => void;
  readonly signal?: AbortSignal;
};

/** Folds until `position`. */
export const foldTo = async ({ source, signal }: HistoryDeps, fold: Fold, position: number, folded?: (stored: StoredRecord) => void): Promise<void> => {
  const { log } = fold.state.facts;
  for await (const records of recordChunks(source, { log, after: fold.position, to: position })) {
    signal?.throwIfAborted();
    for (const stored of records) {
      fold.fold(stored);
      folded?.(stored);
    }
  }
  if (fold.position < position) throw new HistoryError("not_in_log", `Log ${log} ends at position ${String(fold.position)}; there is no ${String(position)}.`);
};

/** The snapshot's state when the log confirms it, else why not. The record behind it often is the `StateHashed` of just this state. */
const confirmed = async ({ source, snapshots }: HistoryDeps, found: SnapshotInfo): Promise<EngineState | string | undefined> => {
  const bytes = await snapshots?.bytes(found);
  if (bytes === undefined) return undefined;
  const [own, next] = await source.read(found.log, found.position - 1, 2);
  if (own === undefined || !Buffer.from(own.leafHash).equals(found.leafHash)) return "its record is not the one that the log holds there";
  const state = await openSnapshot(found, bytes);
  if (typeof state === "string" || next?.type !== "StateHashed") return state;
  const body: unknown = JSON.parse(Buffer.from(next.payload).toString("utf8"));
  const said: unknown = typeof body === "object" && body !== null && Reflect.get(body, "semantics") === found.semantics ? Reflect.get(body, "hash") : found.stateHash;
  return said === found.stateHash ? state : `the log's writer hashed that state to ${String(said)}`;
};

/** The fold up to `position`, begun at `snapshot`; in words why the snapshot is not to be used. */
const foldBehind = async (deps: HistoryDeps, snapshot: SnapshotInfo, position: number): Promise<Fold | string | undefined> => {
  const state = await confirmed(deps, snapshot);
  if (state === undefined || typeof state === "string") return state;
  const fold = createFold(snapshot.log, state);
  try {
    await foldTo(deps, fold, position);
  } catch (error) {
    if (error instanceof HistoryError && error.code !== "not_in_log") return error.message;
    throw error;
  }
  return fold;
};

/**
 * A fold that stands at `position`: the newest snapshot at or before it that the log confirms, and the tail behind it; from record 1 when
 * there is none. A snapshot that does not match is reported, marked and passed over, so that its content never decides anything.
 * Throws HistoryError "not_in_log", "state_hash_mismatch", "record_unfoldable", and what the source throws.
 */
export const foldAt = async (deps: HistoryDeps, log: string, position: number): Promise<Fold> => {
  for (const snapshot of (await deps.snapshots?.usable(log, position)) ?? []) {
    const fold = await foldBehind(deps, snapshot, position);
    if (fold !== undefined && typeof fold !== "string") return fold;
    if (fold === undefined) continue;
    deps.onRejected?.(snapshot, fold);
    await deps.snapshots?.reject(snapshot, fold);
  }
  const fold = createFold(log);
  await foldTo(deps, fold, position);
  return fold;
};
