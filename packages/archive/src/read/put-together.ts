import { ContractsError, decodeRecord, encodeTicks, type LogRecord, recordRegistry, type StoredRecord, type TickColumns } from "@finality/contracts";
import { ArchiveError } from "../errors.ts";
import { ticksType } from "../layout.ts";
import type { ArchivedRecord } from "./archived-records.ts";

/** The record as the event store kept it. Throws `corrupt` where its files do not hold its payload. */
export const storedRecord = (archived: ArchivedRecord): StoredRecord => {
  const { log, generation, position, type, version, venueTimeUs, recordedTimeUs, provenance, contentHash, leafHash } = archived;
  return { log, generation, position, type, version, venueTimeUs, recordedTimeUs, payload: payloadOf(archived), provenance, contentHash, leafHash };
};

/**
 * The record of the newest version: the same as decoding the stored one, without a way through its bytes where ticks are rows.
 * Throws `corrupt` where the files do not hold its body, and what `decodeRecord` throws.
 */
export const decodedRecord = (archived: ArchivedRecord): LogRecord => {
  const { type, version, body, payload, log, generation, position, venueTimeUs, recordedTimeUs } = archived;
  if (type === ticksType && version === recordRegistry.versions.TicksRecorded && payload === undefined && isColumns(body)) {
    return { log, generation, position, venueTimeUs, recordedTimeUs, type, body };
  }
  return decodeRecord(storedRecord(archived));
};

const isColumns = (body: ArchivedRecord["body"]): body is TickColumns => body !== undefined && !(body instanceof Uint8Array);

const payloadOf = (archived: ArchivedRecord): Uint8Array => {
  const { payload, body, log, generation, position, type } = archived;
  if (payload !== undefined) return payload;
  const place = `Record ${log}-${String(generation)}-${String(position)} (${type})`;
  if (body === undefined) throw new ArchiveError("corrupt", `${place} has no body in its archive.`);
  if (!isColumns(body)) return body;
  try {
    return encodeTicks(body);
  } catch (cause) {
    if (!(cause instanceof ContractsError)) throw cause;
    throw new ArchiveError("corrupt", `${place} has ticks in its archive that nobody wrote: ${cause.message}`, { cause });
  }
};
