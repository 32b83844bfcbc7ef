import { mkdtempSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
  expect((await run("archive", "export", "--archive", archive, "--to", "40", "--data", folder)).stderr).toContain("positions 1 to 40");
  expect((await run("archive", "export", "--archive", archive, "--data", folder)).code).toBe(0);
  expect((await run("archive", "export", "--archive", archive, "--data", folder)).stderr).toContain("is archived already");
  const listed = await run("archive", "list", "--archive", archive);
  expect(listed.stdout.split("\n").filter((line) => line.startsWith("SPX"))).toHaveLength(2);
  expect(await run("archive", "verify", "--archive", archive)).toMatchObject({ code: 0, stdout: expect.stringContaining("2 ranges: every file, record and root holds") });
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

test("a torn file is found, and nothing leaves by such an archive", async () => {
  const log = join(archive, "SPX");
  const [range = ""] = readdirSync(log).filter((name) => !name.startsWith("."));
  truncateSync(join(log, range, "records.parquet"), 200);
  expect(await run("archive", "verify", "--archive", archive)).toMatchObject({ code: 6, stdout: expect.stringContaining("records.parquet") });
  expect((await run("archive", "detach", "--archive", archive, "--to", "45", "--data", again, "--yes")).code).toBe(5);
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
