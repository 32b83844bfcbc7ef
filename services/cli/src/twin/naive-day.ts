// The recorded day once more, as plainly as it can be written: straight loops over the files' own rows, decimal money, no engine, no log.
// It shares nothing with the packages but decimal.js, so that agreement to the last digit is evidence. Used by tests only.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Decimal as DecimalJs } from "decimal.js";

type Quote = { bid: string; ask: string };
type Leg = { strike: number; putCall: "C" | "P"; expiry: string; expiryMs: number; contracts: number };
export type NaiveBook = { book: string; futures: number; hedges: number; optionPnl: string; hedgePnl: string; settlement: string; fees: string; netPnl: string; cash: string };

/** Sums and products are exact; the one division, of what is left of a cost, has 34 digits, half to even. */
const Decimal = DecimalJs.clone({ precision: 500 });
const Rounded = DecimalJs.clone({ precision: 34, rounding: DecimalJs.ROUND_HALF_EVEN });

const minuteMs = 60_000;
const optionMultiplier = 100;
const futureMultiplier = 5;
const yearMs = 365 * 86_400_000;
const opensMs = Date.UTC(2021, 0, 4, 14, 34);
const closesMs = Date.UTC(2021, 0, 4, 21, 0);

const csv = (path: string): Record<string, string>[] => {
  const [header = "", ...lines] = gunzipSync(readFileSync(path)).toString("utf8").trim().split("\n");
  const names = header.split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((cell, index) => [names[index] ?? "", cell])));
};

/** Normal distribution by a Taylor series near zero and a continued fraction far out: slow and plain. */
const normal = (x: number): number => {
  if (x < 0) return 1 - normal(-x);
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x < 6) {
    let term = x;
    let sum = x;
    for (let n = 1; n < 400; n += 1) {
      term = (term * x * x) / (2 * n + 1);
      sum += term;
    }
    return 0.5 + density * sum;
  }
  let fraction = x;
  for (let n = 100; n > 0; n -= 1) fraction = x + n / fraction;
  return 1 - density / fraction;
};

const optionPrice = (leg: Pick<Leg, "strike" | "putCall">, forward: number, years: number, vol: number): number => {
  const width = vol * Math.sqrt(years);
  const d1 = Math.log(forward / leg.strike) / width + width / 2;
  const call = forward * normal(d1) - leg.strike * normal(d1 - width);
  return leg.putCall === "C" ? call : call - forward + leg.strike;
};

export const impliedVol = (leg: Pick<Leg, "strike" | "putCall">, forward: number, years: number, price: number): number => {
  let [low, high] = [1e-6, 20];
  for (let step = 0; step < 200; step += 1) {
    const middle = (low + high) / 2;
    if (optionPrice(leg, forward, years, middle) < price) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

export const optionDelta = (leg: Pick<Leg, "strike" | "putCall">, forward: number, years: number, vol: number): number => {
  const width = vol * Math.sqrt(years);
  const d1 = Math.log(forward / leg.strike) / width + width / 2;
  return leg.putCall === "C" ? normal(d1) : normal(d1) - 1;
};

/** A tick is priced on unless it is crossed or, for an option, further from the last good mid than 5 % of the index. */
const goodQuotes = (folder: string): Map<number, Map<string, Quote>> => {
  const byMinute = new Map<number, Map<string, Quote>>();
  for (const row of csv(join(folder, "option-quotes-1m.csv.gz"))) {
    const [bid = "", ask = ""] = [row["bid_close"], row["ask_close"]];
    if (Number(bid) === 0 || Number(ask) === 0 || Number(bid) > Number(ask)) continue;
    const known = Number(row["ts_ms"]) + minuteMs;
    const quotes = byMinute.get(known) ?? new Map<string, Quote>();
    byMinute.set(known, quotes.set(`${row["root"] ?? ""}-${row["expiry_date"] ?? ""}-${row["strike"] ?? ""}-${row["option_type"] ?? ""}`, { bid, ask }));
  }
  return byMinute;
};

const nameOf = (leg: Pick<Leg, "expiry" | "strike" | "putCall">): string => `SPXW-${leg.expiry}-${String(leg.strike)}-${leg.putCall}`;

const straddle = (expiry: string, expiryMs: number, contracts: number): Leg[] =>
  (["C", "P"] as const).map((putCall) => ({ strike: 3700, putCall, expiry, expiryMs, contracts }));

const plans = [
  { book: "expiry", legs: straddle("2021-01-04", closesMs, 10), band: 50 },
  { book: "scalper", legs: straddle("2021-01-06", Date.UTC(2021, 0, 6, 21, 0), 10), band: 50 },
  { book: "unhedged", legs: straddle("2021-01-06", Date.UTC(2021, 0, 6, 21, 0), 10) },
  { book: "writer", legs: straddle("2021-01-06", Date.UTC(2021, 0, 6, 21, 0), -10), intervalMs: 900_000 },
];
const settlementPrice = "3700.65";

/** Every book of spx-2021-01-04 at the end of the day, in order of name. `folder` holds the two files. */
export const naiveDay = (folder: string): NaiveBook[] => {
  const index = new Map(csv(join(folder, "index-1m.csv.gz")).map((row) => [Number(row["ts_ms"]) + minuteMs, row["close"] ?? ""]));
  const quotes = goodQuotes(folder);
  return plans.map((plan) => naiveBook(plan, index, quotes));
};

/** Cost of an open futures position after a trade, at average cost. */
const costAfter = (held: number, cost: DecimalJs, traded: number, price: DecimalJs): DecimalJs => {
  const after = held + traded;
  if (after === 0) return new Decimal(0);
  if (held === 0 || Math.sign(held) === Math.sign(traded)) return cost.plus(price.times(traded).times(futureMultiplier));
  if (Math.sign(after) !== Math.sign(held)) return price.times(after).times(futureMultiplier);
  return new Decimal(new Rounded(cost.times(after)).div(held));
};

/** Value of the open options at their last mids, and what the expired ones paid. */
const atTheEnd = (legs: Leg[], last: Map<string, Quote>): { optionValue: DecimalJs; settlement: DecimalJs } => {
  let [optionValue, settlement]: [DecimalJs, DecimalJs] = [new Decimal(0), new Decimal(0)];
  for (const leg of legs) {
    if (leg.expiryMs === closesMs) {
      const intrinsic = Decimal.max(leg.putCall === "C" ? new Decimal(settlementPrice).minus(leg.strike) : new Decimal(leg.strike).minus(settlementPrice), 0);
      settlement = settlement.plus(intrinsic.times(leg.contracts).times(optionMultiplier));
    } else {
      const quote = last.get(nameOf(leg));
      if (quote === undefined) throw new Error(`no mark of ${nameOf(leg)}`);
      optionValue = optionValue.plus(new Decimal(quote.bid).plus(quote.ask).div(2).times(leg.contracts).times(optionMultiplier));
    }
  }
  return { optionValue, settlement };
};

const naiveBook = (plan: (typeof plans)[number], index: Map<number, string>, quotes: Map<number, Map<string, Quote>>): NaiveBook => {
  const last = new Map<string, Quote>();
  let optionCash = new Decimal(0);
  let futureCash = new Decimal(0);
  let futureCost: DecimalJs = new Decimal(0);
  let fees = new Decimal(0);
  let futures = 0;
  let hedges = 0;
  // The first check is due at the next whole multiple after the policy was set.
  let lastInterval = plan.intervalMs === undefined ? 0 : Math.floor(opensMs / plan.intervalMs);
  for (let now = opensMs - 3 * minuteMs; now <= closesMs; now += minuteMs) {
    for (const [name, quote] of quotes.get(now) ?? []) last.set(name, quote);
    const price = index.get(now);
    if (price === undefined || now < opensMs) continue;
    if (now === opensMs) {
      for (const leg of plan.legs) {
        const quote = last.get(nameOf(leg));
        if (quote === undefined) throw new Error(`no quote of ${nameOf(leg)} at the opening`);
        optionCash = optionCash.minus(new Decimal(leg.contracts > 0 ? quote.ask : quote.bid).times(leg.contracts).times(optionMultiplier));
        fees = fees.plus(new Decimal("0.65").times(Math.abs(leg.contracts)));
      }
    }
    if (now >= closesMs) continue; // halted just before the close
    const forward = Number(price);
    let delta = futures * futureMultiplier;
    for (const leg of plan.legs) {
      const years = (leg.expiryMs - now) / yearMs;
      const outside = { ...leg, putCall: forward > leg.strike ? ("P" as const) : ("C" as const) };
      const quote = last.get(nameOf(outside));
      if (quote === undefined) throw new Error(`no quote of ${nameOf(outside)}`);
      const vol = impliedVol(outside, forward, years, (Number(quote.bid) + Number(quote.ask)) / 2);
      delta += leg.contracts * optionMultiplier * optionDelta(leg, forward, years, vol);
    }
    if (plan.band !== undefined && Math.abs(delta) <= plan.band) continue;
    if (plan.intervalMs !== undefined) {
      const interval = Math.floor(now / plan.intervalMs);
      if (interval === lastInterval) continue;
      lastInterval = interval;
    }
    if (plan.band === undefined && plan.intervalMs === undefined) continue;
    const contracts = Math.trunc(-delta / futureMultiplier);
    if (contracts === 0) continue;
    const paid = contracts > 0 ? new Decimal(price).plus("0.125") : new Decimal(price).minus("0.125");
    futureCost = costAfter(futures, futureCost, contracts, paid);
    futureCash = futureCash.minus(paid.times(contracts).times(futureMultiplier));
    fees = fees.plus(new Decimal("0.62").times(Math.abs(contracts)));
    futures += contracts;
    hedges += 1;
  }
  const { optionValue, settlement } = atTheEnd(plan.legs, last);
  const optionPnl = optionCash.plus(optionValue);
  const hedgePnl = futureCash.plus(new Decimal(settlementPrice).times(futures).times(futureMultiplier));
  return {
    book: plan.book,
    futures,
    hedges,
    optionPnl: optionPnl.toFixed(),
    hedgePnl: hedgePnl.toFixed(),
    settlement: settlement.toFixed(),
    fees: fees.toFixed(),
    netPnl: optionPnl.plus(hedgePnl).plus(settlement).minus(fees).toFixed(),
    cash: optionCash.plus(futureCash).plus(futureCost).plus(settlement).minus(fees).toFixed(),
  };
};
