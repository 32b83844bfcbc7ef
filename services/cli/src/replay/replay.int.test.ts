import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync, appendFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "@finality/database";
import { recordedLog, type RecordedLog } from "@finality/desk-log";
import { semantics, serializeState } from "@finality/engine";
import { exportLog, readExport, type LogReader } from "@finality/event-log";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { decisionSide } from "./decision-side.ts";
import { alignmentOf, diffDecisions } from "./diff-decisions.ts";
import { foldRecords } from "./fold-records.ts";
import { sourceOf, type ReplaySource } from "./replay-source.ts";
import { releaseBuild, type RunDocument } from "./run-document.ts";
import { openRunFolder, type WantedRun } from "./run-folder.ts";
import { runLog } from "./run-log.ts";
import { appendTwoRanges, otherSemantics } from "./testing/two-semantics.ts";
import { uncheckedRanges } from "./verdict.ts";
import { storedRecords, verifyLog } from "./verify-log.ts";

const root = mkdtempSync(join(tmpdir(), "finality-replay-"));
const file = join(root, "log.jsonl");
let data: TestDatabase;
let recorded: RecordedLog;
let reader: LogReader;
/** Position behind which the other semantics begin. */
let ours = 0;
let database: ReplaySource;
let exported: ReplaySource;

beforeAll(async () => {
  data = await testDatabase();
  recorded = await recordedLog(data.database);
  await recorded.steps(60);
  ours = recorded.head();
  reader = await appendTwoRanges(data.database, recorded);
  const output = createWriteStream(file);
  await exportLog(reader, "SPX", output);
  output.end();
  await once(output, "close");
  const config = readConfig({ FINALITY_DATA: root, DATABASE_URL: data.url });
  database = await sourceOf(config, {});
  exported = await sourceOf(config, { file });
});

afterAll(async () => {
  await database.close();
  await exported.close();
  await data.dispose();
  rmSync(root, { recursive: true, force: true });
});

const quietly = (): void => undefined;
let folders = 0;
const freshFolder = (): string => join(root, `run-${String((folders += 1))}`);

const wanted = (changes: Partial<WantedRun> = {}): WantedRun => ({ log: "SPX", generation: 1, from: 1, to: recorded.head(), source: "db", semantics, build: releaseBuild(), toHead: false, ...changes });

type Asked = { readonly plan?: WantedRun; readonly source?: ReplaySource; readonly interruptAt?: number; readonly said?: string[] };

/** As the command does it; interrupted before the n-th input that it looks at. */
const run = async (path: string, { plan = wanted(), source = database, interruptAt = Infinity, said = [] }: Asked = {}): Promise<RunDocument | undefined> => {
  const folder = await openRunFolder(path, plan);
  const controller = new AbortController();
  let looked = 0;
  const pace = (): Promise<void> => {
    looked += 1;
    if (looked === interruptAt) controller.abort();
    return Promise.resolve();
  };
  try {
    const { document } = await runLog({ source, folder, signal: controller.signal, progress: quietly, pace, say: (text) => void said.push(text) });
    return document;
  } finally {
    await folder.close();
  }
};

const bytesIn = (path: string): readonly [run: string, decisions: string] => [readFileSync(join(path, "run.json"), "utf8"), readFileSync(join(path, "decisions.jsonl"), "utf8")];

test("a run gives the hashes that folding the log gives, and says what it would decide", async () => {
  const path = freshFolder();
  const document = await run(path);
  const summary = await foldRecords("SPX", storedRecords(reader, "SPX", recorded.head()));
  const { logHash, decisionsHash, stateHash, records, ticks, fills, decisions } = summary;
  expect(document).toMatchObject({ logHash, decisionsHash, stateHash, counts: { records, ticks, fills, decisions, different: 0, onlyOwn: 0, onlyRecorded: 0 } });
  // Of the range of other semantics only the hashes of the state are not compared.
  expect(document?.counts.otherSemantics).toBeGreaterThan(0);
  expect(document?.counts.same).toBe(decisions - (document?.counts.otherSemantics ?? 0));
  expect(bytesIn(path)[1].trimEnd().split("\n")).toHaveLength(document?.counts.ownDecisions ?? -1);
});

test("from the database, the file and behind any position it is the same run", async () => {
  const [whole, fromFile] = [freshFolder(), freshFolder()];
  await run(whole);
  await run(fromFile, { source: exported });
  expect(bytesIn(fromFile)).toEqual(bytesIn(whole));
  for (const from of [2, 50, 101, ours]) {
    const part = freshFolder();
    const document = await run(part, { plan: wanted({ from }), source: from === 50 ? exported : database });
    const lines = bytesIn(whole)[1].split("\n").filter((line) => line !== "" && (JSON.parse(line) as { readonly input: number }).input >= from);
    expect(bytesIn(part)[1]).toBe(lines.map((line) => `${line}\n`).join(""));
    expect(document?.stateHash).toBe((JSON.parse(bytesIn(whole)[0]) as RunDocument).stateHash);
  }
});

test("a run ends behind the decisions of the last input that was asked for", async () => {
  const group = await recordedDecisionBehind(data.database);
  const document = await run(freshFolder(), { plan: wanted({ to: group.input }) });
  expect(document).toMatchObject({ to: group.input, end: group.last });
});

const recordedDecisionBehind = async (from: Database): Promise<{ readonly input: number; readonly last: number }> => {
  const { rows } = await from.query<{ position: number }>("SELECT min(position) AS position FROM event_log.record WHERE log = 'SPX' AND type = 'HedgeDecided'");
  const decided = rows[0]?.position ?? 0;
  const next = await from.query<{ position: number }>("SELECT min(position) AS position FROM event_log.record WHERE log = 'SPX' AND position > $1 AND type NOT IN ('HedgeDecided', 'HedgeRefused', 'RefusalEnded', 'StateHashed')", [decided]);
  return { input: decided - 1, last: (next.rows[0]?.position ?? 0) - 1 };
};

test("interrupted anywhere and gone on with, it leaves the same bytes", async () => {
  const whole = freshFolder();
  await run(whole);
  for (const interruptAt of [1, 2, 3, 17, 60, 120, 160]) {
    const path = freshFolder();
    const said: string[] = [];
    expect(await run(path, { interruptAt })).toBeUndefined();
    // Lines that a killed run wrote behind what it kept.
    appendFileSync(join(path, "decisions.jsonl"), '{"half a li');
    expect(await run(path, { interruptAt: 5, said })).toBeUndefined();
    expect(said.some((text) => text.includes("is gone on with behind position"))).toBe(interruptAt > 1);
    await run(path);
    expect(bytesIn(path)).toEqual(bytesIn(whole));
  }
});

type Damage = (path: string) => void;
const damages: Readonly<Record<string, Damage>> = {
  "its state is torn": (path) => { writeFileSync(join(path, "unfinished"), readFileSync(join(path, "unfinished")).subarray(0, -200)); },
  "its first line was changed": (path) => {
    const bytes = readFileSync(join(path, "unfinished"));
    const at = bytes.indexOf('"records":');
    writeFileSync(join(path, "unfinished"), Buffer.concat([bytes.subarray(0, at + 10), Buffer.from("9"), bytes.subarray(at + 11)]));
  },
  "it is empty": (path) => { writeFileSync(join(path, "unfinished"), ""); },
  "the decisions were cut off": (path) => { writeFileSync(join(path, "decisions.jsonl"), ""); },
};

test.each(Object.entries(damages))("starts over, and says so, when %s", async (_name, damage) => {
  const [whole, path] = [freshFolder(), freshFolder()];
  await run(whole);
  expect(await run(path, { interruptAt: 100 })).toBeUndefined();
  damage(path);
  const said: string[] = [];
  await run(path, { said });
  expect(said).toEqual([expect.stringContaining("the run starts over")]);
  expect(bytesIn(path)).toEqual(bytesIn(whole));
});

test("does not go on with the run of another history", async () => {
  const other = await testDatabase();
  try {
    const log = await recordedLog(other.database, { seed: 2 });
    await log.steps(60);
    const source = await sourceOf(readConfig({ FINALITY_DATA: root, DATABASE_URL: other.url }), {});
    const path = freshFolder();
    const plan = wanted({ to: 150 });
    expect(await run(path, { plan, source, interruptAt: 50 })).toBeUndefined();
    const said: string[] = [];
    await run(path, { plan, said });
    expect(said).toEqual([expect.stringMatching(/the log holds another record at position \d+\): the run starts over/)]);
    await source.close();
  } finally {
    await other.dispose();
  }
});

test("a folder that holds another run is refused, a finished one is not run again", async () => {
  const path = freshFolder();
  const document = await run(path, { plan: wanted({ to: 100 }) });
  await expect(openRunFolder(path, wanted({ to: 101 }))).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("with to 100, not 101") });
  await expect(openRunFolder(path, wanted({ to: 100, build: "another" }))).rejects.toMatchObject({ code: "conflict" });
  const again = await openRunFolder(path, wanted({ to: 101, toHead: true }));
  expect(again.document).toEqual(document);
  await again.close();
});

test("what another release decided is compared, and folded as it was recorded", async () => {
  const { path, position } = tampered("HedgeDecided", (payload) => payload.replace('"quantity":"', '"quantity":"1'), 3);
  const config = readConfig({ FINALITY_DATA: root });
  const source = await sourceOf(config, { file: path });
  const out = freshFolder();
  const document = await run(out, { source });
  await source.close();
  const summary = await foldRecords("SPX", (await readExport(path)).records);
  expect(document).toMatchObject({ stateHash: summary.stateHash, decisionsHash: summary.decisionsHash });
  expect(document?.counts.different).toBeGreaterThan(0);
  const [a, b] = [await decisionSide(config, path, {}), await decisionSide(config, out, {})];
  const diff = await diffDecisions(a, b, alignmentOf(a, b));
  const { different, onlyOwn, onlyRecorded, same, otherSemantics: notCompared } = document?.counts ?? {};
  expect(diff).toMatchObject({ alignedBy: "input", equal: false, same, different, onlyA: onlyRecorded, onlyB: onlyOwn, otherSemantics: notCompared });
  expect(diff.differences[0]).toMatchObject({ kind: "different", a: { position, type: "HedgeDecided" }, b: { recorded: position, type: "HedgeDecided" }, fields: [{ field: "/body/quantity" }] });
});

test("verify judges its own ranges, also behind a range of other semantics, and names that one", async () => {
  for (const source of [database, exported]) {
    const verdict = await verifyLog(source, "SPX", quietly);
    expect(verdict).toMatchObject({ log: "SPX", records: recorded.head() });
    expect(verdict.firstDifference).toBeUndefined();
    expect(verdict.ranges.map(({ semantics: meaning, checkedBy }) => [meaning, checkedBy])).toEqual([[semantics, "this release"], [otherSemantics, null], [semantics, "this release"]]);
    expect(verdict.ranges.map(({ from }) => from)).toEqual([1, ours + 1, (verdict.ranges[1]?.to ?? 0) + 1]);
    expect(verdict.ranges.at(-1)?.to).toBe(recorded.head());
  }
});

test("verify looks at the stretch that is asked for", async () => {
  const verdict = await verifyLog(database, "SPX", quietly, { from: 60, to: ours });
  expect(uncheckedRanges(verdict)).toEqual([]);
  expect(verdict.ranges[0]?.from).toBeGreaterThanOrEqual(60);
  expect(verdict.ranges.at(-1)?.to).toBe(ours);
  const states = await Promise.all([database.stateAt("SPX", 59), exported.stateAt("SPX", 59)]);
  expect(Buffer.from(serializeState(states[0])).equals(Buffer.from(serializeState(states[1])))).toBe(true);
});

/** The export with one record's payload changed, as by somebody who knows nothing of hashes. */
const tampered = (type: string, change: (payload: string) => string, nth = 0): { readonly path: string; readonly position: number } => {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const at = lines.flatMap((line, index) => (line.includes(`"type":"${type}"`) ? [index] : []))[nth] ?? 0;
  const record = JSON.parse(lines[at] ?? "") as { payload: string; position: number };
  record.payload = Buffer.from(change(Buffer.from(record.payload, "base64").toString("utf8"))).toString("base64");
  lines[at] = JSON.stringify(record);
  const path = `${freshFolder()}.jsonl`;
  writeFileSync(path, `${lines.join("\n")}\n`);
  return { path, position: record.position };
};

const verifyFile = async (path: string): ReturnType<typeof verifyLog> => {
  const source = await sourceOf(readConfig({ FINALITY_DATA: root }), { file: path });
  try {
    return await verifyLog(source, "SPX", quietly);
  } finally {
    await source.close();
  }
};

test("a changed decision is named with the input, and with what both sides were made from", async () => {
  const { path, position } = tampered("HedgeDecided", (payload) => payload.replace(/"spot":([0-9.]+)/, '"spot":1$1'), 3);
  const { firstDifference } = await verifyFile(path);
  if (firstDifference?.kind !== "decision") throw new Error(`a decision differs: ${JSON.stringify(firstDifference)}`);
  expect(firstDifference).toMatchObject({ log: "SPX", position, field: "/body/spot", input: { type: "TicksRecorded" }, recordedDecision: { type: "HedgeDecided" }, recomputedDecision: { type: "HedgeDecided" } });
  const { recorded: recordedInputs, recomputed } = firstDifference.inputs;
  expect(String(recordedInputs.spot)).toBe(`1${String(recomputed.spot)}`);
  expect(recomputed).toEqual({ ...recordedInputs, spot: firstDifference.recomputed });
  expect(recomputed.vols).toHaveLength(2);
  expect(firstDifference.input.position).toBeLessThan(position);
});

test("a changed input is named by its leaf hashes, also within a range of other semantics", async () => {
  const { path, position } = tampered("TradeBooked", (payload) => payload.replace('"price":"14.30"', '"price":"14.31"'));
  expect((await verifyFile(path)).firstDifference).toMatchObject({ kind: "leaf", position });
  const other = tampered("WriterStarted", () => `{"semantics":${String(otherSemantics + 1)}}`);
  expect((await verifyFile(other.path)).firstDifference).toMatchObject({ kind: "leaf", position: other.position });
});

test("a record that cannot be read is named, and a file with another root", async () => {
  const { path, position } = tampered("OrderReported", () => "no JSON");
  expect((await verifyFile(path)).firstDifference).toMatchObject({ kind: "unreadable", position });
  const otherRoot = `${freshFolder()}.jsonl`;
  writeFileSync(otherRoot, readFileSync(file, "utf8").replace(/"root":"[0-9a-f]{8}/, '"root":"00000000'));
  expect((await verifyFile(otherRoot)).firstDifference).toMatchObject({ kind: "root", position: recorded.head() });
});
