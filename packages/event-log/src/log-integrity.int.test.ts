import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoredRecord } from "@finality/contracts";
import { createNotifier } from "@finality/database";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { LogReader } from "./event-log.ts";
import { exportLog } from "./export-log.ts";
import { contentHash } from "@finality/transparency";
import { logHashes } from "./log-hash.ts";
import { createLogReader } from "./postgres-log-reader.ts";
import { createLogWriter } from "./postgres-log-writer.ts";
import { readExport } from "./read-export.ts";
import { sampleAppend, sampleRecords } from "./test-support/sample-append.ts";
import { verifyHashes } from "./verify-hashes.ts";

let storage: TestDatabase;
let reader: LogReader;
let folder: string;
let logs = 0;
let log: string;
const count = 603;

const fill = async (name: string, epochs = 1): Promise<void> => {
  const writer = createLogWriter({ database: storage.database, notifier: createNotifier(storage.database) });
  let hold = await writer.takeOver(name);
  for (let epoch = 1; epoch < epochs; epoch++) hold = await writer.takeOver(name);
  await writer.append(sampleAppend(hold, { records: sampleRecords(count, { epoch: hold.epoch }) }));
};

beforeAll(async () => {
  storage = await testDatabase();
  reader = createLogReader({ database: storage.database });
  folder = await mkdtemp(join(tmpdir(), "finality-export-"));
});
afterAll(async () => {
  await storage.dispose();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  log = `LOG${String(++logs)}`;
  await fill(log);
});

/** Changes what nobody may change. */
const forge = (statement: string): Promise<void> =>
  storage.database.transaction(async (client) => {
    await client.query("ALTER TABLE event_log.record DISABLE TRIGGER record_insert_only");
    await client.query(statement, [log]);
    await client.query("ALTER TABLE event_log.record ENABLE TRIGGER record_insert_only");
  });

describe("logHashes", () => {
  test("are SHA-256 over the content hashes of all records and of the decisions, and know nothing of provenance", async () => {
    const contents = sampleRecords(count).map(({ content }) => contentHash(content));
    const over = (hashes: readonly Buffer[]): string => createHash("sha256").update(Buffer.concat(hashes)).digest("hex");
    const decided = contents.filter((_, index) => index % 2 === 1);
    const expected = { generation: 1, head: count, decisions: 301, logHash: over(contents), decisionsHash: over(decided) };
    expect(await logHashes(storage.database, log)).toEqual({ log, ...expected });
    await fill("ANOTHER-EPOCH", 3);
    expect(await logHashes(storage.database, "ANOTHER-EPOCH")).toEqual({ log: "ANOTHER-EPOCH", ...expected });
    expect((await reader.head("ANOTHER-EPOCH"))?.root).not.toEqual((await reader.head(log))?.root);
  });

  test("of a log with a hole are refused, of an unknown log too", async () => {
    await forge("DELETE FROM event_log.record WHERE log = $1 AND position = 600");
    await expect(logHashes(storage.database, log)).rejects.toMatchObject({ code: "hole" });
    await expect(logHashes(storage.database, "NOBODY")).rejects.toMatchObject({ code: "unknown_log" });
  });
});

describe("verifyHashes", () => {
  test("finds nothing in a log that nobody changed", async () => {
    expect(await verifyHashes(reader, log)).toEqual({ records: count, firstDifference: undefined });
    await expect(verifyHashes(reader, "NOBODY")).rejects.toMatchObject({ code: "unknown_log" });
  });

  test.each([
    ["payload", "payload = set_byte(payload, 0, 33)", "content"],
    ["type", "type = 'Halted'", "content"],
    ["version", "version = 2", "content"],
    ["venue time", "venue_us = venue_us + 1", "content"],
    ["recorded time", "recorded_us = recorded_us + 1", "content"],
    ["provenance", "provenance = set_byte(provenance, 0, 33)", "provenance_or_leaf_hash"],
    ["content hash", "content_hash = set_byte(content_hash, 0, 33)", "content_hash"],
    ["leaf hash", "leaf_hash = set_byte(leaf_hash, 0, 33)", "provenance_or_leaf_hash"],
  ])("a changed %s is found, with its position and both leaf hashes", async (_name, change, part) => {
    await forge(`UPDATE event_log.record SET ${change} WHERE log = $1 AND position IN (556, 600)`);
    const [after] = await reader.read(log, 555, 1);
    const hex = (record: StoredRecord | undefined): string => Buffer.from(record?.leafHash ?? []).toString("hex");
    const { firstDifference } = await verifyHashes(reader, log);
    expect(firstDifference).toMatchObject({ at: "record", position: 556, part, storedLeafHash: hex(after) });
    if (firstDifference?.at !== "record") throw new Error("The difference is in a record.");
    expect(firstDifference.computedLeafHash === firstDifference.storedLeafHash).toBe(part === "content_hash");
  });

  test("a record that was forged with all its hashes still does not give the head's root", async () => {
    await forge(
      "UPDATE event_log.record t SET payload = s.payload, type = s.type, venue_us = s.venue_us, recorded_us = s.recorded_us, content_hash = s.content_hash, leaf_hash = s.leaf_hash FROM event_log.record s WHERE s.log = $1 AND t.log = $1 AND s.position = 2 AND t.position = 4",
    );
    expect((await verifyHashes(reader, log)).firstDifference).toMatchObject({ at: "root", position: count });
  });
});

describe("export", () => {
  const exported = async (): Promise<string> => {
    const path = join(folder, `${log}.jsonl`);
    const output = createWriteStream(path);
    await exportLog(reader, log, output);
    await new Promise<void>((resolve) => output.end(resolve));
    return path;
  };
  const all = async (path: string): Promise<readonly StoredRecord[]> => {
    const records: StoredRecord[] = [];
    for await (const record of (await readExport(path)).records) records.push(record);
    return records;
  };

  test("gives back every record and the root", async () => {
    const path = await exported();
    const { header } = await readExport(path);
    const head = await reader.head(log);
    expect(header).toEqual({ format: "finality-log-export/1", log, generation: 1, head: count, root: Buffer.from(head?.root ?? []).toString("hex") });
    expect(await all(path)).toEqual(await reader.read(log, 0, count));
  });

  test("a file that is no export, has a gap or ends early is refused", async () => {
    const path = await exported();
    const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
    const written = async (name: string, text: string): Promise<string> => {
      const file = join(folder, name);
      await writeFile(file, text);
      return file;
    };
    await expect(readExport(await written("empty", ""))).rejects.toMatchObject({ code: "bad_export" });
    await expect(readExport(await written("other", '{"format":"parquet"}\n'))).rejects.toMatchObject({ code: "bad_export" });
    await expect(readExport(await written("binary", "PAR1\n"))).rejects.toMatchObject({ code: "bad_export" });
    await expect(all(await written("short", lines.slice(0, -1).join("\n")))).rejects.toThrow(`ends after position ${String(count - 1)}`);
    await expect(all(await written("gap", lines.filter((_, index) => index !== 5).join("\n")))).rejects.toThrow("line 6 holds position 6, not 5");
    await expect(all(await written("line", [...lines.slice(0, 3), "{}"].join("\n")))).rejects.toThrow("line 4 is no record");
    await expect(readExport(join(folder, "missing"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});
