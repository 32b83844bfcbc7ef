import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { generateLoad } from "@finality/conductor";
import { startEmbeddedPostgres, type Database } from "@finality/database";
import { loadCopies } from "@finality/datasets";
import { eventually } from "@finality/testkit";
import { afterAll, expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { openParts, type Parts } from "./house/open-parts.ts";
import { runCli, startCli, type Finished, type Running } from "./testing/run-cli.ts";

// The drill of docs/operations.md, "Restore": a backup, an archive that goes further, trading that goes further still, and the database lost.
// The paper venue is another party: its tables outlive the loss.

const root = mkdtempSync(join(tmpdir(), "finality-restore-"));
const [folder, archive] = [join(root, "dev"), join(root, "archive")];
const [database, backup] = [join(folder, "postgres"), join(root, "backup")];
const log = "SPXL01";
const underlyings = loadCopies("spx-2021-01-04", { count: 1, mark: "L" });
const waitMs = 30_000;

let house: Running | undefined;
let parts: Parts | undefined;

/** The commands of the runbook, in their order; each is taken off as it is run. */
const page = readFileSync(fileURLToPath(new URL("../../../docs/operations.md", import.meta.url)), "utf8");
const runbook = [...page.slice(page.indexOf("### Restore"), page.indexOf("## Archive")).matchAll(/^ +finality (.+)$/gm)].map(([, command = ""]) => command.replace("<archive>", archive).replace("<checkpoints>", join(folder, "checkpoints")).split(" "));

const run = (...args: readonly string[]): Promise<Finished> => runCli(root, [...args, "--data", folder]);
/** The runbook's next command, which begins so. */
const next = (...beginning: readonly string[]): readonly string[] => {
  const command = runbook.shift() ?? [];
  expect(command.slice(0, beginning.length)).toEqual(beginning);
  return command;
};
const ran = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await run(...args);
  if (code !== 0) throw new Error(`finality ${args.join(" ")} ended with ${String(code)}:\n${stderr}${stdout}`);
  return `${stdout}${stderr}`;
};

const openHouse = async (): Promise<Parts> => {
  house = startCli(root, ["dev", "--data", folder, "--port", "0"]);
  await house.printed(/The house is open/);
  parts = await openParts(readConfig({ FINALITY_DATA: root }), { data: folder });
  return parts;
};
const endHouse = async (signal: "SIGINT" | "SIGKILL"): Promise<void> => {
  await parts?.close();
  parts = undefined;
  house?.process.kill(signal);
  expect((await house?.finished)?.code).toBe(signal === "SIGINT" ? 130 : null);
};

afterAll(async () => {
  await parts?.close();
  house?.process.kill("SIGKILL");
  await house?.finished;
  await (await startEmbeddedPostgres({ folder })).stop("immediate");
  rmSync(root, { recursive: true, force: true });
});

const rowsOf = async <Row extends object>(of: Database, sql: string): Promise<readonly Row[]> => (await of.query<Row & Record<string, unknown>>(sql)).rows;
const ordersAtVenue = async ({ database: of }: Parts): Promise<readonly string[]> => (await rowsOf<{ id: string }>(of, "SELECT client_order_id AS id FROM venue.order ORDER BY 1")).map(({ id }) => id);
const ticks = async ({ database: of, bus, catalogue }: Parts): Promise<void> => {
  await generateLoad({ database: of, bus, catalogue, underlyings, ticksPerS: 2_000, seconds: 0.5, signal: new AbortController().signal });
};

/** Ticks until there are `more` orders at the venue than before. */
const trade = async (open: Parts, more: number): Promise<void> => {
  const before = (await ordersAtVenue(open)).length;
  const deadlineMs = performance.now() + waitMs;
  while ((await ordersAtVenue(open)).length < before + more && performance.now() < deadlineMs) await ticks(open);
  expect((await ordersAtVenue(open)).length).toBeGreaterThanOrEqual(before + more);
};

/** Until every order has ended and the log has everything that the venue said of it. */
const settled = ({ database: of }: Parts): Promise<unknown> =>
  eventually(
    async () =>
      (await rowsOf<{ open: boolean }>(of, `
        SELECT EXISTS (SELECT FROM venue.order WHERE state = 'open') OR EXISTS (SELECT FROM execution.attempt WHERE state IN ('sending', 'unknown'))
            OR EXISTS (SELECT FROM execution.command LEFT JOIN execution.attempt a USING (command_id) WHERE a.command_id IS NULL)
            OR (SELECT count(*) FROM venue.report) > (SELECT count(*) FROM event_log.record
                  WHERE type IN ('FillRecorded', 'UnexpectedFillRecorded') OR (type = 'OrderReported' AND convert_from(payload, 'UTF8')::jsonb ->> 'reportId' LIKE '%-v%')) AS open`))[0]?.open === false,
    { timeoutMs: waitMs },
  );

/** What is the venue's own, in the order in which it can be written. */
const venueTables = ["terms", "quote", "order", "report", "position"] as const;
type VenueRows = ReadonlyMap<(typeof venueTables)[number], string>;

const venueRows = async ({ database: of }: Parts): Promise<VenueRows> => {
  const tables = venueTables.map(async (table) => [table, (await rowsOf<{ rows: string }>(of, `SELECT coalesce(jsonb_agg(t), '[]')::text AS rows FROM venue.${table} t`))[0]?.rows ?? "[]"] as const);
  return new Map(await Promise.all(tables));
};
const putBackVenue = async (tables: VenueRows): Promise<void> => {
  const { database: of, close } = await openParts(readConfig({ FINALITY_DATA: root }), { data: folder });
  for (const table of venueTables.toReversed()) await of.query(`DELETE FROM venue.${table}`);
  for (const [table, rows] of tables) await of.query(`INSERT INTO venue.${table} SELECT * FROM jsonb_populate_recordset(NULL::venue.${table}, $1::jsonb)`, [rows]);
  await close();
};

const typesBehind = async ({ database: of }: Parts, position: number): Promise<readonly string[]> =>
  (await rowsOf<{ type: string }>(of, `SELECT type FROM event_log.record WHERE position > ${String(position)} ORDER BY position`)).map(({ type }) => type);
const headOf = async ({ database: of }: Parts): Promise<number> => Number((await rowsOf<{ position: number }>(of, "SELECT position FROM event_log.head"))[0]?.position);

/** Contracts of the hedge instrument: as the books have them, as the venue has them. */
const futures = async ({ database: of }: Parts): Promise<{ readonly books: unknown; readonly venue: unknown }> => ({
  books: await rowsOf(of, "SELECT replace(p.book, '-', '-paper-') AS account, p.quantity FROM read_model.position p WHERE instrument LIKE '%-SPX-FUT' AND p.quantity <> '0' ORDER BY 1"),
  venue: await rowsOf(of, "SELECT account, quantity FROM venue.position WHERE quantity <> '0' ORDER BY 1"),
});

/** The read models follow the log. */
const agree = (open: Parts): Promise<unknown> =>
  eventually(async () => {
    const { books, venue } = await futures(open);
    expect(books).toEqual(venue);
    return true;
  }, { timeoutMs: waitMs });

test("what a lost database knew is restored, imported, or taken back from the venue, and nothing is sent twice", async () => {
  await trade(await openHouse(), 3);
  await endHouse("SIGINT");
  // As `cp -a`, since the server's files belong to the server's user.
  execFileSync("cp", ["-a", database, backup]);

  const doomed = await openHouse();
  await trade(doomed, 3);
  await ran("archive", "export", "--archive", archive);
  await trade(doomed, 3);
  await settled(doomed);
  const [lostHead, ordersBefore, venue] = [await headOf(doomed), await ordersAtVenue(doomed), await venueRows(doomed)];
  await endHouse("SIGKILL");
  await (await startEmbeddedPostgres({ folder })).stop("immediate");
  rmSync(database, { recursive: true });

  renameSync(backup, database);
  await putBackVenue(venue);
  const imported = Number(/positions \d+ to (\d+) are imported/.exec(await ran(...next("archive", "import")))?.[1]);
  expect(imported).toBeLessThan(lostHead);
  expect(await run(...next("audit", "fsck"))).toMatchObject({ code: 6, stdout: expect.stringContaining(`the log has ${String(imported)} of generation 1: an older database was put in its place`) });
  expect(await ran(...next("log", "raise-generation"))).toContain(`Generation 2 of ${log} begins`);

  const restored = await openHouse();
  await settled(restored);
  const types = await typesBehind(restored, imported);
  expect(types[0]).toBe("GenerationRaised");
  expect(types).toContain("UnexpectedFillRecorded");
  expect(types).not.toContain("HedgeDecided");
  // The notary waited for the generation that was ordered: it took the restore for no forgery.
  await eventually(async () => (await rowsOf<{ n: number }>(restored.database, "SELECT count(*) AS n FROM transparency.checkpoint WHERE generation = 2"))[0]?.n !== 0);
  expect(await rowsOf(restored.database, "SELECT FROM execution.halt WHERE actor = 'notary'")).toEqual([]);
  // The books may not trade: they do not hold what the venue holds.
  await ticks(restored);
  await settled(restored);
  expect(await ordersAtVenue(restored)).toEqual(ordersBefore);
  const apart = await futures(restored);
  expect(apart.books).not.toEqual(apart.venue);

  expect((await run("books", "release", "--adopt-fills")).code).toBe(2);
  expect(await ran(...next("books", "release"))).toContain(`${log}-scalper of ${log} is released and takes over`);
  await agree(restored);
  await ran(...next("books", "resume"));
  await trade(restored, 2);
  await settled(restored);
  await agree(restored);
  const fresh = (await ordersAtVenue(restored)).filter((id) => !ordersBefore.includes(id));
  for (const id of fresh) expect(id).toMatch(new RegExp(`^${log}-2-\\d+$`));
  await endHouse("SIGINT");
  // Started once for the three.
  parts = await openParts(readConfig({ FINALITY_DATA: root }), { data: folder });
  expect(await ran(...next("check"))).toContain("Everything holds.");
  expect(await ran(...next("audit", "fsck"))).toMatch(/as it was recorded,? and signed/);
  await ran(...next("replay", "verify"));
  expect(runbook).toEqual([]);
}, 120_000);
