import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApi, type Api } from "@finality/api";
import { createNotifier, type Database } from "@finality/database";
import { recordedLog, type RecordedLog } from "@finality/desk-log";
import { createLogReader } from "@finality/event-log";
import { createTreeStore } from "@finality/history";
import { parseWitness, startNotary, type Notary, type Witnessed } from "@finality/notary";
import { silentLogger } from "@finality/service-kit";
import { eventually, testDatabase } from "@finality/testkit";
import { appendLeaves, checkedTiles, cosignedAt, emptyFrontier, followRotations, frontierBytes, newPrivateKeyPem, openCheckpoint, parseNote, parseVerifierKey, rootOf, rotationNote, sha256, signerFromPem, tilePath, tilesBetween } from "@finality/transparency";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDataFolder } from "./house/data-folder.ts";
import { embeddedDeployment, signingKeyOf } from "./house/signing-key.ts";
import { runCli, startCli, type Running } from "./testing/run-cli.ts";

const root = mkdtempSync(join(tmpdir(), "finality-witness-"));
const [folder, state] = [join(root, "desk"), join(root, "witness")];

let data: Awaited<ReturnType<typeof openDataFolder>>;
let recorded: RecordedLog;
let witness: Running;
let address: string;
let api: Api;

/** On the port that it had, where it had one: its address stands in the notary's settings. */
const startWitness = async (port = "0"): Promise<void> => {
  witness = startCli(root, ["witness", "--name", "w.example", "--state", state, "--trust", signingKeyOf(folder).text, "--port", port]);
  address = await witness.printed(/w\.example\+\S+@http:\S+/);
};

const notaryOf = (database: Database): Notary => {
  const key = signingKeyOf(folder);
  const reader = createLogReader({ database, notifier: createNotifier(database) });
  return startNotary({ database, reader, signing: { key, deployment: embeddedDeployment, eras: followRotations(key, []) }, witnesses: [parseWitness(address)], build: "test", logger: silentLogger, instance: `notary-${String(Math.random())}`, leaseMs: 1_000 });
};

const witnessedBy = (notary: Notary): Witnessed | undefined => notary.standing().flatMap(({ witnessed }) => witnessed)[0];

beforeAll(async () => {
  data = await openDataFolder({ folder, exclusive: false, fresh: true });
  recorded = await recordedLog(data.database);
  await recorded.steps(90);
  await startWitness();
  api = await startApi({ database: data.database, port: 0 });
}, 120_000);

afterAll(async () => {
  witness.process.kill("SIGKILL");
  await witness.finished;
  await api.stop();
  await data.close();
  rmSync(root, { recursive: true, force: true });
});

test("a witness signs a log as it grows, goes on after kill -9, and its signature stands in the proofs", async () => {
  const notary = notaryOf(data.database);
  try {
    await eventually(() => witnessedBy(notary)?.size === recorded.head());
    await recorded.steps(3);
    await eventually(() => witnessedBy(notary)?.size === recorded.head());
    witness.process.kill("SIGKILL");
    await witness.finished;
    await recorded.steps(3);
    await eventually(() => witnessedBy(notary)?.refusal?.startsWith("it cannot be asked"));
    await startWitness(new URL(address.slice(address.indexOf("@") + 1)).port);
    await eventually(() => witnessedBy(notary)?.size === recorded.head() && witnessedBy(notary)?.refusal === undefined);
  } finally {
    await notary.stop();
  }
  const [key = ""] = address.split("@");
  const note = await (await fetch(`${api.url}/tlog/SPX/checkpoint`)).text();
  expect(openCheckpoint(note, followRotations(signingKeyOf(folder), []))).toMatchObject({ origin: `${embeddedDeployment}/SPX/1`, size: recorded.head() });
  expect(cosignedAt(parseNote(note), parseVerifierKey(key))).toBeGreaterThan(1_700_000_000);

  const { rows } = await data.database.query<{ id: string }>("SELECT 'SPX-1-' || position AS id FROM event_log.record WHERE type = 'HedgeDecided' ORDER BY position DESC LIMIT 1");
  const proof = join(root, "proof.json");
  expect((await runCli(root, ["audit", "prove", rows[0]?.id ?? "", "--out", proof, "--data", folder])).code).toBe(0);
  expect(await runCli(root, ["audit", "verify", proof, "--witness", key])).toMatchObject({ code: 0, stdout: expect.stringContaining(`Witnessed by ${key} at 20`) });
  const stranger = await runCli(root, ["audit", "verify", proof, "--witness", key, "--witness", signingKeyOf(folder).text]);
  expect(stranger).toMatchObject({ code: 6, stdout: expect.stringContaining("did not sign its checkpoint") });
}, 60_000);

test("the tree is served as tiles, from which anybody computes the signed root; entries are what the leaves are hashed from", async () => {
  const get = async (path: string) => {
    const response = await fetch(`${api.url}/tlog/SPX/${path}`);
    return { status: response.status, type: response.headers.get("content-type"), cache: response.headers.get("cache-control"), bytes: Buffer.from(await response.arrayBuffer()) };
  };
  const { bytes: note, type, cache } = await get("checkpoint");
  expect([type, cache]).toEqual(["text/plain; charset=utf-8", "no-cache"]);
  const { size, root: signed } = openCheckpoint(note.toString(), followRotations(signingKeyOf(folder), []));
  expect(size).toBeGreaterThan(256);
  const tiles = checkedTiles(async (place) => {
    const wanted = [...tilesBetween(0, size)].find((each) => each.place.level === place.level && each.place.index === place.index);
    return wanted && (await get(tilePath(place, wanted.width))).bytes;
  }, { size, root: signed });
  for (const { place, width } of tilesBetween(0, size)) {
    if (place.level > 0) continue;
    const { bytes, type: kind, cache: kept } = await get(tilePath(place, width).replace("tile/0/", "tile/entries/"));
    expect([kind, kept]).toEqual(["application/octet-stream", "public, max-age=31536000, immutable"]);
    const leaves = Array.from({ length: width }, (_, index) => sha256(Buffer.concat([Buffer.of(0), bytes.subarray(index * 66 + 2, (index + 1) * 66)])));
    expect(bytes.readUInt16BE(0)).toBe(64);
    expect(Buffer.concat(leaves).equals(Buffer.from((await tiles(place)) ?? []))).toBe(true);
  }
  for (const path of ["tile/0/9", "tile/0/000.p/256", "tile/0/009", "tile/7/000", `tile/entries/001.p/${String(size % 256 + 1)}`, "tile/0/../../../v1/books"]) expect([path, (await get(path)).status]).toEqual([path, 404]);
  const unknown = await fetch(`${api.url}/tlog/NDX/checkpoint`);
  expect([unknown.status, await unknown.json()]).toMatchObject([404, { detail: "Nothing was signed of a log NDX." }]);
}, 60_000);

test("another history under the same key and name is not signed: neither a fork, nor a log that was set back", async () => {
  for (const [steps, refusal] of [[100, /^422: No proof/], [5, /^it has signed \d+ records of this tree, which has \d+: the log was set back$/]] as const) {
    const forked = await testDatabase();
    const other = await recordedLog(forked.database, { seed: 99 });
    await other.steps(steps);
    const notary = notaryOf(forked.database);
    expect(await eventually(() => witnessedBy(notary)?.refusal)).toMatch(refusal);
    await notary.stop();
    const { note = "" } = (await createTreeStore(forked.database).checkpoint("SPX")) ?? {};
    expect(parseNote(note).signatures.map(({ name }) => name)).toEqual([embeddedDeployment]);
    await forked.dispose();
  }
}, 60_000);

/** It was given the key that came before, and how that one handed over. */
const older = signerFromPem(newPrivateKeyPem(), embeddedDeployment);
const rotations = join(root, "rotations.json");

/** Fetches the log from the api instead of being asked; it knows nothing of what the other witness signed. */
const fetching = (...args: readonly string[]) => ["witness", "--name", "f.example", "--state", join(root, "fetching"), "--trust", older.text, "--rotations", rotations, "--from", `${api.url}/tlog/SPX`, ...args];
const signedNote = join(root, "signed.note");

test("a witness that nobody can ask fetches the tree, proves that it grew, and its signature is taken in", async () => {
  writeFileSync(rotations, JSON.stringify({ rotations: [rotationNote(older, signingKeyOf(folder), [])] }));
  expect(await runCli(root, fetching("--once", "--from", `${api.url}/tlog/NDX`))).toMatchObject({ code: 3, stderr: expect.stringContaining("tlog/NDX/checkpoint") });
  const first = await runCli(root, fetching("--once"));
  expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining(`${embeddedDeployment}/SPX/1\n${String(recorded.head())}\n`) });
  const [key = ""] = /f\.example\+[^\s]+(?=\.\n)/.exec(first.stderr) ?? [];
  await recorded.steps(60);
  const notary = notaryOf(data.database);
  const loop = startCli(root, fetching("--every", "1", "--out", signedNote));
  try {
    await loop.printed(new RegExp(`signed ${String(recorded.head())} records`));
    loop.process.kill("SIGKILL");
    await loop.finished;
  } finally {
    await notary.stop();
  }
  // What it signed last is known to the next start, which signs it again: the signature may have been lost.
  expect(await runCli(root, fetching("--once", "--out", signedNote))).toMatchObject({ code: 0 });
  const cosign = () => runCli(root, ["audit", "cosign", signedNote, "--witness", key, "--data", folder]);
  expect(await cosign()).toMatchObject({ code: 0, stdout: expect.stringContaining("its signature is kept") });
  expect(await cosign()).toMatchObject({ code: 0, stdout: expect.stringContaining("that was known") });
  expect(await runCli(root, ["audit", "cosign", signedNote, "--witness", signingKeyOf(folder).text, "--data", folder])).toMatchObject({ code: 5, stderr: expect.stringContaining("does not hold") });
  const served = parseNote(await (await fetch(`${api.url}/tlog/SPX/checkpoint`)).text());
  expect(cosignedAt(served, parseVerifierKey(key))).toBeGreaterThan(1_700_000_000);
}, 60_000);

/** As a superuser who has the log's key, too: one record is another, and every hash and the whole tree agree with it. */
const rewriteHistory = async ({ query }: Database): Promise<void> => {
  await query("ALTER TABLE event_log.record DISABLE TRIGGER USER");
  await query("UPDATE event_log.record SET provenance = convert_to(replace(convert_from(provenance, 'UTF8'), 'test', 'else'), 'UTF8') WHERE position = 7");
  await query("UPDATE event_log.record SET leaf_hash = sha256('\\x00'::bytea || content_hash || sha256(provenance)) WHERE position = 7");
  const { rows } = await query<{ leaf_hash: Buffer }>("SELECT leaf_hash FROM event_log.record ORDER BY position");
  const frontier = appendLeaves(emptyFrontier, rows.map(({ leaf_hash: leaf }) => leaf));
  await query("UPDATE event_log.head SET root = $1, frontier = $2", [rootOf(frontier), frontierBytes(frontier)]);
  await query("ALTER TABLE transparency.checkpoint DISABLE TRIGGER USER");
  await query("TRUNCATE transparency.tile, transparency.checkpoint, transparency.cosignature");
};

test("a history that was rewritten under the log's own key is not signed: 6, and both roots", async () => {
  await rewriteHistory(data.database);
  const notary = notaryOf(data.database);
  await eventually(async () => (await createTreeStore(data.database).checkpoint("SPX"))?.size === recorded.head());
  await notary.stop();
  const [, , own] = parseNote(readFileSync(signedNote, "utf8")).text.split("\n");
  const [, , other] = parseNote((await createTreeStore(data.database).checkpoint("SPX"))?.note ?? "").text.split("\n");
  expect(other).not.toBe(own);
  const refused = await runCli(root, fetching("--once"));
  expect(refused).toMatchObject({ code: 6, stdout: "", stderr: expect.stringContaining(`have root ${String(other)}; this witness signed ${String(recorded.head())} records of it with root ${String(own)}`) });
}, 60_000);

test.concurrent.each<[number, string, readonly string[]]>([
  [4, "Another process writes into", ["--port", "0"]],
  [4, "is the witness w.example's, not else's", ["--name", "else"]],
  [2, "--from", ["--once"]],
  [69, "http://127.0.0.1:1/tlog/SPX/checkpoint cannot be read", ["--state", join(root, "other"), "--from", "http://127.0.0.1:1/tlog/SPX", "--once"]],
  [5, "none.json cannot be read", ["--rotations", join(root, "none.json")]],
  [5, "nonsense", ["--trust", "nonsense"]],
])("a wrong start ends with %i and one clear sentence: %s", async (code, says, args) => {
  expect(await runCli(root, ["witness", "--name", "w.example", "--state", state, "--trust", signingKeyOf(folder).text, ...args])).toMatchObject({ code, stderr: expect.stringContaining(says) });
}, 30_000);
