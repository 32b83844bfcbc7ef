import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const instrument = (name: string) => ({
  kind: "future",
  instrument: name,
  underlying: "SPX",
  currency: "USD",
  settlement: "linear",
  multiplier: "100",
  tickSize: "0.05",
  lotSize: "1",
  expiresAt: "2021-01-04T16:00:00-05:00",
});

const stamp = (unit: string) => ({ column: "at", unit, meaning: "opening of the minute", knownAfterMs: 60000 });

/** A small dataset as JSON, right in every field; a test changes one. */
export const smallManifest = () => ({
  dataset: "small",
  manifestVersion: 1,
  title: "Two minutes",
  source: "made by hand",
  licence: "Apache-2.0",
  log: "SPX",
  currency: "USD",
  opening: { startsAt: "2021-01-04T14:30:00Z", maxFutureMs: 5000, lateAfterMs: 60000, farShare: 0.05, stateHashEvery: 256 },
  session: { opensAt: "2021-01-04T14:31:00Z", tradingEndsAt: "2021-01-04T14:32:59.999999Z", closesAt: "2021-01-04T14:33:00Z" },
  instruments: [instrument("SPX-FUT"), { ...instrument("SPX-C"), kind: "option", style: "european", strike: "3700", putCall: "call", forward: { source: "index" } }] as Record<string, unknown>[],
  files: [
    { file: "index.csv", kind: "index", instrument: "SPX", stamp: stamp("ms"), columns: { price: "close" } },
    { file: "quotes.csv", kind: "quotes", instrument: "{root}-{type}", stamp: stamp("s"), columns: { bid: "bid", ask: "ask" } },
  ] as Record<string, unknown>[],
  modelledQuotes: [{ instrument: "SPX-FUT", from: "index", halfSpread: "0.125", size: "500" }],
  settlements: [{ instrument: "SPX-C", price: "3700.65", publishedAt: "2021-01-04T14:40:00Z" }],
  books: [
    {
      book: "scalper",
      account: "paper-1",
      hedgeInstrument: "SPX-FUT",
      policy: { type: "delta_band", deltaTarget: 0, thresholdUp: 50, thresholdDown: -50, hedgeRatio: 1, cooldownMs: 0, validityMs: 5000 },
      limits: { maxOrderQuantity: "10", maxHedgePosition: "100", maxQuoteAgeMs: 150000 },
      openingTrades: [{ at: "2021-01-04T14:32:00Z", instrument: "SPX-C", side: "buy", quantity: "10", price: "ask", feePerContract: "0.65" }],
    },
  ],
  venue: {},
  assumptions: [],
});
export type SmallManifest = ReturnType<typeof smallManifest>;

/** 14:30, 14:31 and 14:32 of the day, each known a minute later; the first quote is of a series that is not listed, one quote has no side. */
export const smallFiles: Readonly<Record<string, string | Uint8Array>> = {
  "index.csv": "at,close\n1609770600000,3700.50\n1609770660000,3701\n1609770720000,3702\n",
  "quotes.csv": "at,root,type,bid,ask\n1609770600,SPX,P,1,2\n1609770600,SPX,C,90.5,91\n1609770660,SPX,C,,92.25\n1609770720,SPX,C,0,0\n",
};

const folders: string[] = [];

/** A folder of its own with a manifest and its files. */
export const datasetFolder = (manifest: unknown, files: Readonly<Record<string, string | Uint8Array>> = smallFiles): string => {
  const folder = mkdtempSync(join(tmpdir(), "finality-dataset-"));
  folders.push(folder);
  writeFileSync(join(folder, "dataset.json"), typeof manifest === "string" ? manifest : JSON.stringify(manifest));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
};

export const removeDatasetFolders = (): void => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
};
