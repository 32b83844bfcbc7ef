import { setTimeout as sleep } from "node:timers/promises";
import type { StoredRecord } from "@finality/contracts";
import { semantics } from "@finality/engine";
import { recordChunks, type LogReader } from "@finality/event-log";
import { foldAt, takeSnapshot, type CheckpointFolder, type Fold, type HistoryDeps, type NewSnapshot, type SnapshotStore, type TreeStore } from "@finality/history";
import type { Logger } from "@finality/service-kit";
import { checkpointText, contentHash, type Era, leafHash, openGrowingTiles, originOf, provenanceHash, rootOf, signNote, type GrowingTiles, type SignerKey, type Tile } from "@finality/transparency";
import { requireAttestedHistory } from "./attested-history.ts";
import { NotaryError } from "./errors.ts";

export type Signing = {
  readonly key: SignerKey;
  /** Of this deployment, the first part of each tree's origin. */
  readonly deployment: string;
  /** Of this key, and of those that signed before. */
  readonly eras: readonly Era[];
  /** The newest checkpoint of each log outside PostgreSQL. */
  readonly checkpoints?: CheckpointFolder | undefined;
};

export type AttendDeps = {
  readonly reader: LogReader;
  readonly tree: TreeStore;
  readonly snapshots: SnapshotStore;
  /** Without it tiles grow and nothing is signed. */
  readonly signing?: Signing | undefined;
  /** Whether an operator ordered a generation that the log's writer has not begun: what was attested of an older one is no measure then (rule 9). */
  readonly awaitsGeneration: (log: string) => Promise<boolean>;
  /** A snapshot is taken before the first `StateHashed` so many records behind the last one. */
  readonly snapshotEvery: number;
  readonly build: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly isHeld: () => boolean;
  readonly onAttested: (position: number) => void;
};

/** Least time between two transactions of a log: what is appended meanwhile is attested together. */
const paceMs = 100;
const catchUpRecords = 500;

type Attending = {
  readonly deps: AttendDeps;
  readonly log: string;
  readonly fold: Fold;
  readonly growing: GrowingTiles;
  lastSnapshot: number;
  lastLeaf: Uint8Array;
};

/** The bytes are what the leaf says: what is attested is what anybody can hash again. */
const requireOwnLeaf = (record: StoredRecord): void => {
  const leaf = leafHash(contentHash(record), provenanceHash(record.provenance));
  if (!leaf.equals(record.leafHash)) throw new NotaryError("record_changed", `Record ${record.log}-${String(record.generation)}-${String(record.position)} is not what its leaf hash says: it was changed.`);
};

/** The state before a `StateHashed` is the one whose hash is in the tree: the best place for a snapshot (rule 34). */
const snapshotBefore = (attending: Attending, record: StoredRecord): Promise<NewSnapshot> | undefined => {
  const { deps, fold, lastSnapshot, lastLeaf } = attending;
  const at = record.position - 1;
  if (record.type !== "StateHashed" || at - lastSnapshot < deps.snapshotEvery || fold.state.facts.semantics !== semantics) return undefined;
  attending.lastSnapshot = at;
  return takeSnapshot(fold.state, { leafHash: lastLeaf, build: deps.build });
};

/** Takes in the leaves of records that the tree does not hold yet. */
const grow = (growing: GrowingTiles, records: readonly StoredRecord[]): readonly Tile[] => {
  const fresh = records.filter(({ position }) => position > growing.size);
  for (const record of fresh) requireOwnLeaf(record);
  return growing.append(fresh.map((record) => record.leafHash));
};

/** Hashes and folds records, each only as far as it was not before. */
const take = (attending: Attending, records: readonly StoredRecord[]): { readonly tiles: readonly Tile[]; readonly snapshots: readonly Promise<NewSnapshot>[] } => {
  const snapshots: Promise<NewSnapshot>[] = [];
  const { fold, growing } = attending;
  const tiles = grow(growing, records);
  for (const record of records) {
    if (record.position > fold.position) {
      const snapshot = snapshotBefore(attending, record);
      if (snapshot !== undefined) snapshots.push(snapshot);
      fold.fold(record);
    }
    attending.lastLeaf = record.leafHash;
  }
  return { tiles, snapshots };
};

/** Signed where there is a key; kept outside PostgreSQL only once it is in it, so that the file never is ahead of a log that lost nothing. */
const attest = async ({ deps, log, fold, growing }: Attending, tiles: readonly Tile[]): Promise<void> => {
  const { tree, signing, reader } = deps;
  const [size, { generation }] = [growing.size, fold.state.facts];
  const root = rootOf(growing.frontier());
  const head = await reader.head(log);
  if (head?.position === size && !root.equals(head.root)) throw new NotaryError("root_mismatch", `Log ${log}: the ${String(size)} records have another root than the log's head keeps. Run \`finality audit fsck\`.`);
  if (signing === undefined) {
    await tree.save(log, tiles);
    return;
  }
  const note = signNote(checkpointText({ origin: originOf(signing.deployment, log, generation), size, root }), [signing.key]);
  await tree.save(log, tiles, { log, generation, size, root, note });
  await signing.checkpoints?.keep(log, note);
};

const begin = async (deps: AttendDeps, log: string): Promise<Attending> => {
  const { reader, tree, snapshots, signing, logger, signal } = deps;
  const head = await reader.head(log);
  const history: HistoryDeps = {
    source: reader,
    snapshots,
    signal,
    onRejected: ({ position }, reason) => { logger.error({ log, position }, `the snapshot of log ${log} at position ${String(position)} does not match the log and is not used: ${reason}`); },
  };
  const size = await tree.size(log);
  if (size > (head?.position ?? 0)) throw new NotaryError("not_attested_history", `Log ${log} is at position ${String(head?.position ?? 0)}, but ${String(size)} records were attested: records are missing. Read docs/operations.md, "Restore".`);
  const growing = await openGrowingTiles(tree.readTile(log), size);
  for await (const records of recordChunks(reader, { log, after: growing.size, to: head?.position ?? 0, chunk: catchUpRecords })) {
    signal.throwIfAborted();
    await tree.save(log, grow(growing, records));
  }
  if (head !== undefined && signing?.checkpoints !== undefined) await requireAttestedHistory({ checkpoints: signing.checkpoints, eras: signing.eras, readTile: tree.readTile(log) }, head);
  const fold = await foldAt(history, log, head?.position ?? 0);
  return { deps, log, fold, growing, lastSnapshot: (await snapshots.usable(log, fold.position))[0]?.position ?? 0, lastLeaf: new Uint8Array() };
};

/** Attests one log until the signal, or until the lease is lost; not while it waits for a generation. Throws NotaryError and HistoryError where log and attestation part, and what the database throws. */
export const attendLog = async (deps: AttendDeps, log: string): Promise<void> => {
  const { reader, snapshots, signal, isHeld, onAttested } = deps;
  // Its sequencer has to say so first; it is looked at again.
  if (await deps.awaitsGeneration(log)) return;
  const attending = await begin(deps, log);
  if (attending.growing.size > 0) await attest(attending, []);
  onAttested(attending.growing.size);
  for await (const records of reader.follow(log, attending.fold.position, signal)) {
    const taken = take(attending, records);
    if (!isHeld()) return;
    for (const snapshot of taken.snapshots) await snapshots.put(await snapshot);
    await attest(attending, taken.tiles);
    onAttested(attending.growing.size);
    if (!signal.aborted) await sleep(paceMs, undefined, { signal }).catch(() => undefined);
  }
};
