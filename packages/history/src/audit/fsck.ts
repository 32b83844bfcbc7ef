import type { StoredRecord } from "@finality/contracts";
import { recordChunks } from "@finality/event-log";
import { checkedTiles, consistencyProof, contentHash, leafHash, nodesOfTiles, openGrowingTiles, openCheckpoint, originOf, parseCheckpoint, provenanceHash, rootOf, TransparencyError, verifyConsistency, widthOf, type Era, type GrowingTiles, type LogCheckpoint, type Tile } from "@finality/transparency";
import type { CheckpointFolder } from "../attested/checkpoint-folder.ts";
import type { StoredCheckpoint, TreeStore } from "../attested/tree-store.ts";
import type { LogSource } from "../log-source.ts";
import { generationsFrom } from "./generations.ts";

/** Something in a log that is not as it was recorded or attested. */
export type FsckFinding = { readonly log: string; readonly what: "record" | "order" | "generation" | "root" | "tile" | "checkpoint" | "outside"; readonly position: number | undefined; readonly says: string };

export type FsckDeps = {
  readonly source: LogSource;
  /** True of an archive: the log goes on behind what the source holds, and so do tiles and checkpoints. */
  readonly isBeginning?: boolean;
  readonly tree: Pick<TreeStore, "size" | "readTile" | "checkpoint" | "checkpoints">;
  /** Whose signatures count; without any, signatures are not judged. */
  readonly eras: readonly Era[];
  readonly outside?: CheckpointFolder | undefined;
  readonly progress?: (position: number, head: number) => void;
};

export type FsckVerdict = {
  readonly log: string;
  readonly records: number;
  readonly checkpoints: number;
  /** Records, from the first one on, that a checkpoint confirms. */
  readonly attested: number;
  readonly findings: readonly FsckFinding[];
};

/** Findings of one log that are listed; what comes behind is of the same cause mostly. */
const findingsMax = 100;

type Signed = Pick<LogCheckpoint, "origin" | "size" | "root">;
type Outside = Awaited<ReturnType<CheckpointFolder["newest"]>>;
type Walk = { readonly deps: FsckDeps; readonly log: string; readonly findings: FsckFinding[]; readonly find: (what: FsckFinding["what"], position: number | undefined, says: string) => void };

/** Where a generation begins. */
type Raised = { readonly generation: number; readonly position: number };

const checkRecord = ({ find }: Walk, record: StoredRecord, generation: number, before: number): void => {
  const { position } = record;
  const content = contentHash(record);
  if (!content.equals(record.contentHash)) find("record", position, `its content was changed: it hashes to ${content.toString("hex").slice(0, 16)}…, its row says ${Buffer.from(record.contentHash).toString("hex").slice(0, 16)}…`);
  else if (!leafHash(content, provenanceHash(record.provenance)).equals(record.leafHash)) find("record", position, "its provenance or its leaf hash was changed");
  if (record.recordedTimeUs < before) find("order", position, "its recorded time is before that of the record behind which it stands");
  if (record.generation !== generation) find("generation", position, `it carries generation ${String(record.generation)}; the log is at generation ${String(generation)} there`);
};

/** A tile's stored bytes are those that the records make, as far as either reaches. */
const checkTiles = async ({ deps, log, findings, find }: Walk, tiles: readonly Tile[], stored: number): Promise<void> => {
  const read = deps.tree.readTile(log);
  for (const tile of tiles) {
    const width = Math.min(widthOf(tile, stored), tile.hashes.length / 32);
    const own = await read(tile);
    if (width > 0 && !Buffer.from(own ?? []).subarray(0, width * 32).equals(tile.hashes.subarray(0, width * 32))) {
      const says = `tile ${String(tile.level)}/${String(tile.index)} is not what the records make`;
      // It is looked at again as it grows.
      if (!findings.some((each) => each.says === says)) find("tile", undefined, says);
    }
  }
};

/** What a checkpoint signs; undefined, and found, where it signs nothing or another thing than its row says. */
const signedIn = ({ deps, log, find }: Walk, { generation, size, note, root }: StoredCheckpoint): Signed | undefined => {
  try {
    const said = deps.eras.length === 0 ? parseCheckpoint(`${note.split("\n\n")[0] ?? ""}\n`) : openCheckpoint(note, deps.eras);
    const deployment = said.origin.slice(0, -`/${log}/${String(generation)}`.length);
    if (said.origin === originOf(deployment, log, generation) && said.size === size && Buffer.from(said.root).equals(root)) return said;
    find("checkpoint", size, `the signed text says ${said.origin} at ${String(said.size)}, its row another thing`);
  } catch (error) {
    if (!(error instanceof TransparencyError)) throw error;
    find("checkpoint", size, error.message);
  }
  return undefined;
};

/** Whether it confirms the records up to its size. */
const checkCheckpoint = (walk: Walk, checkpoint: StoredCheckpoint, own: Buffer): boolean => {
  const said = signedIn(walk, checkpoint);
  if (said === undefined || own.equals(said.root)) return said !== undefined;
  walk.find("checkpoint", said.size, `the first ${String(said.size)} records have another root than was signed: a record was changed, inserted, dropped or moved since`);
  return false;
};

/** Whether all records of a source that ends before its log are the beginning of a tree that was signed. */
const checkBeginning = async (walk: Walk, size: number, own: Buffer): Promise<boolean> => {
  const { deps, log, find } = walk;
  const checkpoint = await deps.tree.checkpoint(log, size);
  const said = checkpoint === undefined ? undefined : signedIn(walk, checkpoint);
  if (said === undefined) return false;
  try {
    const proof = await consistencyProof(nodesOfTiles(checkedTiles(deps.tree.readTile(log), said), said.size), size, said.size);
    if (verifyConsistency({ from: { size, root: own }, to: said, proof })) return true;
    find("checkpoint", size, `these ${String(size)} records are not the beginning of the ${String(said.size)} that were signed`);
  } catch (error) {
    if (!(error instanceof TransparencyError)) throw error;
    find("tile", undefined, error.message);
  }
  return false;
};

/** Records that the checkpoint kept outside confirms. */
const checkOutside = ({ deps, find }: Walk, outside: Outside | undefined, { generation, head, rootsAt }: { readonly generation: number; readonly head: number; readonly rootsAt: ReadonlyMap<number, Buffer> }): number => {
  if (outside === undefined || outside.generation < generation) return 0;
  if (deps.isBeginning === true && outside.size > head) return 0;
  if (outside.generation > generation || outside.size > head) find("outside", outside.size, `a checkpoint of ${String(outside.size)} records of generation ${String(outside.generation)} is kept outside, the log has ${String(head)} of generation ${String(generation)}: an older database was put in its place`);
  else if (rootsAt.get(outside.size)?.equals(outside.root) === true) return outside.size;
  else find("outside", outside.size, `the checkpoint that is kept outside signs another root of ${String(outside.size)} records`);
  return 0;
};

const walkRecords = async (walk: Walk, head: number, wanted: ReadonlySet<number>): Promise<{ readonly growing: GrowingTiles; readonly rootsAt: ReadonlyMap<number, Buffer>; readonly raised: readonly Raised[] }> => {
  const { deps, log, findings } = walk;
  const growing = await openGrowingTiles(() => Promise.resolve(undefined), 0);
  const stored = await deps.tree.size(log);
  const [rootsAt, generationOf] = [new Map<number, Buffer>(), generationsFrom(1)];
  const raised: Raised[] = [];
  let before = 0;
  for await (const records of recordChunks(deps.source, { log, after: 0, to: head })) {
    const tiles = new Map<string, Tile>();
    for (const record of records) {
      const generation = generationOf(record);
      if (generation !== raised.at(-1)?.generation) raised.push({ generation, position: record.position });
      checkRecord(walk, record, generation, before);
      before = record.recordedTimeUs;
      for (const tile of growing.append([record.leafHash])) tiles.set(`${String(tile.level)}/${String(tile.index)}`, tile);
      if (wanted.has(record.position)) rootsAt.set(record.position, rootOf(growing.frontier()));
    }
    await checkTiles(walk, [...tiles.values()], stored);
    deps.progress?.(growing.size, head);
    if (findings.length >= findingsMax) break;
  }
  return { growing, rootsAt, raised };
};

/**
 * Walks a whole log: every record against its hashes, the tree against the head, tiles and every signed checkpoint against the records, and
 * the checkpoint kept outside. Throws what the source throws, EventLogError "hole" among it: a record that is missing.
 */
export const fsckLog = async (deps: FsckDeps, log: string): Promise<FsckVerdict> => {
  const findings: FsckFinding[] = [];
  const walk: Walk = { deps, log, findings, find: (what, position, says) => void findings.push({ log, what, position, says }) };
  const head = await deps.source.head(log);
  const checkpoints = await deps.tree.checkpoints(log);
  const outside = await deps.outside?.newest(log, deps.eras);
  const wanted = new Set([...checkpoints.map(({ size }) => size), outside?.size ?? 0]);
  const { growing, rootsAt, raised } = await walkRecords(walk, head?.position ?? 0, wanted);
  let attested = 0;
  if (head !== undefined && growing.size === head.position) {
    const [root, generation] = [rootOf(growing.frontier()), raised.at(-1)?.generation ?? head.generation];
    if (!root.equals(head.root)) walk.find("root", head.position, "the head keeps another root than the records have");
    for (const checkpoint of checkpoints) {
      // What it signed was lost, and the log says by a record that it began anew before (rule 9).
      if (raised.some((each) => each.generation > checkpoint.generation && each.position <= checkpoint.size)) continue;
      const own = rootsAt.get(checkpoint.size);
      if (own !== undefined) attested = Math.max(attested, checkCheckpoint(walk, checkpoint, own) ? checkpoint.size : 0);
      else if (checkpoint.generation === generation && deps.isBeginning !== true) walk.find("checkpoint", checkpoint.size, `a checkpoint of ${String(checkpoint.size)} records was signed; the log has ${String(head.position)}`);
    }
    attested = Math.max(attested, checkOutside(walk, outside, { generation, head: head.position, rootsAt }));
    if (deps.isBeginning === true && attested < head.position && (await checkBeginning(walk, head.position, root))) attested = head.position;
  }
  if (attested === 0 && growing.size > 0 && findings.length === 0) walk.find("checkpoint", undefined, `no checkpoint confirms any of the ${String(growing.size)} records: that they are as they were recorded is not shown`);
  return { log, records: growing.size, checkpoints: checkpoints.length, attested, findings };
};
