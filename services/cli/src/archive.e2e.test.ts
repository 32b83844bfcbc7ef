import { mkdtempSync, readdirSync, renameSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeRecord } from "@finality/contracts";
import { createNotifier } from "@finality/database";
import { createLogWriter } from "@finality/event-log";
import { eventually } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDataFolder } from "./house/data-folder.ts";
import { runCli, startCli, type Finished } from "./testing/run-cli.ts";
import { writeShortDay } from "./testing/short-day.ts";

const root = mkdtempSync(join(tmpdir(), "finality-archive-"));
const [folder, archive, again] = [join(root, "demo"), join(root, "archive"), join(root, "again")];

const run = (...args: readonly string[]): Promise<Finished> => runCli(root, args);
const hashesOf = async (data: string): Promise<unknown> => JSON.parse((await run("replay", "hash", "--json", "--data", data)).stdout);

beforeAll(async () => {
  const day = writeShortDay(join(root, "day"), 15);
  expect((await run("demo", "--dataset", day, "--speed", "max", "--exit", "--port", "0")).code).toBe(0);
}, 120_000);

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

test("a log is sealed in ranges, listed and verified; the same range is not sealed twice", async () => {
  expect((await run("archive", "list", "--archive", archive)).code).toBe(3);
  expect(await run("archive", "verify", "--archive", archive)).toMatchObject({ code: 3, stdout: "", stderr: expect.stringContaining("holds no archived range") });
  expect((await run("archive", "export", "--archive", archive, "--to", "40", "--data", folder)).stderr).toContain("positions 1 to 40");
  expect((await run("archive", "export", "--archive", archive, "--data", folder)).code).toBe(0);
  expect((await run("archive", "export", "--archive", archive, "--data", folder)).stderr).toContain("is archived already");
  const listed = await run("archive", "list", "--archive", archive);
  expect(listed.stdout.split("\n").filter((line) => line.startsWith("SPX"))).toHaveLength(2);
  expect(await run("archive", "verify", "--archive", archive)).toMatchObject({ code: 0, stdout: expect.stringContaining("2 ranges: every file, record and root holds") });
  expect(await run("archive", "verify", "--archive", archive, "--log", "NDX", "--json")).toMatchObject({ code: 3, stdout: "", stderr: expect.stringContaining("no archived range of NDX") });
});

/** As a new log of ten records a partition. */
const prepareNarrow = async (): Promise<void> => {
  const data = await openDataFolder({ folder: again, exclusive: true });
  await data.database.query("INSERT INTO event_log.head (log, generation, epoch, position, recorded_us, frontier, root, partition_records) VALUES ('SPX', 1, 0, 0, 0, '', sha256(''), 10)");
  await data.close();
};

test("imported into an empty database it is the same log, hash for hash, which attests itself; what was archived leaves it, and it goes on", async () => {
  await prepareNarrow();
  expect((await run("archive", "import", "--archive", archive, "--data", again)).code).toBe(2);
  expect((await run("archive", "import", "--archive", archive, "--data", again, "--yes")).code).toBe(0);
  expect(await hashesOf(again)).toEqual(await hashesOf(folder));
  const dev = startCli(root, ["dev", "--data", again, "--port", "0"]);
  try {
    await dev.printed(/http:/);
    // On the folder used last, and on one that is named.
    for (const named of [[], ["--data", again]]) {
      expect(await run("archive", "import", "--archive", archive, "--yes", ...named)).toMatchObject({ code: 4, stderr: expect.stringContaining("in use by another running process") });
      expect(await run("log", "raise-generation", "--reason", "restored_backup", "--yes", ...named)).toMatchObject({ code: 4, stderr: expect.stringContaining("in use by another running process") });
    }
    await eventually(async () => /SPX: \d+ records, [1-9]/.test((await run("audit", "fsck", "--data", again)).stdout), { timeoutMs: 60_000 });
  } finally {
    dev.process.kill("SIGINT");
    await dev.finished;
  }
  expect((await run("archive", "detach", "--archive", archive, "--to", "35", "--data", again, "--yes")).stderr).toContain("no snapshot of log SPX");
  expect((await run("snapshots", "take", "--data", again)).code).toBe(0);
  expect(await run("snapshots", "verify", "--data", again)).toMatchObject({ code: 0, stdout: expect.stringContaining("all are its states") });
  expect((await run("archive", "detach", "--archive", archive, "--to", "9", "--data", again, "--yes")).code).toBe(3);
  const left = await run("archive", "detach", "--archive", archive, "--to", "35", "--drop", "--data", again, "--yes");
  expect([left.code, left.stderr]).toEqual([0, expect.stringContaining("Positions 21 to 30 of SPX left")]);
  expect((await run("log", "show", "--data", again)).stderr).toContain("The records 1 to 30 of log SPX left PostgreSQL for the archive");
  expect((await run("log", "show", "--from", "31", "--limit", "1", "--data", again)).stdout).toMatch(/^\s+31 {2}/);
}, 180_000);

test("an archive of another history is neither imported nor gone on with", async () => {
  const [other, shorter, forked, elsewhere] = [join(root, "other"), join(root, "shorter"), join(root, "forked"), join(root, "elsewhere")];
  const exported = (to: string, into: string, data: string): Promise<Finished> => run("archive", "export", "--archive", into, "--to", to, "--data", data);
  expect((await exported("20", shorter, folder)).code).toBe(0);
  expect((await exported("21", forked, folder)).code).toBe(0);
  expect((await run("archive", "import", "--archive", shorter, "--data", other, "--yes")).code).toBe(0);
  expect(await run("archive", "export", "--archive", archive, "--data", other)).toMatchObject({ code: 4, stderr: expect.stringContaining("but the log ends at 20") });
  // Another record at position 21 than the archive has, as a database writes it that was set back.
  const data = await openDataFolder({ folder: other, exclusive: true });
  const writer = createLogWriter({ database: data.database, notifier: createNotifier(data.database) });
  const { log, epoch, position, recordedUs } = await writer.takeOver("SPX");
  const record = { content: { ...encodeRecord({ type: "ClockTicked", body: {} }), venueTimeUs: recordedUs, recordedTimeUs: recordedUs }, provenance: { epoch, build: "test" } };
  await writer.append({ log, epoch, expectedPosition: position, records: Array.from({ length: 30 }, () => record), offsets: [], deadLetters: [], duplicates: 0 });
  await data.close();
  for (const of of [archive, forked]) expect(await run("archive", "import", "--archive", of, "--data", other, "--yes")).toMatchObject({ code: 4, stderr: expect.stringContaining("of another history of SPX") });
  expect(await exported("22", forked, other)).toMatchObject({ code: 4, stderr: expect.stringContaining("has another tree over positions 1 to 21 than its archive") });
  expect((await exported("22", shorter, other)).code).toBe(0);
  expect((await run("archive", "verify", "--archive", shorter)).code).toBe(0);
  // Nor is it read in the place of what left for another one.
  expect((await run("archive", "export", "--archive", elsewhere, "--data", other)).code).toBe(0);
  for (const asked of [["positions", "--as-of", "@10"], ["audit", "fsck"], ["replay", "verify"]]) {
    expect(await run(...asked, "--archive", elsewhere, "--data", again)).toMatchObject({ code: 4, stdout: "", stderr: expect.stringContaining("of another history of SPX: its first 30 records are not those that left") });
  }
}, 120_000);

test("a log whose beginning left is walked and proved with its archive, and the archive by itself", async () => {
  const whole = { code: 0, stdout: expect.stringContaining("all of it is as it was recorded and signed") };
  expect(await run("audit", "fsck", "--data", again)).toMatchObject({ code: 3, stderr: expect.stringContaining("name its folder") });
  expect(await run("audit", "fsck", "--archive", archive, "--data", again)).toMatchObject(whole);
  expect(await run("audit", "fsck", "--source", "archive", "--archive", archive, "--data", again)).toMatchObject(whole);
  const key = (await run("audit", "keys", "show", "--data", again)).stdout.trim();
  const alone = (trusted: string): Promise<Finished> => run("audit", "fsck", "--source", "archive", "--archive", archive, "--checkpoints", join(again, "checkpoints"), "--key", trusted);
  expect(await alone(key)).toMatchObject(whole);
  expect((await alone((await run("audit", "keys", "show", "--data", folder)).stdout.trim())).code).toBe(6);
  const { hedges } = JSON.parse((await run("hedges", "--json", "--data", again)).stdout) as { readonly hedges: readonly { readonly decisionId: string }[] };
  const [decision = ""] = hedges.map(({ decisionId }) => decisionId).sort((a, b) => Number(a.split("-").at(-1)) - Number(b.split("-").at(-1)));
  const proof = join(root, "proof.json");
  expect((await run("audit", "prove", decision, "--out", proof, "--data", again)).code).toBe(3);
  expect((await run("audit", "prove", decision, "--out", proof, "--archive", archive, "--data", again)).code).toBe(0);
  expect((await run("audit", "verify", proof, "--key", key)).code).toBe(0);
}, 120_000);

test("a torn file is found, and nothing leaves by such an archive", async () => {
  const log = join(archive, "SPX");
  const [range = ""] = readdirSync(log).filter((name) => !name.startsWith("."));
  truncateSync(join(log, range, "records.parquet"), 200);
  expect(await run("archive", "verify", "--archive", archive)).toMatchObject({ code: 6, stdout: expect.stringContaining("records.parquet") });
  expect((await run("archive", "detach", "--archive", archive, "--to", "45", "--data", again, "--yes")).code).toBe(5);
});

test("a folder without checkpoints is not taken for one that was compared", async () => {
  const nowhere = join(root, "nowhere");
  const asked = [["audit", "fsck"], ["log", "raise-generation", "--reason", "restored_backup", "--yes"]];
  for (const command of asked) expect(await run(...command, "--checkpoints", nowhere, "--data", folder)).toMatchObject({ code: 3, stdout: "", stderr: expect.stringContaining(`${nowhere} holds no checkpoint of SPX`) });
  const compared = await run("audit", "fsck", "--checkpoints", join(folder, "checkpoints"), "--data", folder);
  expect([compared.code, compared.stderr]).toEqual([0, ""]);
  renameSync(join(folder, "checkpoints"), nowhere);
  const alone = await run("audit", "fsck", "--data", folder);
  expect([alone.code, alone.stderr]).toEqual([0, expect.stringContaining("checkpoints holds no checkpoint of SPX: the log is not compared with one")]);
  renameSync(nowhere, join(folder, "checkpoints"));
});

test("a generation is raised by a reason code alone, once", async () => {
  expect((await run("log", "raise-generation", "--reason", "My reason", "--yes", "--data", folder)).code).toBe(2);
  expect((await run("log", "raise-generation", "--reason", "restored_backup", "--data", folder)).code).toBe(2);
  expect((await run("log", "raise-generation", "--reason", "restored_backup", "--yes", "--data", folder)).stderr).toContain("Generation 2 of SPX begins when its sequencer starts next");
  expect((await run("log", "raise-generation", "--reason", "restored_backup", "--yes", "--data", folder)).code).toBe(4);
});

test("two followers print the same hashes, wherever they begin; a StateHashed that says another thing ends them and holds trading", async () => {
  const [first, second] = [await run("follow", "--exit", "--data", folder), await run("follow", "--exit", "--jsonl", "--data", again, "--from", "999999999")];
  expect([first.code, second.code]).toEqual([0, 0]);
  const last = first.stdout.trim().split("\n").at(-1)?.trim().split(/ +/);
  const { stateHash, position } = JSON.parse(second.stdout.trim().split("\n").at(-1) ?? "") as { readonly stateHash: string; readonly position: number };
  expect(last).toEqual([String(position), stateHash]);
  const data = await openDataFolder({ folder, exclusive: true });
  await data.database.query("ALTER TABLE event_log.record DISABLE TRIGGER USER");
  await data.database.query("INSERT INTO event_log.record SELECT log, position + 1, generation, 'StateHashed', 1, venue_us, recorded_us, convert_to('{\"hash\":\"' || repeat('0', 64) || '\",\"semantics\":2}', 'UTF8'), provenance, content_hash, leaf_hash FROM event_log.record WHERE position = (SELECT position FROM event_log.head)");
  await data.database.query("UPDATE event_log.head SET position = position + 1");
  await data.close();
  const differing = await run("follow", "--exit", "--data", folder);
  expect([differing.code, differing.stderr]).toEqual([6, expect.stringContaining("Trading of SPX is held")]);
}, 60_000);
