// The hedges of a coin-settled day decided once more: straight loops over the files' own rows, Black-76 on Math.*, no engine, no log.
// The days' facts stand here a second time, and not read from their manifests, so that a manifest that says something else is found out.
import { join } from "node:path";
import { impliedVol, optionDelta } from "./naive-day.ts";
import { csv } from "./naive-coin-book.ts";

export type NaiveHedge = { readonly book: string; readonly decidedAtUs: number; readonly side: "buy" | "sell"; readonly quantity: string; readonly price: number };

type Plan = { readonly book: string; readonly openedMs: number; readonly contracts: number; readonly calls: number; readonly puts: number; readonly band?: number; readonly intervalMs?: number };

type Day = {
  /** Files of trades and marks; a file without prices has marks alone. */
  readonly files: readonly string[];
  readonly batchMs: number;
  readonly opensMs: number;
  readonly endsMs: number;
  readonly expiryMs: number;
  /** Half the spread of the perpetual's quote, and whose row it stands around. */
  readonly halfSpread: number;
  readonly quotedOn: "index" | "BTC-PERPETUAL";
  /** Forward of the options: the index, or a future that is carried on the index. */
  readonly forwardOn: "index" | "BTC-25JUN27";
  readonly series: string;
  /** A vol older than this is not hedged on. */
  readonly volAgeMaxMs: number;
  readonly plans: readonly Plan[];
};

/** btc-expiry-2026-08-17. */
export const night: Day = {
  files: ["option-trades.csv.gz"],
  batchMs: 1_000,
  opensMs: Date.UTC(2026, 7, 16, 20, 21),
  endsMs: Date.UTC(2026, 7, 17, 7, 30),
  expiryMs: Date.UTC(2026, 7, 17, 8),
  halfSpread: 1,
  quotedOn: "index",
  forwardOn: "index",
  series: "BTC-17AUG26",
  volAgeMaxMs: 7_200_000,
  plans: [
    { book: "expiry", openedMs: Date.UTC(2026, 7, 17, 4, 53, 15), contracts: 20, calls: 63_500, puts: 63_500, band: 2 },
    { book: "scalper", openedMs: Date.UTC(2026, 7, 16, 20, 42), contracts: 20, calls: 63_000, puts: 63_000, band: 2 },
    { book: "writer", openedMs: Date.UTC(2026, 7, 16, 20, 42), contracts: -20, calls: 63_000, puts: 63_000, intervalMs: 1_800_000 },
  ],
};

/** btc-perp-2026-08-17. */
export const afternoon: Day = {
  files: ["future-trades.csv.gz", "option-trades.csv.gz", "assumed-marks.csv"],
  batchMs: 5_000,
  opensMs: Date.UTC(2026, 7, 17, 16, 19, 45),
  endsMs: Date.UTC(2026, 7, 17, 20, 18, 25),
  expiryMs: Date.UTC(2027, 5, 25, 8),
  halfSpread: 0.25,
  quotedOn: "BTC-PERPETUAL",
  forwardOn: "BTC-25JUN27",
  series: "BTC-25JUN27",
  volAgeMaxMs: 10_800_000,
  plans: [
    { book: "long", openedMs: Date.UTC(2026, 7, 17, 16, 24), contracts: 100, calls: 60_000, puts: 58_000, band: 0.2 },
    { book: "short", openedMs: Date.UTC(2026, 7, 17, 16, 24), contracts: -100, calls: 60_000, puts: 58_000, band: 0.2 },
  ],
};

const yearMs = 365 * 86_400_000;
const contractUsd = 10;
/** An order trades at the quote that stands 250 ms later if that is not older than two minutes; the days never wait for another. */
const arrivalMs = 250;
const quoteAgeMaxMs = 120_000;

type Row = { readonly atMs: number; readonly name: string; readonly price: number; readonly what: "index" | "mark" | "trade" };
type Mark = { readonly price: number; readonly knownMs: number };
type Strike = { vol: number; knownMs: number; call: boolean; put: boolean };

/** Every row of the files, by the instant that it is published at; of one millisecond the index comes first. */
const rowsByInstant = (folder: string, day: Day): Map<number, Row[]> => {
  const rows: Row[] = csv(join(folder, "index.csv.gz")).map((row) => ({ atMs: Number(row["timestamp_ms"]), name: "index", price: Number(row["index_price"]), what: "index" }));
  for (const file of day.files) {
    for (const row of csv(join(folder, file))) {
      const [atMs, name] = [Number(row["timestamp_ms"]), row["instrument_name"] ?? ""];
      if (row["price"] !== undefined) rows.push({ atMs, name, price: Number(row["price"]), what: "trade" });
      if (/-[CP]$/.test(name)) rows.push({ atMs, name, price: Number(row["mark_price"]), what: "mark" });
    }
  }
  const batches = new Map<number, Row[]>();
  for (const row of rows.toSorted((left, right) => left.atMs - right.atMs)) {
    if (row.atMs < day.opensMs || row.atMs > day.endsMs) continue;
    const knownMs = Math.ceil(row.atMs / day.batchMs) * day.batchMs;
    batches.set(knownMs, [...(batches.get(knownMs) ?? []), row]);
  }
  return batches;
};

/** Everything that is known at an instant. */
class Market {
  index = Number.NaN;
  basis = 0;
  around = Number.NaN;
  quotedMs = 0;
  readonly marks = new Map<string, Mark>();
  readonly strikes = new Map<number, Strike>();
  readonly day: Day;

  constructor(day: Day) {
    this.day = day;
  }

  see(row: Row, nowMs: number): void {
    if (row.what === "index") this.index = row.price;
    if (row.what === "trade" && row.name === this.day.forwardOn) this.basis = row.price - this.index;
    if (row.name === this.day.quotedOn) [this.around, this.quotedMs] = [row.price, nowMs];
    if (row.what !== "mark") return;
    this.marks.set(row.name, { price: row.price, knownMs: nowMs });
    const strike = this.strikes.get(Number(row.name.split("-")[2]));
    if (strike !== undefined) strike[row.name.endsWith("C") ? "call" : "put"] = true;
  }

  get forward(): number {
    return this.index + this.basis;
  }

  /** A strike's vol is its out-of-the-money option's last mark on the forward of the moment when it came; the other option's where that one has none. */
  solve(): void {
    for (const [strike, own] of this.strikes) {
      const markOf = (putCall: "C" | "P"): { putCall: "C" | "P"; mark: Mark } | undefined => {
        const mark = this.marks.get(`${this.day.series}-${String(strike)}-${putCall}`);
        return mark === undefined ? undefined : { putCall, mark };
      };
      const found = this.forward <= strike ? (markOf("C") ?? markOf("P")) : (markOf("P") ?? markOf("C"));
      if (found !== undefined && (found.putCall === "C" ? own.call : own.put)) {
        const years = (this.day.expiryMs - found.mark.knownMs) / yearMs;
        own.vol = impliedVol({ strike, putCall: found.putCall }, this.forward, years, found.mark.price * this.forward);
        own.knownMs = found.mark.knownMs;
      }
      own.call = false;
      own.put = false;
    }
  }

  /** Coins; NaN while a vol is missing or too old. */
  deltaOf(plan: Plan, nowMs: number): number {
    let delta = 0;
    for (const { strike, putCall } of [{ strike: plan.calls, putCall: "C" as const }, { strike: plan.puts, putCall: "P" as const }]) {
      const own = this.strikes.get(strike);
      if (own === undefined || nowMs - own.knownMs > this.day.volAgeMaxMs) return Number.NaN;
      delta += plan.contracts * optionDelta({ strike, putCall }, this.forward, (this.day.expiryMs - nowMs) / yearMs, own.vol);
    }
    return delta;
  }
}

/** The first check of an interval is due at its first instant, and the next one at the next interval's. */
const isWanted = (plan: Plan, delta: number, nowMs: number, checked: Map<string, number>): boolean => {
  if (plan.band !== undefined) return Math.abs(delta) > plan.band;
  const interval = Math.floor(nowMs / (plan.intervalMs ?? Infinity));
  if (interval === checked.get(plan.book)) return false;
  checked.set(plan.book, interval);
  return true;
};

/** Every hedge of a BTC day in order of its decision. `folder` holds the day's files. */
export const naiveCoinHedges = (folder: string, day: Day): readonly NaiveHedge[] => {
  const batches = rowsByInstant(folder, day);
  const market = new Market(day);
  const held = new Map<string, number>();
  const checked = new Map<string, number>();
  const hedges: NaiveHedge[] = [];
  const instants = [...new Set([...batches.keys(), ...day.plans.map(({ openedMs }) => openedMs)])].sort((left, right) => left - right);
  for (const nowMs of instants) {
    for (const row of batches.get(nowMs) ?? []) market.see(row, nowMs);
    market.solve();
    for (const plan of day.plans.filter(({ openedMs }) => openedMs === nowMs)) {
      held.set(plan.book, 0);
      if (plan.intervalMs !== undefined) checked.set(plan.book, Math.floor(nowMs / plan.intervalMs));
      for (const strike of [plan.calls, plan.puts]) if (!market.strikes.has(strike)) market.strikes.set(strike, { vol: Number.NaN, knownMs: -Infinity, call: true, put: true });
    }
    market.solve();
    for (const plan of day.plans) {
      const position = held.get(plan.book);
      if (position === undefined) continue;
      const coinsPerContract = contractUsd / market.around;
      const delta = market.deltaOf(plan, nowMs) + position * coinsPerContract;
      if (Number.isNaN(delta) || !isWanted(plan, delta, nowMs, checked)) continue;
      const contracts = Math.trunc(-delta / coinsPerContract);
      if (contracts === 0) continue;
      if (nowMs + arrivalMs - market.quotedMs > quoteAgeMaxMs) throw new Error(`${plan.book} hedges on an old quote`);
      held.set(plan.book, position + contracts);
      const side = contracts > 0 ? "buy" : "sell";
      hedges.push({ book: plan.book, decidedAtUs: nowMs * 1_000, side, quantity: String(Math.abs(contracts)), price: market.around + (contracts > 0 ? day.halfSpread : -day.halfSpread) });
    }
  }
  return hedges;
};
