import type { DecisionRecord, Message, Tick } from "@finality/contracts";
import { bandPolicy, day, future, index, mark, minute, option, quote, second, spot, standardBook, startUs, tradeTick, type Body, type Scenario } from "./scenario.ts";

/** Numbers in [0, 1) from a seed (mulberry32): the same on every machine. */
const seededNumbers = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

type Hedge = { readonly commandId: string; readonly side: "buy" | "sell"; readonly quantity: number };

const books = [
  { book: "scalper", policy: bandPolicy },
  { book: "clock", policy: { type: "fixed_interval", deltaTarget: 0, hedgeRatio: 0.7, cooldownMs: 30_000, validityMs: 5_000, intervalMs: 300_000 } },
  { book: "unhedged", policy: { type: "none" } },
  { book: "writer", policy: { ...bandPolicy, thresholdUp: 300, thresholdDown: -300, cooldownMs: 60_000 } },
] as const;

const expiryUs = startUs + 40 * minute;

/** Market, trades, hedges with late, partial, lost and doubled reports, flagged and bad ticks, halts, releases, an expiry and its settlement. */
class RandomLog {
  readonly #scenario: Scenario;
  readonly #random: () => number;
  readonly #waiting: Hedge[] = [];
  #nowUs = startUs;
  #price = 3700;
  #id = 0;

  constructor(scenario: Scenario, seed: number) {
    this.#scenario = scenario;
    this.#random = seededNumbers(seed);
  }

  prepare(bookOrder: readonly number[]): void {
    const scenario = this.#scenario;
    scenario.list(future(), spot);
    for (const strike of ["3650", "3700", "3750"]) for (const putCall of ["put", "call"] as const) scenario.list(option(putCall, strike, { expiryUs }));
    for (const putCall of ["put", "call"] as const) {
      scenario.list({ ...option(putCall, "3700", { expiryUs: expiryUs + day, forward: { source: "parity" } }), instrument: `NEXT-${putCall}` });
    }
    // A future that is never quoted, and options on it that are only marked.
    scenario.list({ ...future(), instrument: "FAR" });
    for (const putCall of ["put", "call"] as const) {
      scenario.list({ ...option(putCall, "3700", { expiryUs: expiryUs + day, forward: { source: "future", instrument: "FAR" } }), instrument: `MARKED-${putCall}` });
    }
    for (const place of bookOrder) {
      const book = books[place % books.length];
      if (book !== undefined) scenario.openBook({ ...standardBook, ...book });
    }
  }

  step(): void {
    this.#nowUs += Math.floor(this.#random() * 90) * second;
    this.#price *= 1 + (this.#random() - 0.5) * 0.004;
    this.#tick();
    if (this.#random() < 0.4) this.#trade();
    if (this.#random() < 0.7) this.#answer();
    if (this.#random() < 0.08) this.#control();
    if (this.#nowUs > expiryUs + 5 * minute) this.#settle();
  }

  #send<Type extends Message["type"]>(type: Type, body: Body<Type>): void {
    const admission = this.#scenario.admit(this.#nowUs, type, body);
    if (admission.kind !== "record") return;
    this.#note(this.#scenario.record(this.#nowUs, admission.input, admission.venueTimeUs));
  }

  #note(decisions: readonly DecisionRecord[]): void {
    for (const { type, body, log, generation, position } of decisions) {
      if (type === "HedgeDecided") this.#waiting.push({ commandId: `${log}-${String(generation)}-${String(position)}`, side: body.side, quantity: Number(body.quantity) });
    }
  }

  #tick(): void {
    const at = this.#nowUs - (this.#random() < 0.1 ? 5 * minute : 0);
    const price = this.#price * (this.#random() < 0.05 ? 1.5 : 1);
    const ticks: unknown[] = [index(price, at), quote("FUT", price - 0.25, price + 0.25, at)];
    for (const strike of [3650, 3700, 3750]) {
      const time = Math.max((expiryUs - this.#nowUs) / day, 0.0001);
      const value = 4 + 30 * Math.sqrt(time);
      ticks.push(this.#optionQuote(`C${String(strike)}`, Math.max(price - strike, 0) + value, at));
      ticks.push(this.#optionQuote(`P${String(strike)}`, Math.max(strike - price, 0) + value, at));
    }
    ticks.push(quote("NEXT-call", Math.max(price - 3700, 0) + 40, Math.max(price - 3700, 0) + 42, at));
    ticks.push(quote("NEXT-put", Math.max(3700 - price, 0) + 39, Math.max(3700 - price, 0) + 41, at));
    this.#marks(ticks, price, at);
    if (this.#random() < 0.05) ticks.push({ kind: "index", instrument: "OTHER", venueTimeUs: at, price: "1" });
    this.#send("ticks", { ticks });
  }

  /** Now and then a trade or mark of the far future, and marks of its options, some of which carry a vol. */
  #marks(ticks: unknown[], price: number, at: number): void {
    if (this.#random() < 0.3) ticks.push(this.#random() < 0.5 ? tradeTick("FAR", price + 12, at) : mark("FAR", price + 11, at));
    if (this.#random() < 0.7) ticks.push(mark("MARKED-call", Math.max(price - 3688, 0) + 40, at, this.#random() < 0.5 ? "0.2" : undefined));
    if (this.#random() < 0.7) ticks.push(mark("MARKED-put", Math.max(3688 - price, 0) + 40, at));
    if (this.#random() < 0.2) ticks.push(mark("C3700", Math.max(price - 3700, 0) + 12, at));
  }

  #optionQuote(instrument: string, mid: number, at: number): Tick {
    const spread = this.#random() < 0.05 ? -0.2 : 0.2;
    return quote(instrument, Math.max(mid - spread, 0.05), mid + spread, at);
  }

  #trade(): void {
    const instrument = ["C3650", "P3650", "C3700", "P3700", "C3750", "P3750", "NEXT-call", "NEXT-put", "MARKED-call", "MARKED-put"][Math.floor(this.#random() * 10)] ?? "C3700";
    const book = books[Math.floor(this.#random() * books.length)]?.book ?? "scalper";
    const [side, quantity, price] = [this.#random() < 0.5 ? "buy" : "sell", String(1 + Math.floor(this.#random() * 5)), (5 + this.#random() * 50).toFixed(2)] as const;
    this.#send("book_trade", { tradeId: this.#next("trade"), book, instrument, side, quantity, price, fee: "1.25", venueTimeUs: this.#nowUs });
  }

  #next(kind: string): string {
    this.#id += 1;
    return `${kind}-${String(this.#id)}`;
  }

  /** Tells something about a waiting hedge: an acceptance, a part, an end before its fills, or everything. */
  #answer(): void {
    const hedge = this.#waiting.shift();
    if (hedge === undefined) return;
    const { commandId, side, quantity } = hedge;
    const choice = this.#random();
    const report = (state: "accepted" | "rejected" | "unknown" | "cancelled", cumulative: number): void =>
      this.#send("order_report", {
        reportId: this.#next("report"), account: "paper-1", commandId, sequence: this.#id, state, cumulativeQuantity: String(cumulative), venueTimeUs: this.#nowUs,
      });
    const fill = (part: number, cumulative: number): void => {
      const price = (this.#price + (side === "buy" ? 0.25 : -0.25)).toFixed(2);
      this.#send("fill", {
        fillId: this.#next("fill"), account: "paper-1", commandId, sequence: this.#id, instrument: "FUT", side, quantity: String(part), price,
        fee: "0.85", cumulativeQuantity: String(cumulative), liquidity: "taker", venueTimeUs: this.#nowUs,
      });
    };
    if (choice < 0.1) report("rejected", 0);
    else if (choice < 0.25) {
      report("unknown", 0);
      this.#waiting.push(hedge);
    } else if (choice < 0.5 && quantity > 1) {
      report("cancelled", 1);
      fill(1, 1);
      report("accepted", 0);
    } else {
      report("accepted", 0);
      fill(quantity, quantity);
    }
  }

  #control(): void {
    const choice = this.#random();
    const book = books[Math.floor(this.#random() * books.length)]?.book ?? "scalper";
    if (choice < 0.3) this.#send("halt", { haltId: this.#next("halt"), book });
    else if (choice < 0.7) this.#send("resume", { haltId: this.#next("halt"), book });
    else if (choice < 0.8) this.#unexpected();
    else this.#send("release_book", { book });
  }

  #unexpected(): void {
    this.#send("fill", {
      fillId: this.#next("fill"), account: "paper-1", commandId: "NOBODY-1-1", sequence: 1, instrument: "FUT", side: "buy", quantity: "1", price: "3700",
      fee: "0", cumulativeQuantity: "1", liquidity: "taker", venueTimeUs: this.#nowUs,
    });
  }

  #settle(): void {
    for (const strike of ["3650", "3700", "3750"]) {
      for (const leg of ["C", "P"]) this.#send("settlement_price", { instrument: `${leg}${strike}`, price: "3701.13", venueTimeUs: this.#nowUs });
    }
  }
}

/** Fills a scenario from a seed. `bookOrder` are the places of the books in the order in which they are opened. */
export const writeRandomLog = (scenario: Scenario, seed: number, steps: number, bookOrder: readonly number[] = [0, 1, 2, 3]): void => {
  const log = new RandomLog(scenario, seed);
  log.prepare(bookOrder);
  for (let step = 0; step < steps; step += 1) log.step();
};
