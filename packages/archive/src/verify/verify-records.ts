import { basename } from "node:path";
import type { DuckDBInstance } from "@duckdb/node-api";
import { canonicalJson, decodeTicks, encodeTicks, type StoredRecord, type TickColumns } from "@finality/contracts";
import { contentHash, emptyFrontier, leafHash, provenanceHash } from "@finality/transparency";
import { ArchiveError } from "../errors.ts";
import { manifestFile, recordsFile, ticksType, typeFileOf } from "../layout.ts";
import { frontierFrom } from "../manifest/manifest.ts";
import type { SealedRange } from "../manifest/sealed-ranges.ts";
import { summarise, type SummaryOfRange } from "../manifest/summary.ts";
import { archivedRecords, type ArchivedRecord } from "../read/archived-records.ts";
import { storedRecord } from "../read/put-together.ts";
import type { RangeFinding } from "./finding.ts";

export type RangeToVerify = {
  readonly range: SealedRange;
  /** Semantics in force behind the range before. */
  readonly semantics: number | undefined;
  /** Names of files that are not the sealed ones: where a hash differs, it is their fault. */
  readonly suspects: ReadonlySet<string>;
};

/** Recomputes every hash from the rows, the root from the leaves, and the rest of the manifest from the records. */
export async function* verifyRecords(instance: DuckDBInstance, { range, semantics, suspects }: RangeToVerify): AsyncGenerator<RangeFinding, void, void> {
  const { manifest } = range;
  const frontier = frontierFrom(manifest.first - 1, manifest.frontierBefore);
  if (frontier === undefined) yield { file: manifestFile, problem: "root", detail: `The tree before the range is none of ${String(manifest.first - 1)} leaves.` };
  const summary = summarise({ frontier: frontier ?? emptyFrontier, semantics });
  let next = manifest.first;
  try {
    for await (const batch of archivedRecords(instance, range, { from: manifest.first, to: manifest.last })) {
      for (const archived of batch) {
        if (archived.position !== next) yield missing(next, archived.position - 1);
        next = archived.position + 1;
        yield* verifyRecord(archived, suspects, summary);
      }
    }
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    yield { file: basename(error.file ?? recordsFile), position: next, problem: "unreadable", detail: `${error.message} Records from position ${String(next)} on were not checked.` };
    return;
  }
  if (next <= manifest.last) yield missing(next, manifest.last);
  yield* differences(range, summary);
}

const missing = (first: number, last: number): RangeFinding => ({
  file: recordsFile,
  position: first,
  problem: "missing_record",
  detail: last > first ? `Positions ${String(first)} to ${String(last)} are missing.` : `Position ${String(first)} is missing, or a later one comes twice.`,
});

function* verifyRecord(archived: ArchivedRecord, suspects: ReadonlySet<string>, summary: SummaryOfRange): Generator<RangeFinding, void, void> {
  const { position, type, body } = archived;
  const typeFile = archived.payload === undefined ? (typeFileOf(type) ?? recordsFile) : recordsFile;
  const file = suspects.has(recordsFile) && !suspects.has(typeFile) ? recordsFile : typeFile;
  const record = payloadOrReason(archived);
  if (typeof record === "string") {
    yield { file, position, problem: "content", detail: record };
    return;
  }
  const content = contentHash(record);
  if (!content.equals(record.contentHash)) yield { file, position, problem: "content", detail: `The bytes of the ${type} give the content hash ${content.toString("hex")}; ${hex(record.contentHash)} is recorded.` };
  const leaf = leafHash(record.contentHash, provenanceHash(record.provenance));
  if (!leaf.equals(record.leafHash)) yield { file: recordsFile, position, problem: "leaf", detail: `Content hash and provenance give the leaf hash ${leaf.toString("hex")}; ${hex(record.leafHash)} is recorded.` };
  if (body !== undefined && !(body instanceof Uint8Array)) {
    summary.addTicks(body);
    if (archived.payload !== undefined && !sameTicks(archived.payload, body)) yield { file: `${ticksType}.parquet`, position, problem: "columns", detail: "The rows are not the ticks of the payload that is kept beside the record." };
  }
  summary.add([record]);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const isTime = (time: number): boolean => Number.isSafeInteger(time) && time >= 0;

/** The record, or why there is none to hash. */
const payloadOrReason = (archived: ArchivedRecord): StoredRecord | string => {
  if (!isTime(archived.venueTimeUs) || !isTime(archived.recordedTimeUs)) return `Its times ${String(archived.venueTimeUs)} and ${String(archived.recordedTimeUs)} are none.`;
  try {
    return storedRecord(archived);
  } catch (error) {
    if (error instanceof ArchiveError) return error.message;
    throw error;
  }
};

/** Both in the newest spelling, which is one. Rows that nobody wrote have none. */
const sameTicks = (payload: Uint8Array, rows: TickColumns): boolean => {
  try {
    return Buffer.from(encodeTicks(decodeTicks(payload))).equals(encodeTicks(rows));
  } catch {
    return false;
  }
};

function* differences({ manifest }: SealedRange, summary: SummaryOfRange): Generator<RangeFinding, void, void> {
  for (const [name, computed] of Object.entries(summary.summary())) {
    const sealed: unknown = Reflect.get(manifest, name);
    const [expected, found] = [textOf(sealed), textOf(computed)];
    if (expected === found) continue;
    const problem = name === "root" || name === "frontierAfter" || name === "frontierBefore" ? "root" : "summary";
    yield { file: manifestFile, problem, detail: `The manifest's ${name} is ${shortened(expected)}; the records give ${shortened(found)}.` };
  }
}

const textOf = (value: unknown): string => Buffer.from(canonicalJson(value)).toString();
const shownMax = 200;
const shortened = (text: string): string => (text.length > shownMax ? `${text.slice(0, shownMax)}…` : text);
