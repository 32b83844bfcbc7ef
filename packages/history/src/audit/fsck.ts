import type { StoredRecord } from "@finality/contracts";
import { contentHash, leafHash, openGrowingTiles, openCheckpoint, originOf, parseCheckpoint, provenanceHash, rootOf, TransparencyError, widthOf, type GrowingTiles, type Tile, type Era } from "@finality/transparency";
import type { CheckpointFolder } from "../attested/checkpoint-folder.ts";
import type { StoredCheckpoint, TreeStore } from "../attested/tree-store.ts";
import type { LogSource } from "../log-source.ts";

/** Something in a log that is not as it was recorded or attested. */
export type FsckFinding = { readonly log: string; readonly what: "record" | "order" | "generation" | "root" | "tile" | "checkpoint" | "outside"; readonly position: number | undefined; readonly says: string };

export type FsckDeps = {
  readonly source: LogSource;
  readonly tree: TreeStore;
  /** Whose signatures count; without any, signatures are not judged. */
  readonly eras: readonly Era[];
  readonly outside?: CheckpointFolder | undefined;
  readonly progress?: (position: number, head: number) => void;
};

export type FsckVerdict = { readonly log: string; readonly records: number; readonly checkpoints: number; readonly findings: readonly FsckFinding[] };

const chunk = 500;
/** Findings of one log that are listed; what comes behind is of the same cause mostly. */
const findingsMax = 100;

type Walk = { readonly deps: FsckDeps; readonly log: string; readonly findings: FsckFinding[]; readonly find: (what: FsckFinding["what"], position: number | undefined, says: string) => void };

/** Where a generation begins. */
type Raised = { readonly generation: number; readonly position: number };

/** Tells the generation that each record must carry, out of the records alone. */
const generations = (): ((record: StoredRecord) => number) => {
  let generation = 1;
  return ({ type, payload, position, generation: own }) => {
    if (position === 1) generation = own;
    if (type === "GenerationRaised") {
      const body: unknown = JSON.parse(Buffer.from(payload).toString("utf8"));
      if (typeof body === "object" && body !== null) generation = Number(Reflect.get(body, "generation"));
    }
    return generation;
  };
};

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

const checkCheckpoint = ({ deps, log, find }: Walk, { generation, size, note, root }: StoredCheckpoint, own: Buffer): void => {
  try {
    const said = deps.eras.length === 0 ? parseCheckpoint(`${note.split("\n\n")[0] ?? ""}\n`) : openCheckpoint(note, deps.eras);
    const deployment = said.origin.slice(0, -`/${log}/${String(generation)}`.length);
    if (said.origin !== originOf(deployment, log, generation) || said.size !== size || !Buffer.from(said.root).equals(root)) find("checkpoint", size, `the signed text says ${said.origin} at ${String(said.size)}, its row another thing`);
    if (!own.equals(said.root)) find("checkpoint", size, `the first ${String(size)} records have another root than was signed: a record was changed, inserted, dropped or moved since`);
  } catch (error) {
    if (!(error instanceof TransparencyError)) throw error;
    find("checkpoint", size, error.message);
  }
};

const checkOutside = async ({ deps, log, find }: Walk, generation: number, head: number, rootsAt: ReadonlyMap<number, Buffer>): Promise<void> => {
  const outside = await deps.outside?.newest(log, deps.eras);
  if (outside === undefined || outside.generation < generation) return;
  if (outside.generation > generation || outside.size > head) find("outside", outside.size, `a checkpoint of ${String(outside.size)} records of generation ${String(outside.generation)} is kept outside, the log has ${String(head)} of generation ${String(generation)}: an older database was put in its place`);
  else if (rootsAt.get(outside.size)?.equals(outside.root) === false) find("outside", outside.size, `the checkpoint that is kept outside signs another root of ${String(outside.size)} records`);
};

const walkRecords = async (walk: Walk, head: number, wanted: ReadonlySet<number>): Promise<{ readonly growing: GrowingTiles; readonly rootsAt: ReadonlyMap<number, Buffer>; readonly raised: readonly Raised[] }> => {
  const { deps, log, findings } = walk;
  const growing = await openGrowingTiles(() => Promise.resolve(undefined), 0);
  const stored = await deps.tree.size(log);
  const [rootsAt, generationOf] = [new Map<number, Buffer>(), generations()];
  const raised: Raised[] = [];
  let before = 0;
  for (let position = 0; position < head && findings.length < findingsMax; ) {
    const records = await deps.source.read(log, position, Math.min(chunk, head - position));
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
    position = records.at(-1)?.position ?? head;
    deps.progress?.(position, head);
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
  if (head !== undefined && growing.size === head.position) {
    if (!rootOf(growing.frontier()).equals(head.root)) walk.find("root", head.position, "the head keeps another root than the records have");
    const generation = raised.at(-1)?.generation ?? head.generation;
    for (const checkpoint of checkpoints) {
      // What it signed was lost, and the log says by a record that it began anew before (rule 9).
      if (raised.some((each) => each.generation > checkpoint.generation && each.position <= checkpoint.size)) continue;
      const own = rootsAt.get(checkpoint.size);
      if (own !== undefined) checkCheckpoint(walk, checkpoint, own);
      else if (checkpoint.generation === generation) walk.find("checkpoint", checkpoint.size, `a checkpoint of ${String(checkpoint.size)} records was signed; the log has ${String(head.position)}`);
    }
    await checkOutside(walk, generation, head.position, rootsAt);
  }
  return { log, records: growing.size, checkpoints: checkpoints.length, findings };
};
