import { canonicalJson, type Provenance } from "@finality/contracts";
import type { AppendValues, DeadLetterValues } from "./append-statement.ts";
import type { Append, NewDeadLetter, PendingRecord } from "./event-log.ts";
import { contentHash, type Frontier, frontierBytes, leafHash, provenanceHash, rootOf } from "@finality/transparency";
import { invariant } from "./invariant.ts";

/** The records of one append, hashed and laid out as its statement takes them. */
export type HashedRecords = {
  readonly count: number;
  readonly leafHashes: readonly Buffer[];
  /** Undefined without records. */
  readonly firstRecordedUs: number | undefined;
  readonly lastRecordedUs: number | undefined;
  readonly columns: Pick<AppendValues, RecordColumn>;
};

type RecordColumn =
  | "types" | "versions" | "venue_us" | "recorded_us" | "payloads" | "payload_starts" | "payload_lengths"
  | "provenances" | "provenance_starts" | "provenance_lengths" | "content_hashes" | "leaf_hashes";

/** Many byte strings in one, with where each begins (from 1, as SQL counts) and how long it is. */
type Slices = { readonly bytes: Buffer; readonly starts: readonly number[]; readonly lengths: readonly number[] };

const slicesOf = (parts: readonly Uint8Array[]): Slices => {
  const starts: number[] = [];
  let at = 1;
  for (const part of parts) {
    starts.push(at);
    at += part.length;
  }
  return { bytes: Buffer.concat(parts), starts, lengths: parts.map((part) => part.length) };
};

/** Everything about the records that needs no lock. */
export const hashRecords = (records: readonly PendingRecord[]): HashedRecords => {
  const contentHashes = records.map(({ content }) => contentHash(content));
  const provenances = provenanceBytesOf(records);
  const leafHashes = contentHashes.map((content, index) => leafHash(content, provenances[index]?.hash ?? content));
  const recordedUs = records.map(({ content }) => content.recordedTimeUs);
  invariant(
    recordedUs.every((time, index) => index === 0 || time >= (recordedUs[index - 1] ?? 0)),
    "recorded time never falls along a log",
  );
  const payload = slicesOf(records.map(({ content }) => content.payload));
  const provenance = slicesOf(provenances.map(({ bytes }) => bytes));
  return {
    count: records.length,
    leafHashes,
    firstRecordedUs: recordedUs[0],
    lastRecordedUs: recordedUs.at(-1),
    columns: {
      types: records.map(({ content }) => content.type),
      versions: records.map(({ content }) => content.version),
      venue_us: records.map(({ content }) => content.venueTimeUs),
      recorded_us: recordedUs,
      payloads: payload.bytes,
      payload_starts: payload.starts,
      payload_lengths: payload.lengths,
      provenances: provenance.bytes,
      provenance_starts: provenance.starts,
      provenance_lengths: provenance.lengths,
      content_hashes: Buffer.concat(contentHashes),
      leaf_hashes: Buffer.concat(leafHashes),
    },
  };
};

type ProvenanceBytes = { readonly bytes: Uint8Array; readonly hash: Buffer };

/** Records of one batch often share a provenance object; each is written and hashed once. */
const provenanceBytesOf = (records: readonly PendingRecord[]): readonly ProvenanceBytes[] => {
  const known = new Map<Provenance, ProvenanceBytes>();
  return records.map(({ provenance }) => {
    const before = known.get(provenance);
    if (before !== undefined) return before;
    const bytes = canonicalJson(provenance);
    const made = { bytes, hash: provenanceHash(bytes) };
    known.set(provenance, made);
    return made;
  });
};

/** The tree behind the last append, and behind this one. */
export type Growth = { readonly before: Frontier; readonly after: Frontier };

export const appendValues = (append: Append, { columns, lastRecordedUs }: HashedRecords, { before, after }: Growth): AppendValues => ({
  log: append.log,
  epoch: append.epoch,
  position: append.expectedPosition,
  frontier: frontierBytes(before),
  duplicates: append.duplicates,
  next_generation: append.generation ?? null,
  next_recorded_us: lastRecordedUs ?? null,
  next_frontier: frontierBytes(after),
  next_root: rootOf(after),
  ...columns,
  source_topics: append.offsets.map(({ topic }) => topic),
  source_partitions: append.offsets.map(({ partition }) => partition),
  source_expected: append.offsets.map(({ expected }) => expected),
  source_next: append.offsets.map(({ next }) => next),
  source_hashes: append.offsets.map(({ lastHash }) => Buffer.from(lastHash)),
  bus_identity: append.busIdentity ?? null,
});

export const deadLetterValues = (letters: readonly NewDeadLetter[]): DeadLetterValues => ({
  letter_topics: letters.map(({ topic }) => topic),
  letter_partitions: letters.map(({ partition }) => partition),
  letter_offsets: letters.map(({ offset }) => offset),
  letter_reasons: letters.map(({ reason }) => storable(reason)),
  letter_details: letters.map(({ detail }) => storable(detail)),
  letter_indices: letters.map(({ badIndices }) => (badIndices === undefined ? null : JSON.stringify(badIndices))),
  letter_headers: letters.map(({ headers }) =>
    JSON.stringify(Object.fromEntries(Object.entries(headers).map(([key, value]) => [storable(key), storable(value)]))),
  ),
  letter_values: letters.map(({ value }) => Buffer.from(value)),
});

/** PostgreSQL's text holds neither NUL nor half of a surrogate pair, which a bad message may bring. */
const storable = (text: string): string => text.replaceAll("\u0000", "\uFFFD").toWellFormed();
