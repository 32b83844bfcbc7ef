// Makes the files of the two BTC datasets from one file of Deribit's public trades (packages/datasets/data/README.md names its source):
//   node packages/datasets/src/extract/deribit-trades.ts <trades.csv.gz>
// Rows are chosen, never changed: numbers are spelled without exponents, USD amounts of futures are turned to contracts of 10 USD.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { Decimal } from "decimal.js";

type Row = Readonly<Record<string, string>>;

const data = fileURLToPath(new URL("../../data/", import.meta.url));
const usdPerContract = 10;

/** The night of 17AUG26's options until their expiry, and the afternoon of the perpetual's trades (with the future's minutes before it). */
const expiryNight = { from: Date.UTC(2026, 7, 16, 20, 21), to: Date.UTC(2026, 7, 17, 8) };
const perpetualAfternoon = { from: Date.UTC(2026, 7, 17, 16, 19), to: Date.UTC(2026, 7, 17, 20, 18, 25) };

const cell = (row: Row, column: string): string => {
  const value = row[column];
  if (value === undefined) throw new Error(`The trades have no column ${column}.`);
  return value;
};
const plain = (text: string): string => new Decimal(text).toFixed();
const contractsOf = (row: Row): string => (cell(row, "kind") === "option" ? plain(cell(row, "amount")) : new Decimal(cell(row, "amount")).div(usdPerContract).toFixed());

const within = (rows: readonly Row[], { from, to }: { readonly from: number; readonly to: number }): readonly Row[] =>
  rows.filter((row) => Number(cell(row, "timestamp_ms")) >= from && Number(cell(row, "timestamp_ms")) < to);

const write = (path: string, header: readonly string[], lines: readonly (readonly string[])[]): void => {
  const text = [header, ...lines].map((line) => `${line.join(",")}\n`).join("");
  writeFileSync(`${data}${path}`, gzipSync(text, { level: 9 }));
  process.stdout.write(`${path}: ${String(lines.length)} rows\n`);
};

/** Every trade carries the index; trades of one millisecond carry the same. */
const writeIndex = (path: string, rows: readonly Row[]): void => {
  const prices = new Map(rows.map((row) => [cell(row, "timestamp_ms"), plain(cell(row, "index_price"))]));
  write(path, ["timestamp_ms", "index_price"], [...prices]);
};

const writeTrades = (path: string, rows: readonly Row[]): void => {
  write(
    path,
    ["timestamp_ms", "trade_id", "instrument_name", "direction", "price", "contracts", "mark_price"],
    rows.map((row) => [cell(row, "timestamp_ms"), cell(row, "trade_id"), cell(row, "instrument_name"), cell(row, "direction"), plain(cell(row, "price")), contractsOf(row), plain(cell(row, "mark_price"))]),
  );
};

const source = process.argv[2];
if (source === undefined) throw new Error("Name the file of trades.");
const rows = parse<Record<string, string>>(gunzipSync(readFileSync(source)), { columns: true });
const startsWith = (...prefixes: readonly string[]) => (row: Row): boolean => prefixes.some((prefix) => cell(row, "instrument_name").startsWith(prefix));

const night = within(rows, expiryNight);
writeIndex("btc-expiry-2026-08-17/index.csv.gz", night);
writeTrades("btc-expiry-2026-08-17/option-trades.csv.gz", night.filter(startsWith("BTC-17AUG26-")));

const afternoon = within(rows, perpetualAfternoon);
writeIndex("btc-perp-2026-08-17/index.csv.gz", afternoon);
writeTrades("btc-perp-2026-08-17/future-trades.csv.gz", afternoon.filter((row) => cell(row, "kind") !== "option"));
writeTrades("btc-perp-2026-08-17/option-trades.csv.gz", afternoon.filter(startsWith("BTC-25JUN27-")));
