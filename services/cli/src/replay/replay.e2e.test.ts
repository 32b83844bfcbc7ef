import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordedLog, type RecordedLog } from "@finality/desk-log";
import { semantics } from "@finality/engine";
import { eventually, testDatabase, type TestDatabase } from "@finality/testkit";
import { appendLeaves, contentHash, emptyFrontier, leafHash, provenanceHash, rootOf } from "@finality/transparency";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli, startCli, type Finished } from "../testing/run-cli.ts";
import { writeOtherRelease } from "./testing/other-release-folder.ts";
import { appendTwoRanges, otherSemantics } from "./testing/two-semantics.ts";
import type { Verification } from "./verification.ts";

const root = mkdtempSync(join(tmpdir(), "finality-replay-"));
const at = (name: string): string => join(root, name);
let data: TestDatabase;
let recorded: RecordedLog;
/** Head of the part that this release wrote alone. */
let ours = 0;
const replay = (...args: readonly string[]): Promise<Finished> => runCli(root, ["replay", ...args], { DATABASE_URL: data.url });

beforeAll(async () => {
  data = await testDatabase();
  recorded = await recordedLog(data.database);
  await recorded.steps(60);
  ours = recorded.head();
  await appendTwoRanges(data.database, recorded);
  expect(await runCli(root, ["log", "export", "--out", at("log.jsonl")], { DATABASE_URL: data.url })).toMatchObject({ code: 0 });
});

afterAll(async () => {
  await data.dispose();
  rmSync(root, { recursive: true, force: true });
});

const filesIn = (run: string): readonly string[] => ["run.json", "decisions.jsonl"].map((name) => readFileSync(join(run, name), "utf8"));

describe("a run", () => {
  test("that Ctrl-C ends goes on, and leaves what an undisturbed one leaves", async () => {
    const stretch = ["--log", "SPX", "--to", String(ours)];
    expect(await replay("run", ...stretch, "--out", at("whole"))).toMatchObject({ code: 0 });
    const running = startCli(root, ["replay", "run", ...stretch, "--speed", "20", "--out", at("stopped")], { DATABASE_URL: data.url });
    await eventually(() => Promise.resolve(existsSync(join(at("stopped"), "decisions.jsonl")) && readFileSync(join(at("stopped"), "decisions.jsonl")).length > 0));
    running.process.kill("SIGINT");
    const stopped = await running.finished;
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toMatch(/Interrupted behind position \d+ of \d+\. The same command with --out .*stopped goes on there\./);
    expect(existsSync(join(at("stopped"), "run.json"))).toBe(false);
    const finished = await replay("run", ...stretch, "--out", at("stopped"), "--json");
    expect(finished.stderr).toMatch(/gone on with behind position [1-9]/);
    expect(JSON.parse(finished.stdout)).toMatchObject({ folder: at("stopped"), log: "SPX", to: ours, counts: { different: 0, onlyOwn: 0, onlyRecorded: 0 } });
    expect(filesIn(at("stopped"))).toEqual(filesIn(at("whole")));
    expect(await replay("run", ...stretch, "--out", at("whole"))).toMatchObject({ code: 0, stderr: expect.stringContaining("holds this run, finished") });
  });

  test("of an exported file is the same run, and compares as the same", async () => {
    const run = await replay("run", "--file", at("log.jsonl"), "--to", String(ours), "--out", at("from-file"));
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("0 different, 0 only recorded, 0 only by this release") });
    const diff = await replay("diff", at("whole"), at("from-file"), "--json");
    expect(diff.code).toBe(0);
    expect(JSON.parse(diff.stdout)).toMatchObject({ alignedBy: "input", equal: true, onlyA: 0, onlyB: 0 });
    expect(await replay("diff", "SPX", at("whole"))).toMatchObject({ code: 0, stdout: expect.stringContaining("ok: ") });
  });

  test("of what is not there is refused", async () => {
    expect(await replay("run", "--from", "5", "--to", "4")).toMatchObject({ code: 5, stderr: expect.stringContaining("is no stretch of it") });
    expect(await replay("run", "--to", "999999")).toMatchObject({ code: 5 });
    expect(await replay("run", "--log", "NDX")).toMatchObject({ code: 3 });
    expect(await replay("run", "--file", at("nothing.jsonl"))).toMatchObject({ code: 3, stderr: expect.stringContaining("nothing.jsonl") });
    expect(await replay("run", "--source", "archive")).toMatchObject({ code: 2, stderr: expect.stringContaining("--archive") });
    expect(await replay("run", "--to", "3", "--out", at("whole"))).toMatchObject({ code: 4, stderr: expect.stringContaining("name another folder") });
    expect(await replay("run", "--file", root)).toMatchObject({ code: 5, stderr: expect.stringContaining(`${root} is a folder: name the file`) });
    for (const source of [[], ["--source", "both"], ["--source", "archive"]]) {
      expect(await replay("verify", ...source, "--archive", at("nothing"))).toMatchObject({ code: 3, stderr: expect.stringContaining("nothing holds no archived range") });
    }
    expect(await replay("verify", "--source", "db", "--archive", at("nothing"))).toMatchObject({ code: 2, stderr: expect.stringContaining("--source db reads no archive") });
  });

  test("is written into a folder that is named, and into nothing else", async () => {
    for (const file of [at("log.jsonl"), join(at("log.jsonl"), "below")]) expect(await replay("run", "--out", file)).toMatchObject({ code: 4, stderr: expect.stringContaining(`${file} is no folder`) });
    expect(await replay("run", "--out", "")).toMatchObject({ code: 2, stderr: expect.stringContaining("--out <folder>' argument '' is invalid") });
    expect(existsSync(at("run.json"))).toBe(false);
  });

  test("whose files are not those that were written is neither compared nor taken for finished", async () => {
    const [cut, torn] = [at("cut"), at("torn")];
    for (const folder of [cut, torn]) cpSync(at("whole"), folder, { recursive: true });
    appendFileSync(join(cut, "decisions.jsonl"), "{}\n");
    writeFileSync(join(torn, "run.json"), "{");
    expect(await replay("diff", at("whole"), cut)).toMatchObject({ code: 5, stdout: "", stderr: expect.stringContaining("decisions.jsonl is not the file that run.json beside it was written with") });
    expect(await replay("run", "--to", String(ours), "--out", cut)).toMatchObject({ code: 5, stdout: "" });
    rmSync(join(cut, "decisions.jsonl"));
    expect(await replay("diff", cut, at("whole"))).toMatchObject({ code: 5, stdout: "" });
    expect(await replay("diff", at("whole"), torn)).toMatchObject({ code: 5, stderr: expect.stringContaining("run.json is no run of finality-replay-run/1") });
    expect(await replay("run", "--to", String(ours), "--out", torn)).toMatchObject({ code: 5, stdout: "" });
  });
});

/** The export with the quantity of its n-th hedge changed. */
const withChangedHedge = (name: string, nth: number): { readonly path: string; readonly position: number } => {
  const lines = readFileSync(at("log.jsonl"), "utf8").split("\n");
  const hedges = lines.flatMap((line, index) => (line.includes('"type":"HedgeDecided"') ? [index] : []));
  const index = hedges.at(nth) ?? 0;
  const record = JSON.parse(lines[index] ?? "") as { position: number; payload: string };
  record.payload = Buffer.from(Buffer.from(record.payload, "base64").toString("utf8").replace('"quantity":"', '"quantity":"7')).toString("base64");
  lines[index] = JSON.stringify(record);
  writeFileSync(at(name), lines.join("\n"));
  return { path: at(name), position: record.position };
};

type Line = { payload: string; readonly provenance: string; contentHash: string; leafHash: string; readonly type: string; readonly version: number; readonly venueTimeUs: number; readonly recordedTimeUs: number };

/** As by somebody who can write every hash: record, leaf and root go together again. */
const rehashed = (changed: { readonly path: string; readonly position: number }): typeof changed => {
  const [header = "", ...lines] = readFileSync(changed.path, "utf8").trimEnd().split("\n");
  const records = lines.map((line) => JSON.parse(line) as Line);
  const record = records[changed.position - 1];
  if (record === undefined) throw new Error("the changed record is there");
  const content = contentHash({ ...record, payload: Buffer.from(record.payload, "base64") });
  record.contentHash = content.toString("hex");
  record.leafHash = leafHash(content, provenanceHash(Buffer.from(record.provenance, "base64"))).toString("hex");
  const root = rootOf(appendLeaves(emptyFrontier, records.map((each) => Buffer.from(each.leafHash, "hex")))).toString("hex");
  const head = JSON.stringify({ ...(JSON.parse(header) as Record<string, unknown>), root });
  writeFileSync(changed.path, [head, ...records.map((each) => JSON.stringify(each))].map((line) => `${line}\n`).join(""));
  return changed;
};

test("diff shows a changed decision with both values", async () => {
  const { path, position } = withChangedHedge("changed.jsonl", 2);
  const diff = await replay("diff", at("log.jsonl"), path);
  expect(diff.code).toBe(6);
  expect(diff.stdout).toMatch(/HedgeDecided of scalper\n {2}\/body\/quantity\n {4}A {2}"(\d+)"\n {4}B {2}"7\1"/);
  expect(diff.stdout).toContain("1 different, 0 only in A, 0 only in B; aligned by input position");
  const verified = await replay("verify", "--file", path);
  expect(verified.code).toBe(6);
  expect(verified.stdout).toMatch(new RegExp(`DIFFERS at SPX, position ${String(position)}: /body/quantity`));
  expect(verified.stdout).toMatch(/behind the input at position \d+: \w+, 2021-01-04/);
  expect(verified.stdout.match(/made from {12}spot \d/g)).toHaveLength(2);
});

describe("verify of a log with two semantics", () => {
  const verify = async (...args: readonly string[]): Promise<{ readonly code: number | null; readonly document: Verification; readonly stderr: string }> => {
    const { code, stdout, stderr } = await replay("verify", "--json", ...args);
    return { code, stderr, document: JSON.parse(stdout) as Verification };
  };

  test("exits with 6, and says what was checked and what was not", async () => {
    const { code, document } = await verify();
    expect(code).toBe(6);
    expect(document).toMatchObject({ format: "finality-replay-verify/1", ok: false, semantics, records: recorded.head(), firstDifference: null });
    expect(document.ranges.map(({ from, semantics: meaning, checkedBy }) => [from, meaning, checkedBy])).toEqual([
      [1, semantics, "this release"],
      [ours + 1, otherSemantics, null],
      [(document.ranges[1]?.to ?? 0) + 1, semantics, "this release"],
    ]);
    expect((await replay("verify")).stdout).toContain(`have semantics ${String(otherSemantics)}, which this release (semantics ${String(semantics)}) cannot judge`);
    expect((await verify("--to", String(ours))).code).toBe(0);
  });

  test("with the other release beside exits with 0; what that one finds is found", async () => {
    const release = writeOtherRelease(at("release"), otherSemantics);
    const { code, document, stderr } = await verify("--release", release);
    expect({ code, ok: document.ok, stderr }).toEqual({ code: 0, ok: true, stderr: "" });
    expect(document.ranges[1]?.checkedBy).toEqual({ release });
    expect((await verify("--file", at("log.jsonl"), "--release", release)).code).toBe(0);

    // Every hash goes with the changed bytes: here the next recorded state of ours differs, there the decision itself.
    const hidden = rehashed(withChangedHedge("changed-there.jsonl", -1));
    const there = document.ranges[1];
    if (there === undefined || hidden.position < there.from || hidden.position > there.to) throw new Error("the last hedge stands in the other's range");
    expect((await verify("--file", hidden.path)).document.firstDifference).toMatchObject({ field: "/body/hash", recordedDecision: { type: "StateHashed" } });
    const found = await verify("--file", hidden.path, "--release", release);
    expect(found.code).toBe(6);
    expect(found.document.firstDifference).toMatchObject({ kind: "decision", position: hidden.position, field: "/body/quantity", input: { type: "TicksRecorded" } });
  });

  test("with a folder that holds no release says so", async () => {
    expect(await replay("verify", "--release", root)).toMatchObject({ code: 3, stderr: expect.stringContaining("holds no release") });
  });
});
