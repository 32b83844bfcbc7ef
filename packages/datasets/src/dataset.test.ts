import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { loadDataset, shippedDatasets } from "./dataset.ts";
import { DatasetError } from "./errors.ts";
import { datasetFolder, removeDatasetFolders, smallFiles, smallManifest, type SmallManifest } from "./testing/dataset-folder.ts";

afterEach(removeDatasetFolders);

const minuteUs = 60_000_000;
const at1430 = 1_609_770_600_000_000;

describe("the shipped day", () => {
  const { manifest, timeline } = loadDataset("spx-2021-01-04");
  const steps = timeline.flatMap(({ instantUs, control }) => control.map((step) => ({ instantUs, step })));
  const at = (iso: string): number => Date.parse(iso) * 1_000;

  test("has what its sources have: 390 minutes of the session, a halt before the close, a settlement behind it", () => {
    expect(shippedDatasets()).toContain("spx-2021-01-04");
    expect(timeline).toHaveLength(393);
    expect(timeline.flatMap(({ ticks }) => ticks).reduce<Record<string, number>>((counts, { kind }) => ({ ...counts, [kind]: (counts[kind] ?? 0) + 1 }), {})).toEqual({ index: 390, quote: 7_174 });
    expect(timeline.map(({ instantUs }) => instantUs)).toEqual(timeline.map(({ instantUs }) => instantUs).toSorted((left, right) => left - right));
    expect(new Set(timeline.map(({ instantUs }) => instantUs)).size).toBe(393);
    expect(steps[0]).toMatchObject({ instantUs: at("2021-01-04T14:30:00Z"), step: { type: "open_log", body: { clock: "data" } } });
    expect(steps.find(({ step }) => step.type === "halt")?.instantUs).toBe(at("2021-01-04T21:00:00Z") - 1);
    expect(steps.filter(({ step }) => step.type === "settlement_price").map(({ instantUs }) => instantUs)).toEqual(Array.from({ length: 5 }, () => at("2021-01-04T21:01:00Z")));
  });

  test("every row is known a minute after the stamp of its minute's opening, and no earlier", () => {
    for (const { instantUs, ticks } of timeline) for (const tick of ticks) expect(tick.venueTimeUs).toBe(instantUs);
    const first = timeline.find(({ ticks }) => ticks.length > 0);
    expect(first?.instantUs).toBe(at("2021-01-04T14:31:00Z"));
    expect(first?.ticks.slice(0, 2)).toMatchObject([{ kind: "index", price: "3766.63" }, { instrument: "SPX-FUT", bid: "3766.505", ask: "3766.755" }]);
  });

  test("each book is hedged from its last opening trade on, and not before", () => {
    for (const { book, policy, openingTrades } of manifest.books) {
      const own = steps.filter(({ step }) => "book" in step.body && step.body.book === book);
      expect(own[0]?.step).toMatchObject({ type: "open_book", body: { policy: { type: "none" } } });
      expect(own.filter(({ step }) => step.type === "book_trade")).toHaveLength(openingTrades.length);
      const rest = own.slice(1 + openingTrades.length).map(({ step }) => step);
      expect(rest).toEqual(policy.type === "none" ? [] : [{ type: "set_policy", body: { book, policy } }]);
    }
  });
});

const load = (change: (manifest: SmallManifest) => unknown = (manifest) => manifest, files = smallFiles): ReturnType<typeof loadDataset> => loadDataset(datasetFolder(change(smallManifest()), files));

describe("a folder", () => {
  test("becomes a timeline: ticks in file order with the modelled quotes, then control; what is not listed and what has no side is left out", () => {
    const { timeline } = load();
    expect(timeline.map(({ instantUs, ticks, control }) => [(instantUs - at1430) / minuteUs, ticks.map(({ kind, instrument }) => `${kind} ${instrument}`), control.map(({ type }) => type)])).toEqual([
      [0, [], ["open_log", "list_instrument", "list_instrument", "open_book"]],
      [1, ["index SPX", "quote SPX-FUT", "quote SPX-C"], []],
      [2, ["index SPX", "quote SPX-FUT", "quote SPX-C"], ["book_trade", "set_policy"]],
      [3 - 1 / minuteUs, [], ["halt"]],
      [3, ["index SPX", "quote SPX-FUT"], []],
      [10, [], ["settlement_price"]],
    ]);
    expect(timeline[1]?.ticks[1]).toEqual({ kind: "quote", instrument: "SPX-FUT", venueTimeUs: at1430 + minuteUs, bid: "3700.375", bidSize: "500", ask: "3700.625", askSize: "500" });
    expect(timeline[2]?.ticks[2]).toEqual({ kind: "quote", instrument: "SPX-C", venueTimeUs: at1430 + 2 * minuteUs, ask: "92.25" });
    expect(timeline[2]?.control[0]).toMatchObject({ body: { tradeId: "scalper-open-1", price: "92.25", fee: "6.5" } });
  });

  test("may have its files packed, and a byte order mark in front", () => {
    const packed = load(
      (manifest) => ({ ...manifest, files: manifest.files.map((each) => ({ ...each, file: each["kind"] === "index" ? "index.csv.gz" : each["file"] })) }),
      { "index.csv.gz": gzipSync(`\uFEFF${String(smallFiles["index.csv"])}`), "quotes.csv": smallFiles["quotes.csv"] ?? "" },
    );
    expect(packed.timeline).toEqual(load().timeline);
  });

  test("an expiry is an instant whatever offset it is written with, to the microsecond", () => {
    const expiryOf = (expiresAt: string): unknown => load((manifest) => ({ ...manifest, instruments: manifest.instruments.map((each) => ({ ...each, expiresAt })) })).timeline[0]?.control[1]?.body;
    expect(expiryOf("2021-01-04T16:00:00.000007-05:00")).toMatchObject({ instrument: { expiryUs: 1_609_794_000_000_007 } });
    expect(expiryOf("2021-01-04T21:00:00.000007Z")).toEqual(expiryOf("2021-01-04T16:00:00.000007-05:00"));
  });
});

/** One thing wrong: what the error's code and message are to be. */
type Wrong = readonly [what: string, code: DatasetError["code"], parts: readonly string[], change: (manifest: SmallManifest) => unknown];

const [first, second] = [0, 1];
const withFile = (manifest: SmallManifest, place: number, change: object): unknown => ({ ...manifest, files: manifest.files.map((file, index) => (index === place ? { ...file, ...change } : file)) });
const withBook = (manifest: SmallManifest, change: object): unknown => ({ ...manifest, books: manifest.books.map((book) => ({ ...book, ...change })) });
const withTrade = (manifest: SmallManifest, change: object): unknown => ({ ...manifest, books: manifest.books.map((book) => ({ ...book, openingTrades: book.openingTrades.map((trade) => ({ ...trade, ...change })) })) });

const wrongManifests: readonly Wrong[] = [
  ["no JSON", "manifest", ["dataset.json is not JSON"], () => "{"],
  ["a missing field", "manifest", ["dataset.json", "log"], ({ log: _, ...rest }) => rest],
  ["an unknown field", "manifest", ["dataset.json"], (manifest) => ({ ...manifest, colour: "red" })],
  ["a wrong value", "manifest", ["/opening/farShare", "it is -1"], (manifest) => ({ ...manifest, opening: { ...manifest.opening, farShare: -1 } })],
  ["a version to come", "manifest", ["/manifestVersion", "it is 2"], (manifest) => ({ ...manifest, manifestVersion: 2 })],
  ["an instant without an offset", "manifest", ["/session/opensAt", "2021-01-04T14:31:00"], (manifest) => ({ ...manifest, session: { ...manifest.session, opensAt: "2021-01-04T14:31:00" } })],
  ["an instant of no calendar", "manifest", ["2021-02-30T14:31:00Z"], (manifest) => ({ ...manifest, session: { ...manifest.session, opensAt: "2021-02-30T14:31:00Z" } })],
  ["ticks before the log is open", "manifest", ["session.opensAt must be after opening.startsAt", "14:30:00Z"], (manifest) => ({ ...manifest, session: { ...manifest.session, opensAt: manifest.opening.startsAt } })],
  ["a trade before the log is open", "manifest", ["scalper", "SPX-C", "2021-01-04T14:00:00Z"], (manifest) => withTrade(manifest, { at: "2021-01-04T14:00:00Z" })],
  ["a file that is not there", "file", ["nobody.csv", "does not exist"], (manifest) => withFile(manifest, first, { file: "nobody.csv" })],
  ["a column that is not there", "column", ["index.csv", '"last"', "at, close"], (manifest) => withFile(manifest, first, { columns: { price: "last" } })],
  ["a template over a column that is not there", "column", ["quotes.csv", '"strike"'], (manifest) => withFile(manifest, second, { instrument: "{root}-{strike}" })],
  ["a field that the kind has not", "column", ['no field "vol"'], (manifest) => withFile(manifest, first, { columns: { price: "close", vol: "close" } })],
  ["a field that the kind needs", "column", ["must map price"], (manifest) => withFile(manifest, first, { columns: {} })],
  ["quotes without a side", "column", ["bid, ask or both"], (manifest) => withFile(manifest, second, { columns: {} })],
  ["another underlying", "reference", ["SPX-FUT", "NDX"], (manifest) => ({ ...manifest, instruments: manifest.instruments.map((each) => ({ ...each, underlying: "NDX" })) })],
  ["an instrument twice", "reference", ["SPX-FUT twice"], (manifest) => ({ ...manifest, instruments: [...manifest.instruments, manifest.instruments[0]] })],
  ["a book twice", "reference", ["scalper twice"], (manifest) => ({ ...manifest, books: [...manifest.books, ...manifest.books] })],
  ["a hedge instrument that is not listed", "reference", ["scalper", "NOBODY"], (manifest) => withBook(manifest, { hedgeInstrument: "NOBODY" })],
  ["an option to hedge with", "reference", ["scalper", "SPX-C, which is an option"], (manifest) => withBook(manifest, { hedgeInstrument: "SPX-C" })],
  ["a trade in what is not listed", "reference", ["scalper", "NOBODY"], (manifest) => withTrade(manifest, { instrument: "NOBODY" })],
  ["a trade at a quote that is not known then", "reference", ["the ask known at 2021-01-04T14:32:30Z"], (manifest) => withTrade(manifest, { at: "2021-01-04T14:32:30Z" })],
  ["a trade at a side that the quote has not", "reference", ["the bid known at 2021-01-04T14:32:00Z"], (manifest) => withTrade(manifest, { price: "bid" })],
  ["a model of what is not listed", "reference", ["modelledQuotes", "NOBODY"], (manifest) => ({ ...manifest, modelledQuotes: manifest.modelledQuotes.map((each) => ({ ...each, instrument: "NOBODY" })) })],
  ["a settlement of what is not listed", "reference", ["settlements", "NOBODY"], (manifest) => ({ ...manifest, settlements: manifest.settlements.map((each) => ({ ...each, instrument: "NOBODY" })) })],
];

const wrongRows: readonly (readonly [what: string, code: DatasetError["code"], parts: readonly string[], index: string])[] = [
  ["no rows", "file", ["index.csv has no rows"], "at,close\n"],
  ["a short row", "file", ["index.csv cannot be read", "line 3"], "at,close\n1609770600000,1\n1609770660000\n"],
  ["a stamp that is no number", "value", ["index.csv line 3", '"14:31"', "ms"], "at,close\n1609770600000,1\n14:31,1\n"],
  ["a stamp beyond all time", "value", ["index.csv line 2", '"9999999999999999"'], "at,close\n9999999999999999,1\n"],
  ["a price that is no decimal", "value", ["index.csv line 2", 'price "1e3"'], "at,close\n1609770600000,1e3\n"],
  ["a negative price", "value", ["index.csv line 2", 'price "-1"'], "at,close\n1609770600000,-1\n"],
];

const errorOf = (work: () => unknown): DatasetError => {
  try {
    work();
  } catch (error) {
    if (error instanceof DatasetError) return error;
    throw error;
  }
  throw new Error("nothing was wrong");
};

describe("what is wrong is named with its place and value", () => {
  test.each(wrongManifests)("%s", (_, code, parts, change) => {
    const error = errorOf(() => load(change));
    expect(error.code).toBe(code);
    for (const part of parts) expect(error.message).toContain(part);
  });

  test.each(wrongRows)("%s", (_, code, parts, index) => {
    const error = errorOf(() => load(undefined, { ...smallFiles, "index.csv": index }));
    expect(error.code).toBe(code);
    for (const part of parts) expect(error.message).toContain(part);
  });

  test("a dataset that is not there, and a folder without one", () => {
    expect(errorOf(() => loadDataset("nobody"))).toMatchObject({ code: "not_found", message: expect.stringContaining("spx-2021-01-04") });
    const folder = datasetFolder("");
    expect(errorOf(() => loadDataset(`${folder}/..`))).toMatchObject({ code: "not_found" });
  });
});
