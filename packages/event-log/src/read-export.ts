import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { StoredRecord } from "@finality/contracts";
import { EventLogError } from "./errors.ts";

// Needs nothing but Node: the export of a log is folded on machines that have no PostgreSQL.

export const exportFormat = "finality-log-export/1";

/** First line of an export. */
export type ExportHeader = { readonly format: typeof exportFormat; readonly log: string; readonly generation: number; readonly head: number; readonly root: string };

/** Every further line: bytes in base64, hashes in lower-case hex. */
export type ExportLine = {
  readonly generation: number;
  readonly position: number;
  readonly type: string;
  readonly version: number;
  readonly venueTimeUs: number;
  readonly recordedTimeUs: number;
  readonly payload: string;
  readonly provenance: string;
  readonly contentHash: string;
  readonly leafHash: string;
};

export type LogExport = { readonly header: ExportHeader; readonly records: AsyncIterable<StoredRecord> };

/** Opens an export; its records stream in order. Throws `bad_export` for a file that is none, has a gap or ends early. */
export const readExport = async (path: string): Promise<LogExport> => {
  const lines = linesOf(path);
  const first = await lines.next();
  const header = first.done === true ? undefined : parsed(path, first.value);
  if (!isHeader(header)) throw new EventLogError("bad_export", `${path} does not begin with the header of an exported log (${exportFormat}).`);
  return { header, records: recordsOf(path, header, lines) };
};

async function* linesOf(path: string): AsyncGenerator<string, void, void> {
  // Split at every line's end by readline; the stream's errors reach the loop.
  yield* createInterface({ input: createReadStream(path), crlfDelay: Infinity });
}

async function* recordsOf(path: string, header: ExportHeader, lines: AsyncIterable<string>): AsyncGenerator<StoredRecord, void, void> {
  let position = 0;
  for await (const line of lines) {
    const value = parsed(path, line);
    if (!isLine(value)) throw new EventLogError("bad_export", `${path}: line ${String(position + 2)} is no record.`);
    position++;
    if (value.position !== position) {
      throw new EventLogError("bad_export", `${path}: line ${String(position + 1)} holds position ${String(value.position)}, not ${String(position)}.`);
    }
    yield {
      ...value,
      log: header.log,
      payload: Buffer.from(value.payload, "base64"),
      provenance: Buffer.from(value.provenance, "base64"),
      contentHash: Buffer.from(value.contentHash, "hex"),
      leafHash: Buffer.from(value.leafHash, "hex"),
    };
  }
  if (position !== header.head) throw new EventLogError("bad_export", `${path} ends after position ${String(position)}; its header promises ${String(header.head)}.`);
}

const parsed = (path: string, line: string): unknown => {
  try {
    const value: unknown = JSON.parse(line);
    return value;
  } catch (cause) {
    throw new EventLogError("bad_export", `${path} holds a line that is not JSON: ${line.slice(0, 60)}`, { cause });
  }
};

const hasFields = (value: unknown, strings: readonly string[], integers: readonly string[]): boolean =>
  typeof value === "object" &&
  value !== null &&
  strings.every((key) => typeof Reflect.get(value, key) === "string") &&
  integers.every((key) => Number.isSafeInteger(Reflect.get(value, key)));

const isHeader = (value: unknown): value is ExportHeader =>
  hasFields(value, ["format", "log", "root"], ["generation", "head"]) && (value as ExportHeader).format === exportFormat;

const isLine = (value: unknown): value is ExportLine =>
  hasFields(value, ["type", "payload", "provenance", "contentHash", "leafHash"], ["generation", "position", "version", "venueTimeUs", "recordedTimeUs"]);
