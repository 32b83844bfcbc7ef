import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { expectSameFoldElsewhere } from "./testing/fold-elsewhere.ts";
import { runCli } from "./testing/run-cli.ts";
import { csv, lastBefore, naiveCoinBook, payoffInCoin, type FilledHedge, type OpeningTrade } from "./twin/naive-coin-book.ts";
import { afternoon, naiveCoinHedges, night, type NaiveHedge } from "./twin/naive-coin-hedges.ts";

type Amounts = { readonly optionPnl: string; readonly hedgePnl: string; readonly settlement: string; readonly fees: string; readonly netPnl: string };
type Demo = { readonly dataset: string; readonly logs: readonly unknown[]; readonly books: readonly (Amounts & { readonly book: string; readonly hedges: number; readonly maxAbsNetDelta: number })[] };
type Manifest = { readonly books: readonly { readonly book: string; readonly openingTrades: readonly OpeningTrade[] }[] };

const root = mkdtempSync(join(tmpdir(), "finality-btc-"));
const readFile = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");
const folderOf = (dataset: string): string => fileURLToPath(new URL(`../../../packages/datasets/data/${dataset}`, import.meta.url));

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const run = async (dataset: string) => {
  const folder = join(root, dataset);
  const demo = await runCli(root, ["demo", "--dataset", dataset, "--speed", "max", "--exit", "--json", "--port", "0", "--data", folder]);
  expect(demo).toMatchObject({ code: 0 });
  const first = JSON.parse(demo.stdout) as Demo;
  const golden: unknown = JSON.parse(readFile(`golden/${dataset}.json`));
  const manifest = JSON.parse(readFileSync(join(folderOf(dataset), "dataset.json"), "utf8")) as Manifest;
  const hedgesOf = async (book: string): Promise<readonly FilledHedge[]> => (JSON.parse((await runCli(root, ["hedges", "--book", book, "--json", "--data", folder])).stdout) as { hedges: FilledHedge[] }).hedges;
  return { folder, first, golden, manifest, hedgesOf };
};

/** The twin decided the same orders at the same instants, and knew what each was filled at. */
const expectAsDecidedByTwin = (book: string, hedges: readonly FilledHedge[], decided: readonly NaiveHedge[]): void => {
  const twin = decided.filter((each) => each.book === book);
  expect(hedges.map(({ decidedAtUs, side, quantity }) => ({ book, decidedAtUs, side, quantity }))).toEqual(twin.map(({ price: _price, ...order }) => order));
  for (const [place, { price }] of twin.entries()) expect(Number(hedges[place]?.averagePrice)).toBeCloseTo(price, 8);
};

const amounts = ({ optionPnl, hedgePnl, settlement, fees, netPnl }: Amounts): Amounts => ({ optionPnl, hedgePnl, settlement, fees, netPnl });

describe("17AUG26 options through the night to their delivery price", () => {
  test("have the committed hashes, and every book's coins as they are counted from its hedges", async () => {
    const { folder, first, golden, manifest, hedgesOf } = await run("btc-expiry-2026-08-17");
    expect({ dataset: first.dataset, logs: first.logs }).toEqual(golden);
    const decided = naiveCoinHedges(folderOf(first.dataset), night);
    for (const { book, openingTrades } of manifest.books) {
      const hedges = await hedgesOf(book);
      const own = first.books.find((each) => each.book === book);
      expect(hedges).toHaveLength(own?.hedges ?? -1);
      expectAsDecidedByTwin(book, hedges, decided);
      expect(own === undefined ? undefined : amounts(own)).toEqual(
        naiveCoinBook({ opening: openingTrades, hedges, optionEnd: (instrument) => ({ payoff: payoffInCoin(instrument, "63486.06") }), perpetualMark: "63486.06" }),
      );
    }
    const verify = await runCli(root, ["replay", "verify", "--json", "--data", folder]);
    expect(JSON.parse(verify.stdout)).toMatchObject({ ok: true, firstDifference: null });
    const positions = JSON.parse((await runCli(root, ["positions", "--book", "scalper", "--json", "--data", folder])).stdout) as { books: { pnl: { quotePrice: string; quoteNetPnl: string; netPnl: string } }[] };
    const pnl = positions.books[0]?.pnl;
    expect(Number(pnl?.quoteNetPnl)).toBeCloseTo(Number(pnl?.netPnl) * Number(pnl?.quotePrice), 6);
  }, 240_000);
});

describe("25JUN27 options hedged with the perpetual", () => {
  test("have the committed hashes; a mirrored book loses what the other earns but for costs; funding is 0", async () => {
    const { first, golden, manifest, hedgesOf } = await run("btc-perp-2026-08-17");
    expect({ dataset: first.dataset, logs: first.logs }).toEqual(golden);
    const folder = folderOf(first.dataset);
    const traded = lastBefore(folder, "future-trades.csv.gz", "price", "BTC-PERPETUAL");
    const marked = lastBefore(folder, "option-trades.csv.gz", "mark_price", "BTC-25JUN27-60000-C");
    const put = lastBefore(folder, "option-trades.csv.gz", "mark_price", "BTC-25JUN27-58000-P");
    const decided = naiveCoinHedges(folder, afternoon);
    const end = Date.UTC(2026, 7, 17, 20, 18, 30) * 1000;
    for (const { book, openingTrades } of manifest.books) {
      const hedges = await hedgesOf(book);
      expectAsDecidedByTwin(book, hedges, decided);
      const own = first.books.find((each) => each.book === book);
      expect(own === undefined ? undefined : amounts(own)).toEqual(
        naiveCoinBook({ opening: openingTrades, hedges, optionEnd: (instrument) => ({ mark: instrument.endsWith("C") ? marked(end) : put(end) }), perpetualMark: traded(end) }),
      );
    }
    const [long, short] = ["long", "short"].map((name) => first.books.find(({ book }) => book === name));
    expect(long?.hedges).toBeGreaterThan(15);
    expect(short?.hedges).toBe(long?.hedges);
    // Within 0.025 % of the index Deribit's funding rate is 0.
    const index = new Map(csv(join(folder, "index.csv.gz")).map((row) => [row["timestamp_ms"], Number(row["index_price"])]));
    const perpetual = csv(join(folder, "future-trades.csv.gz")).filter((row) => row["instrument_name"] === "BTC-PERPETUAL");
    expect(perpetual).toHaveLength(9_147);
    expect(Math.max(...perpetual.map((row) => Math.abs(Number(row["mark_price"]) / (index.get(row["timestamp_ms"]) ?? NaN) - 1)))).toBeLessThan(0.00025);
    // Both paid the spread and the fees; what one made on options and hedges the other lost.
    expect(Number(long?.netPnl) + Number(short?.netPnl)).toBeLessThan(0);
    expect(Number(long?.hedgePnl) + Number(short?.hedgePnl)).toBeCloseTo(0, 2);
  }, 240_000);
});

test("both days fold to the committed hashes from their archives under this Node, the newest, and on arm64", (context) => {
  const days = ["btc-expiry-2026-08-17", "btc-perp-2026-08-17"].map((dataset) => {
    const { logs } = JSON.parse(readFile(`golden/${dataset}.json`)) as { readonly logs: readonly [{ readonly log: string }] };
    return { data: join(root, dataset), summary: logs[0] };
  });
  return expectSameFoldElsewhere(context, root, days);
}, 300_000);
