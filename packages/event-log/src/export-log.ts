import { once } from "node:events";
import type { Writable } from "node:stream";
import type { StoredRecord } from "@finality/contracts";
import type { LogHead, LogReader } from "./event-log.ts";
import { EventLogError } from "./errors.ts";
import { recordChunks } from "./record-chunks.ts";
import { exportFormat, type ExportHeader, type ExportLine } from "./read-export.ts";

/** What an export is written from: a log in PostgreSQL, or any other place that gives back its records. */
type ExportSource = Pick<LogReader, "read"> & { head(log: string): Promise<Pick<LogHead, "generation" | "position" | "root"> | undefined> };

/**
 * Writes a log up to the head of now as JSON lines: a header, then each record with its payload and provenance in base64. Does not end
 * the stream. Throws `unknown_log`, `hole`, and what the stream throws.
 */
export const exportLog = async (reader: ExportSource, log: string, output: Writable): Promise<ExportHeader> => {
  const head = await reader.head(log);
  if (head === undefined) throw new EventLogError("unknown_log", `There is no log ${log}.`);
  const { generation, position, root } = head;
  const header: ExportHeader = { format: exportFormat, log, generation, head: position, root: hex(root) };
  await write(output, `${JSON.stringify(header)}\n`);
  for await (const records of recordChunks(reader, { log, after: 0, to: position })) {
    await write(output, records.map((record) => `${JSON.stringify(lineOf(record))}\n`).join(""));
  }
  return header;
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

const lineOf = ({ log: _log, payload, provenance, contentHash, leafHash, ...place }: StoredRecord): ExportLine => ({
  ...place,
  payload: base64(payload),
  provenance: base64(provenance),
  contentHash: hex(contentHash),
  leafHash: hex(leafHash),
});

const write = async (output: Writable, text: string): Promise<void> => {
  if (!output.write(text)) await once(output, "drain");
};
