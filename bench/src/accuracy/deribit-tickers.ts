import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { deribitGreeks } from "@finality/pricing";
import { evaluateTable, type TableResult } from "./evaluate-table.ts";
import { eachRow, within } from "./rule.ts";
import { rowsOf, type Row } from "./table.ts";

/** 976 tickers with the exchange's own greeks. Its licence does not let it into the project: read in place where it lies beside the tables. */
export const tickersFile = "deribit_tickers_btc_full_greeks_2021-02-11.csv.gz";

function* greeks(row: Row) {
  const own = deribitGreeks({
    underlyingPrice: row.number("underlying_price"), strike: row.number("strike"), atMs: row.number("timestamp_ms"), expiryMs: row.number("expiry_ms"),
    vol: row.number("mark_iv_percent") / 100, putCall: row.text("option_type") === "C" ? "call" : "put", markPrice: row.number("mark_price"),
  });
  yield within(row, "delta", { gave: own.delta, expected: row.number("delta"), tolerance: 1e-4 });
  yield within(row, "gamma", { gave: own.gamma, expected: row.number("gamma"), tolerance: 0.5e-5 + 1e-9 });
  yield within(row, "vega", { gave: own.vega, expected: row.number("vega"), tolerance: 0.011 });
  yield within(row, "theta", { gave: own.theta, expected: row.number("theta"), tolerance: Math.max(0.01 * Math.abs(own.theta), 0.02) });
}

/** Compares our Deribit greeks with the exchange's, by the tolerances that the rounding of its fields sets. */
export const deribitTickers = (path: string): TableResult => {
  const [header = "", ...lines] = gunzipSync(readFileSync(path)).toString("utf8").trim().split("\n");
  const table = { name: "deribit_tickers_btc_full_greeks_2021-02-11", rows: rowsOf(header.split(","), lines.map((line) => line.split(","))) };
  return evaluateTable(table, eachRow(greeks), { table: () => { throw new Error("it needs no other table"); } });
};
