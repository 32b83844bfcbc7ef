import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { exportRange, openArchive } from "@finality/archive";
import { canonicalJson, type RecordContent } from "@finality/contracts";
import { createNotifier } from "@finality/database";
import { recordedLog } from "@finality/desk-log";
import { createLogReader, createLogWriter, exportLog, recordChunks, type LogReader } from "@finality/event-log";
import { foldAt } from "@finality/history";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { sourceOf, type SourceOptions } from "./replay-source.ts";
import { verifyLog } from "./verify-log.ts";

const root = mkdtempSync(join(tmpdir(), "finality-newer-"));
const [archive, file] = [join(root, "archive"), join(root, "export.jsonl")];
let data: TestDatabase;
let reader: LogReader;
let head = 0;

beforeAll(async () => {
  data = await testDatabase();
  reader = createLogReader({ database: data.database });
});
afterAll(async () => {
  await data.dispose();
  rmSync(root, { recursive: true, force: true });
});

/** As a release to come writes it, behind what this one wrote. */
const appendNewer = async (log: string, { type, version, payload }: Pick<RecordContent, "type" | "version" | "payload">): Promise<void> => {
  await (await recordedLog(data.database, { log })).steps(3);
  const writer = createLogWriter({ database: data.database, notifier: createNotifier(data.database) });
  const { epoch, position } = await writer.takeOver(log);
  const recordedTimeUs = (await reader.read(log, position - 1, 1))[0]?.recordedTimeUs ?? 0;
  const content = { type, version, payload, venueTimeUs: recordedTimeUs, recordedTimeUs };
  await writer.append({ log, epoch, expectedPosition: position, records: [{ content, provenance: { epoch, build: "finality 0.5.0" } }], offsets: [], deadLetters: [], duplicates: 0 });
  head = position + 1;
};

const unreadable = async (log: string, options: SourceOptions): Promise<string> => {
  const source = await sourceOf(readConfig({ FINALITY_DATA: root, DATABASE_URL: data.url }), options);
  try {
    const { firstDifference } = await verifyLog(source, log, () => undefined);
    expect(firstDifference).toMatchObject({ kind: "unreadable", position: head });
    return firstDifference?.kind === "unreadable" ? firstDifference.error : "";
  } finally {
    await source.close();
  }
};

describe.each([
  { log: "NEWTICKS", record: { type: "TicksRecorded", version: 4, payload: Uint8Array.of(4, 0, 0, 0) }, is: "is TicksRecorded of version 4; this release knows versions 1 to 1." },
  { log: "NEWBODY", record: { type: "FillRecorded", version: 2, payload: canonicalJson({ fillId: "fill-1", venue: "another" }) }, is: "is FillRecorded of version 2; this release knows versions 1 to 1." },
  { log: "NEWTYPE", record: { type: "BooksMerged", version: 1, payload: canonicalJson({ books: ["one", "two"] }) }, is: 'has the type "BooksMerged", which this release does not know.' },
])("a record of another release: $log", ({ log, record, is }) => {
  const said = (): string => `Record ${log}-1-${String(head)} ${is} The release "finality 0.5.0" wrote it: use that one or a newer one.`;

  test("is named with the release that reads it, out of the database, an archive and a file", async () => {
    await appendNewer(log, record);
    expect(await unreadable(log, {})).toContain(said());
    await expect(foldAt({ source: reader }, log, head)).rejects.toMatchObject({ code: "record_unfoldable", message: expect.stringContaining(said()) });

    // What cannot be read is archived all the same, byte for byte.
    await exportRange({ folder: archive, log, first: 1, last: head, records: recordChunks(reader, { log, after: 0, to: head }) });
    expect(await unreadable(log, { source: "archive", archive })).toContain(said());
    const opened = await openArchive(archive);
    try {
      const decoded: number[] = [];
      const reading = (async () => { for await (const batch of opened.logRecords(log)) decoded.push(...batch.map(({ position }) => position)); })();
      await expect(reading).rejects.toMatchObject({ message: said() });
      expect(await opened.read(log, head - 1, 1)).toEqual(await reader.read(log, head - 1, 1));
    } finally {
      opened.close();
    }

    const stream = createWriteStream(file);
    await exportLog(reader, log, stream);
    stream.end();
    await finished(stream);
    expect(await unreadable(log, { file })).toContain(said());
  });
});
