import type { StoredRecord } from "@finality/contracts";
import { createNotifier } from "@finality/database";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { contentHash, leafHash, provenanceHash } from "@finality/transparency";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LogReader, LogWriter } from "./event-log.ts";
import { importRecords } from "./import-log.ts";
import { logHashes } from "./log-hash.ts";
import { createLogReader } from "./postgres-log-reader.ts";
import { createLogWriter } from "./postgres-log-writer.ts";
import { sampleAppend, sampleRecords } from "./test-support/sample-append.ts";

let storage: TestDatabase;
let reader: LogReader;
let writer: LogWriter;
/** Of two generations, the second from position 8 on. */
let original: readonly StoredRecord[];

beforeAll(async () => {
  storage = await testDatabase();
  reader = createLogReader({ database: storage.database });
  writer = createLogWriter({ database: storage.database, notifier: createNotifier(storage.database) });
  await writer.append(sampleAppend(await writer.takeOver("SPX"), { records: sampleRecords(7) }));
  const hold = await writer.takeOver("SPX");
  await writer.append(sampleAppend(hold, { records: sampleRecords(6, { epoch: hold.epoch, fromUs: hold.recordedUs }), generation: 2 }));
  original = await reader.read("SPX", 0, 100);
});
afterAll(async () => {
  await storage.dispose();
});

const isUnchanged = (record: StoredRecord): boolean => leafHash(contentHash(record), provenanceHash(record.provenance)).equals(record.leafHash);

/** In chunks that end within a generation and across its beginning. */
async function* chunksFrom(position: number, records: readonly StoredRecord[] = original): AsyncGenerator<readonly StoredRecord[], void, void> {
  for (let at = position - 1; at < records.length; at += 5) yield records.slice(at, at + 5);
}

const headOf = async (log: string): Promise<number> => (await reader.head(log))?.position ?? 0;

test("records that are imported are the same log: positions, generations, contents, leaves and root", async () => {
  expect(await importRecords(writer, "WHOLE", chunksFrom(1), isUnchanged)).toBe(13);
  expect((await reader.read("WHOLE", 0, 100)).map((record) => ({ ...record, log: "SPX" }))).toEqual(original);
  const [own, imported] = [await reader.head("SPX"), await reader.head("WHOLE")];
  expect([imported?.root, imported?.generation]).toEqual([own?.root, 2]);
  expect({ ...(await logHashes(storage.database, "WHOLE")), log: "SPX" }).toEqual(await logHashes(storage.database, "SPX"));
});

test("a tail goes behind the head that it continues, and nowhere else", async () => {
  expect(await importRecords(writer, "TAIL", chunksFrom(1, original.slice(0, 4)), isUnchanged)).toBe(4);
  for (const from of [4, 6]) await expect(importRecords(writer, "TAIL", chunksFrom(from), isUnchanged)).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining(`at position 4; the records to import begin at ${String(from)}`) });
  expect(await headOf("TAIL")).toBe(4);
  expect(await importRecords(writer, "TAIL", chunksFrom(5), isUnchanged)).toBe(13);
  expect((await reader.head("TAIL"))?.root).toEqual((await reader.head("SPX"))?.root);
});

test("a record that is not what its hashes say is named and ends the import; whole chunks before it stay", async () => {
  const changed = original.map((record) => (record.position === 10 ? { ...record, payload: Buffer.from("{}  ") } : record));
  await expect(importRecords(writer, "CHANGED", chunksFrom(1, changed), isUnchanged)).rejects.toMatchObject({ code: "corrupt", message: expect.stringContaining("CHANGED-2-10") });
  // The seventh record ends its generation, so that its chunk is appended in two parts.
  expect(await headOf("CHANGED")).toBe(7);
});
