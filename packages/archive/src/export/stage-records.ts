import { ContractsError, decodeTicks, encodeTicks, type StoredRecord, type TickColumns } from "@finality/contracts";
import { contentHash, leafHash, provenanceHash } from "@finality/transparency";
import { ArchiveError } from "../errors.ts";
import { ticksType, typeFileOf } from "../layout.ts";
import type { SummaryOfRange } from "../manifest/summary.ts";
import type { Range } from "./range-start.ts";
import type { Staging } from "./staging.ts";

export type ExportProgress = { readonly position: number; readonly records: number; readonly ticks: number };

export type Source = { readonly records: AsyncIterable<readonly StoredRecord[]>; readonly progress?: ((progress: ExportProgress) => void) | undefined };

/** Takes the range out of the records, checks it, and stages it. Throws `hole` and `corrupt`: what contradicts itself is not sealed. */
export const stageRecords = async (range: Range, { records, progress }: Source, staging: Staging, summary: SummaryOfRange): Promise<void> => {
  let next = range.first;
  let [generation, ticks] = [1, 0];
  for await (const chunk of records) {
    const wanted = chunk.slice(0, range.last - next + 1);
    for (const record of wanted) {
      checkRecord(range, record, { position: next, generation });
      ticks += stageRecord(record, staging, summary);
      ({ generation } = record);
      next++;
    }
    summary.add(wanted);
    progress?.({ position: next - 1, records: next - range.first, ticks });
    if (next > range.last) return;
  }
  throw new ArchiveError("hole", `The records of log ${range.log} end before position ${String(next)}; the range goes to ${String(range.last)}.`);
};

const checkRecord = ({ log }: Range, record: StoredRecord, expected: { readonly position: number; readonly generation: number }): void => {
  const place = `Record ${record.log}-${String(record.generation)}-${String(record.position)}`;
  if (record.log !== log || record.position !== expected.position) throw new ArchiveError("hole", `${place} comes where position ${String(expected.position)} of log ${log} is due.`);
  if (record.generation < expected.generation) throw new ArchiveError("corrupt", `${place} follows one of generation ${String(expected.generation)}.`);
  const content = contentHash(record);
  if (!content.equals(record.contentHash)) throw new ArchiveError("corrupt", `${place} has the content hash ${hex(record.contentHash)}; its bytes give ${hex(content)}.`);
  const leaf = leafHash(content, provenanceHash(record.provenance));
  if (!leaf.equals(record.leafHash)) throw new ArchiveError("corrupt", `${place} has the leaf hash ${hex(record.leafHash)}; its bytes give ${hex(leaf)}.`);
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Answers the rows of ticks. */
const stageRecord = (record: StoredRecord, staging: Staging, summary: SummaryOfRange): number => {
  const { type, payload } = record;
  const provenance = exactText(record.provenance);
  if (provenance === undefined) throw new ArchiveError("corrupt", `Record ${record.log}-${String(record.generation)}-${String(record.position)} has a provenance that is not text.`);
  const columns = type === ticksType ? readTicks(payload) : undefined;
  if (columns !== undefined) {
    staging.ticks(record.position, columns, summary.placeOf);
    summary.addTicks(columns);
  }
  const body = type === ticksType || typeFileOf(type) === undefined ? undefined : exactText(payload);
  const exact = body !== undefined || (columns !== undefined && Buffer.from(encodeTicks(columns)).equals(payload));
  staging.record({ ...record, provenance, body, ticks: columns?.count, payload: exact ? undefined : payload });
  return columns?.count ?? 0;
};

/** Undefined for bytes that this release's codec does not read: an older or newer one wrote them. */
const readTicks = (payload: Uint8Array): TickColumns | undefined => {
  try {
    return decodeTicks(payload);
  } catch (error) {
    if (error instanceof ContractsError && error.code === "bad_ticks") return undefined;
    throw error;
  }
};

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes as text, where the text gives the same bytes back; DuckDB's strings hold no U+0000. */
const exactText = (bytes: Uint8Array): string | undefined => {
  try {
    const text = utf8.decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
};
