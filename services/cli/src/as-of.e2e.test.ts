import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNotifier } from "@finality/database";
import { recordedLog, type RecordedLog } from "@finality/desk-log";
import { createLogReader, type LogReader } from "@finality/event-log";
import { createFold, formatInstant, rowsOf, type StateRows } from "@finality/history";
import { startProjector } from "@finality/projector";
import { seededRandom } from "@finality/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDataFolder } from "./house/data-folder.ts";
import { leaveForArchive } from "./testing/leave-for-archive.ts";
import { runCli, type Finished } from "./testing/run-cli.ts";

const root = mkdtempSync(join(tmpdir(), "finality-as-of-"));
const [folder, archive] = [join(root, "desk"), join(root, "archive")];

let data: Awaited<ReturnType<typeof openDataFolder>>;
let reader: LogReader;
let recorded: RecordedLog;

const run = (...args: readonly string[]): Promise<Finished> => runCli(root, [...args, "--data", folder]);
const documentOf = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await run(...args, "--json");
  expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: "" });
  return JSON.parse(stdout);
};

const straight = async (position: number): Promise<StateRows> => {
  const fold = createFold("SPX");
  for (const stored of await reader.read("SPX", 0, position)) fold.fold(stored);
  return rowsOf(fold.state);
};

const placeOf = async (position: number) => {
  const [record] = await reader.read("SPX", position - 1, 1);
  return { log: "SPX", generation: 1, position, recordedAt: formatInstant(record?.recordedTimeUs ?? 0), eventTime: formatInstant(record?.venueTimeUs ?? 0) };
};

beforeAll(async () => {
  data = await openDataFolder({ folder, exclusive: false, fresh: true });
  const { database } = data;
  // Narrow partitions, so that some can leave for the archive.
  await database.query("INSERT INTO event_log.head (log, generation, epoch, position, recorded_us, frontier, root, partition_records) VALUES ('SPX', 1, 0, 0, 0, '', sha256(''), 40)");
  reader = createLogReader({ database, notifier: createNotifier(database) });
  recorded = await recordedLog(database);
  await recorded.steps(50);
  const projector = await startProjector({ reader, database });
  await projector.caughtUp("SPX", recorded.head());
  await projector.stop();
}, 120_000);

afterAll(async () => {
  await data.close();
  rmSync(root, { recursive: true, force: true });
});

test("positions, hedges, greeks and surface as of a position are what a straight fold to it shows", async () => {
  const random = seededRandom(5);
  for (const position of [30, 30 + Math.floor(random.next() * (recorded.head() - 30))]) {
    const rows = await straight(position);
    const asOf = await placeOf(position);
    const books = rows.books.map(({ log, book }) => ({ log, book, positions: rows.positions.filter((row) => row.book === book), pnl: rows.pnl.find((row) => row.book === book) }));
    expect(await documentOf("positions", "--as-of", `@${String(position)}`)).toEqual({ books, asOf });
    const { hedges, asOf: hedgesAsOf } = await documentOf("hedges", "--as-of", `@${String(position)}`);
    const orders = rows.orders.map(({ commandId, cumulativeQuantity, averagePrice, fees, state }) => ({ decisionId: commandId, filledQuantity: cumulativeQuantity, averagePrice, fees, state }));
    expect([hedges, hedgesAsOf]).toEqual([orders.map((order) => expect.objectContaining(order)), asOf]);
    expect(await documentOf("greeks", "--as-of", `@${String(position)}`, "--book", "scalper")).toEqual({ books: rows.greeks.filter(({ book }) => book === "scalper"), asOf });
    expect(await documentOf("surface", "--as-of", `@${String(position)}`, "--log", "SPX")).toEqual({ expiries: rows.smiles, asOf });
  }
}, 120_000);

test("as of the head it says what it says without, in the same tables, and on stderr what that is true at", async () => {
  const head = String(recorded.head());
  for (const command of ["positions", "hedges", "greeks", "surface"]) {
    const [now, then] = [await run(command), await run(command, "--as-of", `@${head}`)];
    expect([now.code, now.stderr, then.code, then.stdout]).toEqual([0, "", 0, now.stdout]);
    expect(then.stderr).toMatch(new RegExp(`^As of SPX position ${head}, recorded 2021-01-04T1\\d:.*Z: what was known then\\.\\n$`));
    const [nowJson, { asOf, ...thenJson }] = [await documentOf(command), await documentOf(command, "--as-of", `@${head}`)];
    expect([thenJson, asOf.position]).toEqual([nowJson, recorded.head()]);
  }
}, 120_000);

test("a recorded time is answered by its last position", async () => {
  const { recordedAt } = await placeOf(80);
  const { asOf, books } = await documentOf("positions", "--as-of", recordedAt);
  const [next] = await reader.read("SPX", asOf.position, 1);
  expect([asOf.recordedAt, formatInstant(next?.recordedTimeUs ?? 0) > recordedAt]).toEqual([recordedAt, true]);
  expect(books).toEqual((await documentOf("positions", "--as-of", `@${String(asOf.position)}`)).books);
});

test("positions as of a venue time are facts by what is known now, or was known at a position", async () => {
  const place = await placeOf(80);
  const { books, asOf } = await documentOf("positions", "--as-of-venue-time", place.eventTime);
  expect(asOf).toEqual({ ...(await placeOf(recorded.head())), venueTime: place.eventTime });
  expect(books.map(({ book }: { book: string }) => book)).toEqual(["scalper", "unhedged"]);
  const known = await straight(100);
  const all = await documentOf("positions", "--as-of-venue-time", "2100-01-01T00:00:00Z", "--as-of", "@100", "--book", "unhedged");
  expect(all.asOf).toEqual({ ...(await placeOf(100)), venueTime: "2100-01-01T00:00:00.000000Z" });
  expect(all.books[0].positions).toEqual(known.positions.filter(({ book }) => book === "unhedged"));
  const { openingCost: _cost, maxAbsNetDelta: _max, meanAbsNetDelta: _mean, ...facts } = known.pnl.find(({ book }) => book === "unhedged") ?? { openingCost: "", maxAbsNetDelta: 0, meanAbsNetDelta: 0 };
  expect(all.books[0].pnl).toEqual(facts);
  const told = await run("positions", "--as-of-venue-time", place.eventTime);
  expect(told.stdout).toMatch(/^scalper: net P&L /);
  expect(told.stderr).toContain(`Facts as of ${place.eventTime} by the venues' time`);
});

const wrong: readonly (readonly [string, readonly string[], number, RegExp])[] = [
  ["no point", ["positions", "--as-of", "noon"], 2, /--as-of.*position such as @123, or an RFC 3339 instant/],
  ["a number without its sign", ["greeks", "--as-of", "12"], 2, /--as-of/],
  ["a day that does not exist", ["surface", "--as-of", "2021-02-30T00:00:00Z"], 2, /--as-of/],
  ["no venue time", ["positions", "--as-of-venue-time", "@12"], 2, /--as-of-venue-time.*RFC 3339/],
  ["greeks at a venue time", ["greeks", "--as-of-venue-time", "2021-01-04T16:00:00Z"], 2, /Greeks as of a venue time do not exist: they were solved from the quotes that were known/],
  ["vols at a venue time", ["surface", "--as-of-venue-time", "2021-01-04T16:00:00Z"], 2, /Vols as of a venue time do not exist/],
  ["an archive for nothing", ["positions", "--archive", "somewhere"], 2, /--archive.*add --as-of/],
  ["before the first record", ["positions", "--as-of", "@0"], 3, /holds positions 1 to \d+; there is no state behind 0/],
  ["behind the head", ["greeks", "--as-of", "@999999"], 3, /there is no state behind 999999/],
  ["a time before the log", ["positions", "--as-of", "1999-01-01T00:00:00Z"], 3, /nothing that was recorded by 1999-01-01/],
  ["a book that was not open yet", ["positions", "--as-of", "@2"], 3, /There was no book in SPX at position 2/],
  ["a book that never was", ["positions", "--as-of", "@50", "--book", "nobody"], 3, /There was no book "nobody" in SPX at position 50/],
  ["a venue time before all books", ["positions", "--as-of-venue-time", "1999-01-01T00:00:00Z"], 3, /There was no book in SPX at position \d+ for 1999-01-01/],
  ["no option held yet", ["surface", "--as-of", "@4"], 3, /No book held an option in SPX at position 4/],
  ["a log that is not there", ["positions", "--as-of", "@5", "--log", "XYZ"], 3, /no log "XYZ"/],
  ["no archive", ["positions", "--as-of", "@50", "--archive", join(root, "nothing")], 3, /nothing holds no archived range/],
];

test.each(wrong)("%s is one clear sentence and its exit code", async (_name, args, code, words) => {
  const finished = await run(...args);
  expect(finished).toMatchObject({ code, stdout: "" });
  expect(finished.stderr).toMatch(words);
  expect(finished.stderr).not.toMatch(/\n\s+at /);
});

test("what left for the archive is read there", async () => {
  const expected = await documentOf("positions", "--as-of", "@60");
  expect((await run("snapshots", "take")).code).toBe(0);
  expect((await run("archive", "export", "--archive", archive)).code).toBe(0);
  await leaveForArchive(data.database, archive, "SPX", 85);
  const lost = await run("positions", "--as-of", "@60");
  expect([lost.code, lost.stdout, lost.stderr]).toEqual([3, "", expect.stringContaining("Name the archive's folder with --archive")]);
  expect(await documentOf("positions", "--as-of", "@60", "--archive", archive)).toEqual(expected);
  expect((await documentOf("positions", "--as-of", `@${String(recorded.head())}`)).asOf.position).toBe(recorded.head());
}, 120_000);

test("among several logs a position needs its log, a time is answered by each that was open", async () => {
  const other = await recordedLog(data.database, { log: "NDX", seed: 2 });
  await other.steps(3);
  const unnamed = await run("positions", "--as-of", "@20");
  expect([unnamed.code, unnamed.stderr]).toEqual([2, expect.stringContaining("NDX, SPX")]);
  expect((await documentOf("positions", "--as-of", "@20", "--log", "NDX")).asOf).toMatchObject({ log: "NDX", position: 20 });
  const both = await documentOf("positions", "--as-of", "2100-01-01T00:00:00Z");
  expect(both.asOf).toMatchObject([{ log: "NDX", position: other.head() }, { log: "SPX", position: recorded.head() }]);
  expect(both.books.map(({ log, book }: { log: string; book: string }) => `${book} ${log}`)).toEqual(["scalper NDX", "scalper SPX", "unhedged NDX", "unhedged SPX"]);
}, 120_000);
