import type { CheckpointFolder } from "@finality/history";
import { checkedTiles, consistencyProof, cosignedAt, formatAddCheckpoint, nodesOfTiles, openCheckpoint, parseCheckpoint, parseNote, rootAt, type Era, type LogCheckpoint, type NodeHashes, type VerifierKey } from "@finality/transparency";
import { erasFor, type WitnessReply } from "./answer-add-checkpoint.ts";
import type { ServedTree } from "./served-tree.ts";

export type LookOptions = {
  readonly served: ServedTree;
  readonly witness: VerifierKey;
  readonly eras: readonly Era[];
  /** What the witness signed last; nobody else's folder. */
  readonly state: CheckpointFolder;
  /** The witness itself: keeps what it signs, then signs. */
  readonly answer: (question: string) => Promise<WitnessReply>;
};

/** What came of one look at a log that is served. */
export type Look =
  /** The note bears the witness's signature. */
  | { readonly kind: "signed"; readonly checkpoint: LogCheckpoint; readonly note: string }
  /** The log's key signed two histories: this note and what the witness signed before. */
  | { readonly kind: "refused"; readonly says: string };

const base64 = (root: Uint8Array): string => Buffer.from(root).toString("base64");

/** The origins of a log begin alike and end with the generation. */
const generationOf = (origin: string): { readonly tree: string; readonly generation: number } | undefined => {
  const { tree = "", generation = "" } = /^(?<tree>.+)\/(?<generation>[1-9]\d{0,8})$/.exec(origin)?.groups ?? {};
  return tree === "" ? undefined : { tree, generation: Number(generation) };
};

const keptAs = async (state: CheckpointFolder, name: string): Promise<LogCheckpoint | undefined> => {
  const note = await state.kept(name);
  return note === undefined ? undefined : parseCheckpoint(parseNote(note).text);
};

/** How a tree is none that what was signed is the beginning of. `nodes` are proved by the checkpoint. */
const partedFrom = async (known: LogCheckpoint, { origin, size, root }: LogCheckpoint, nodes: NodeHashes): Promise<string | undefined> => {
  const signed = `this witness signed ${String(known.size)} records of it with root ${base64(known.root)}`;
  if (size < known.size) return `${origin} was set back: it has ${String(size)} records with root ${base64(root)}; ${signed}.`;
  const now = await rootAt(nodes, known.size);
  if (base64(now) === base64(known.root)) return undefined;
  return `${origin} was forked: its first ${String(known.size)} of ${String(size)} records have root ${base64(now)}; ${signed}.`;
};

/** A log goes to a higher generation and never back. What is seen is kept before anything of it is signed. */
const setBackTo = async (state: CheckpointFolder, { origin, root, size }: LogCheckpoint, note: string): Promise<string | undefined> => {
  const own = generationOf(origin);
  if (own === undefined) return undefined;
  const name = `${own.tree} newest generation`;
  const last = await keptAs(state, name);
  const seen = last === undefined ? 0 : (generationOf(last.origin)?.generation ?? 0);
  if (last !== undefined && seen > own.generation) {
    return `${origin}, ${String(size)} records with root ${base64(root)}, is of an earlier generation than ${last.origin}, which had root ${base64(last.root)} when this witness signed it first.`;
  }
  if (seen < own.generation) await state.keep(name, note);
  return undefined;
};

/**
 * Fetches the newest checkpoint, proves over the tiles that it continues what was signed last, and signs it. Throws TransparencyError "bad_signature" for a note that
 * no key in force signed, "bad_tile" for tiles that are not the note's, and CliError where it cannot be fetched.
 */
export const lookAtLog = async ({ served, witness, eras, state, answer }: LookOptions): Promise<Look> => {
  const note = await served.checkpoint();
  const { origin } = parseCheckpoint(parseNote(note).text);
  const { size, root } = openCheckpoint(note, erasFor(eras, origin));
  const checkpoint = { origin, size, root };
  const known = await keptAs(state, origin);
  const nodes = nodesOfTiles(checkedTiles(served.tilesOf(size), checkpoint), size);
  const says = (known === undefined ? undefined : await partedFrom(known, checkpoint, nodes)) ?? (await setBackTo(state, checkpoint, note));
  if (says !== undefined) {
    // With what was signed before it is the proof against the key that signed both.
    await state.keep(`${origin} refused`, note);
    return { kind: "refused", says };
  }
  const old = known?.size ?? 0;
  const reply = await answer(formatAddCheckpoint({ old, proof: await consistencyProof(nodes, old, size), note }));
  if (reply.status !== 200) return { kind: "refused", says: `${origin}: ${reply.body.trim()}` };
  return { kind: "signed", checkpoint, note: cosignedAt(parseNote(note), witness) === undefined ? `${note}${reply.body}` : note };
};
