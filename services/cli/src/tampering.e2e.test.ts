import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "@finality/database";
import { eventually } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDataFolder } from "./house/data-folder.ts";
import { runCli, startCli } from "./testing/run-cli.ts";
import { writeShortDay } from "./testing/short-day.ts";

const root = mkdtempSync(join(tmpdir(), "finality-tampering-"));
const folder = join(root, "demo");

beforeAll(async () => {
  const day = writeShortDay(join(root, "day"), 15);
  expect((await runCli(root, ["demo", "--dataset", day, "--speed", "max", "--exit", "--port", "0"])).code).toBe(0);
}, 120_000);

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** As a superuser who switches the triggers off. */
const tamper = async (work: (database: Database) => Promise<number>): Promise<number> => {
  const data = await openDataFolder({ folder, exclusive: true });
  try {
    await data.database.query("ALTER TABLE event_log.record DISABLE TRIGGER USER");
    const position = await work(data.database);
    await data.database.query("ALTER TABLE event_log.record ENABLE TRIGGER USER");
    return position;
  } finally {
    await data.close();
  }
};

const replaceInPayload = (type: string, pattern: string, replacement: string) => (database: Database): Promise<number> =>
  database
    .query<{ readonly position: number }>(
      `UPDATE event_log.record SET payload = convert_to(regexp_replace(convert_from(payload, 'UTF8'), $2, $3), 'UTF8')
        WHERE (log, position) = (SELECT log, min(position) FROM event_log.record WHERE type = $1 GROUP BY log) RETURNING position`,
      [type, pattern, replacement],
    )
    .then(({ rows }) => rows[0]?.position ?? -1);

const verify = async (): Promise<{ readonly code: number | null; readonly document: { readonly ok: boolean; readonly firstDifference: Record<string, unknown> | null } }> => {
  const { code, stdout } = await runCli(root, ["replay", "verify", "--json", "--data", folder]);
  return { code, document: JSON.parse(stdout) as Awaited<ReturnType<typeof verify>>["document"] };
};

test("an untouched log verifies", async () => {
  const { code, document } = await verify();
  expect({ code, ok: document.ok }).toEqual({ code: 0, ok: true });
});

test("a decision is proved with one file, which holds without the data and for nothing that is changed in it; the whole log is as it was signed", async () => {
  const { hedges } = JSON.parse((await runCli(root, ["hedges", "--json", "--data", folder])).stdout) as { readonly hedges: readonly { readonly decisionId: string }[] };
  const decision = hedges.at(-1)?.decisionId ?? "";
  const file = join(root, "proof.json");
  const proved = await runCli(root, ["audit", "prove", decision, "--out", file, "--data", folder]);
  expect(proved.stderr).toContain(`proves ${decision}: records`);
  expect((await runCli(root, ["audit", "prove", decision, "--out", file, "--data", folder])).code).toBe(4);
  expect((await runCli(root, ["audit", "prove", "SPX-1-1", "--out", join(root, "none.json"), "--data", folder])).code).toBe(3);
  const elsewhere = mkdtempSync(join(tmpdir(), "finality-auditor-"));
  try {
    const { stdout: keys } = await runCli(root, ["audit", "keys", "show", "--data", folder]);
    const verified = await runCli(elsewhere, ["audit", "verify", file, "--key", keys.trim()]);
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining(`${decision} holds`)]);
    writeFileSync(join(elsewhere, "changed.json"), readFileSync(file, "utf8").replace(/"recordedTimeUs":1/, '"recordedTimeUs":2'));
    const changed = await runCli(elsewhere, ["audit", "verify", join(elsewhere, "changed.json")]);
    expect([changed.code, changed.stdout]).toEqual([6, expect.stringContaining("does not prove")]);
    writeFileSync(join(elsewhere, "torn.json"), readFileSync(file, "utf8").slice(0, 500));
    expect((await runCli(elsewhere, ["audit", "verify", join(elsewhere, "torn.json")])).code).toBe(6);
    expect((await runCli(elsewhere, ["audit", "verify", file, "--key", "none"])).code).toBe(5);
    expect((await runCli(elsewhere, ["audit", "verify", join(elsewhere, "nothing.json")])).code).toBe(3);
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
  const walked = await runCli(root, ["audit", "fsck", "--data", folder]);
  expect([walked.code, walked.stdout]).toEqual([0, expect.stringMatching(/SPX: \d+ records, [1-9]\d* checkpoints: all of it is as it was recorded and signed/)]);
});

test("a rotated key leaves proofs valid for whoever knows the first one", async () => {
  const { stdout: before } = await runCli(root, ["audit", "keys", "show", "--data", folder]);
  expect((await runCli(root, ["audit", "keys", "rotate", "--data", folder])).code).toBe(2);
  expect((await runCli(root, ["audit", "keys", "rotate", "--yes", "--data", folder])).code).toBe(0);
  const { stdout: after } = await runCli(root, ["audit", "keys", "show", "--data", folder]);
  expect(after.split("\n")[0]).toBe(before.trim());
  expect(after.trim().split("\n")).toHaveLength(2);
  const { hedges } = JSON.parse((await runCli(root, ["hedges", "--json", "--data", folder])).stdout) as { readonly hedges: readonly { readonly decisionId: string }[] };
  const file = join(root, "rotated.json");
  expect((await runCli(root, ["audit", "prove", hedges[0]?.decisionId ?? "", "--out", file, "--data", folder])).code).toBe(0);
  expect((await runCli(root, ["audit", "verify", file, "--key", before.trim()])).code).toBe(0);
  expect((await runCli(root, ["audit", "fsck", "--data", folder])).code).toBe(0);
});

test("people are forgotten: their references mean nobody, new ones have a new salt, and every proof holds", async () => {
  const house = startCli(root, ["dev", "--data", folder, "--port", "0"]);
  await house.printed(/The house is open/);
  const data = await openDataFolder({ folder, exclusive: false });
  const actors = async (): Promise<readonly string[]> => {
    const sql = "SELECT convert_from(provenance, 'UTF8')::jsonb ->> 'actor' AS actor FROM event_log.record WHERE type IN ('Halted', 'Resumed') AND position > $1 ORDER BY position";
    return (await data.database.query<{ readonly actor: string }>(sql, [head])).rows.map(({ actor }) => actor);
  };
  const head = (await data.database.query<{ readonly position: number }>("SELECT position FROM event_log.head")).rows[0]?.position;
  try {
    expect((await runCli(root, ["audit", "forget-actors", "--yes", "--data", folder])).code).toBe(3);
    for (const action of ["halt", "resume"]) expect((await runCli(root, ["books", action, "--data", folder])).code).toBe(0);
    await eventually(async () => (await actors()).length === 2);
    const salt = readFileSync(join(folder, "actor-salt"), "utf8");
    expect(await runCli(root, ["audit", "forget-actors", "--data", folder])).toMatchObject({ code: 2, stderr: expect.stringContaining("nobody can tell any more whose") });
    const { code, stdout } = await runCli(root, ["audit", "forget-actors", "--yes", "--json", "--data", folder]);
    const { forgotten, destroyed } = JSON.parse(stdout) as { readonly forgotten: readonly string[]; readonly destroyed: readonly { readonly saltId: string }[] };
    expect([code, destroyed.map(({ saltId }) => saltId)]).toEqual([0, forgotten]);
    expect(forgotten).not.toEqual([]);
    expect(readdirSync(folder).filter((name) => name.startsWith("actor-salt"))).toEqual([]);
    expect(stdout).not.toContain(salt);
    expect((await runCli(root, ["books", "halt", "--data", folder])).code).toBe(0);
    await eventually(async () => (await actors()).length === 3);
    const [first, second, third] = await actors();
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  } finally {
    await data.close();
    house.process.kill("SIGINT");
    await house.finished;
  }
  expect((await runCli(root, ["audit", "verify", join(root, "rotated.json")])).code).toBe(0);
  expect((await runCli(root, ["audit", "fsck", "--data", folder])).code).toBe(0);
});

test("a changed byte in a recorded decision is named by position, field and both values", async () => {
  const position = await tamper(replaceInPayload("HedgeDecided", '"quantity":"([0-9])', '"quantity":"9\\1'));
  const { code, document } = await verify();
  expect(code).toBe(6);
  expect(document.firstDifference).toMatchObject({ kind: "decision", position, field: "/body/quantity" });
  expect(document.firstDifference?.["recorded"]).toBe(`9${String(document.firstDifference?.["recomputed"])}`);
  await tamper(replaceInPayload("HedgeDecided", '"quantity":"9', '"quantity":"'));
  expect((await verify()).code).toBe(0);
});

test("a changed byte in an input is named by position and both leaf hashes", async () => {
  const position = await tamper(replaceInPayload("TradeBooked", '"price":"([0-9]+)', '"price":"1\\1'));
  const { code, document } = await verify();
  expect(code).toBe(6);
  expect(document.firstDifference).toMatchObject({ kind: "leaf", position });
  const { storedLeafHash, computedLeafHash } = document.firstDifference ?? {};
  expect(storedLeafHash).toMatch(/^[0-9a-f]{64}$/);
  expect(computedLeafHash).toMatch(/^[0-9a-f]{64}$/);
  expect(storedLeafHash).not.toBe(computedLeafHash);
});
