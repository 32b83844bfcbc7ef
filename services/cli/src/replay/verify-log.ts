import { decodeRecord, type LogRecord, type StoredRecord } from "@finality/contracts";
import { initialState, semantics, verifyStep } from "@finality/engine";
import { verifyHashes, type LogReader } from "@finality/event-log";
import { sha256 } from "@finality/transparency";
import { inputGroups } from "./fold-records.ts";

/** Where the log and its recomputation part first. Hashes are lower-case hex. */
export type VerifyDifference =
  /** A decision is not what its inputs give: JSON pointer of the field, both values. */
  | { readonly log: string; readonly kind: "decision"; readonly position: number; readonly field: string; readonly recorded: unknown; readonly recomputed: unknown }
  /** A record's bytes are not what was hashed into the tree. */
  | { readonly log: string; readonly kind: "leaf"; readonly position: number; readonly storedLeafHash: string; readonly computedLeafHash: string }
  /** All leaves hold, but the head's root is of other leaves. */
  | { readonly log: string; readonly kind: "root"; readonly position: number; readonly storedRoot: string; readonly computedRoot: string }
  | { readonly log: string; readonly kind: "unreadable"; readonly position: number; readonly error: string };

export type Verdict = {
  readonly log: string;
  /** Records that were recomputed. */
  readonly records: number;
  readonly decisions: number;
  /** Semantics recorded in the log that this release cannot judge: from there on decisions were not recomputed. */
  readonly otherSemantics?: number;
  readonly firstDifference?: VerifyDifference;
};

const chunk = 500;

/**
 * Recomputes every hash from the stored bytes, and every decision from its recorded inputs. A changed decision is named by its field with
 * both values; a changed input by both leaf hashes: what was decided from it would differ too, but the input is what was changed.
 */
export const verifyLog = async (reader: LogReader, log: string, progress: (position: number, head: number) => void): Promise<Verdict> => {
  const head = (await reader.head(log))?.position ?? 0;
  const tampered = await verifyLeaves(reader, log);
  const verdict = await verifyDecisions(reader, log, head, (position) => { progress(position, head); });
  const first = verdict.firstDifference;
  const leafComesFirst = tampered !== undefined && (first === undefined || tampered.position < first.position);
  return leafComesFirst ? { ...verdict, firstDifference: tampered } : verdict;
};

const verifyLeaves = async (reader: LogReader, log: string): Promise<VerifyDifference | undefined> => {
  const { firstDifference } = await verifyHashes(reader, log);
  if (firstDifference === undefined) return undefined;
  const { position } = firstDifference;
  return firstDifference.at === "root"
    ? { log, kind: "root", position, storedRoot: firstDifference.storedRoot, computedRoot: firstDifference.computedRoot }
    : { log, kind: "leaf", position, storedLeafHash: firstDifference.storedLeafHash, computedLeafHash: firstDifference.computedLeafHash };
};

const verifyDecisions = async (reader: LogReader, log: string, head: number, progress: (position: number) => void): Promise<Verdict> => {
  const state = initialState(log);
  let [records, decisions] = [0, 0];
  try {
    for await (const group of inputGroups(decoded(reader, log, head))) {
      const firstDifference = verifyStep(state, group, sha256);
      records += 1 + group.decisions.length;
      decisions += group.decisions.length;
      progress(records);
      if (state.facts.semantics !== semantics) return { log, records, decisions, otherSemantics: state.facts.semantics };
      if (firstDifference !== undefined) return { log, records, decisions, firstDifference: { log, kind: "decision", ...firstDifference } };
    }
    return { log, records, decisions };
  } catch (error) {
    const position = error instanceof UnreadableRecord ? error.position : records + 1;
    return { log, records, decisions, firstDifference: { log, kind: "unreadable", position, error: error instanceof Error ? error.message : String(error) } };
  }
};

class UnreadableRecord extends Error {
  readonly position: number;

  constructor(position: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "UnreadableRecord";
    this.position = position;
  }
}

async function* decoded(reader: LogReader, log: string, head: number): AsyncGenerator<LogRecord, void, void> {
  for await (const stored of storedRecords(reader, log, head)) {
    let record: LogRecord;
    try {
      record = decodeRecord(stored);
    } catch (error) {
      throw new UnreadableRecord(stored.position, error);
    }
    yield record;
  }
}

/** A log's records from the first one to `head`, read in chunks. */
export async function* storedRecords(reader: LogReader, log: string, head: number): AsyncGenerator<StoredRecord, void, void> {
  for (let position = 0; position < head; ) {
    const records = await reader.read(log, position, Math.min(chunk, head - position));
    yield* records;
    position = records.at(-1)?.position ?? head;
  }
}
