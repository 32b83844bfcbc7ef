import { columnsOf, type Instrument, type LogRecord, type Tick } from "@finality/contracts";
import { decimal } from "@finality/domain";
import { seededRandom } from "@finality/testkit";
import type { NewVenueReport, VenueTerms } from "@finality/venues";
import { describe, expect, test } from "vitest";
import { createMatching, type MatchingInput } from "./matching.ts";
import type { OpenOrder } from "./open-order.ts";

const ms = 1_000;
const terms: VenueTerms = { latencyMs: 250, feePerContract: "0.62", feeShareOfNotional: "0", quoteAgeMaxMs: 1_000, maxShareOfSize: null };
const future: Instrument = { kind: "future", instrument: "FUT", underlying: "SPX", currency: "USD", settlement: "linear", multiplier: "5", tickSize: "0.01", lotSize: "1", expiryUs: 10 ** 15 };

let position = 0;
const place = (recordedTimeUs: number) => ({ log: "SPX", generation: 1, position: (position += 1), venueTimeUs: recordedTimeUs, recordedTimeUs });
const listed = (instrument: Instrument = future): LogRecord => ({ ...place(0), type: "InstrumentListed", body: { instrument } });
const clock = (atUs: number): LogRecord => ({ ...place(atUs), type: "ClockTicked", body: {} });
const expired = (atUs: number): LogRecord => ({ ...place(atUs), type: "InstrumentExpired", body: { instrument: "FUT" } });
type Sides = { readonly bid?: string; readonly bidSize?: string; readonly ask?: string; readonly askSize?: string };
const ticks = (atUs: number, quotes: readonly Sides[], flags = 0): LogRecord => {
  const all = quotes.map((sides): Tick => ({ kind: "quote", instrument: "FUT", venueTimeUs: atUs, ...sides }));
  return { ...place(atUs), type: "TicksRecorded", body: columnsOf(all, all.map(() => flags)) };
};
const order = (change: Partial<Omit<OpenOrder, "quantity">> & { readonly quantity?: string } = {}): OpenOrder => {
  const { quantity = "3", ...rest } = change;
  return { clientOrderId: "SPX-1-7", account: "paper", instrument: "FUT", side: "buy", quantity: decimal(quantity), arrivesUs: 1_000 * ms, filled: decimal("0"), reports: 0, state: "open", ...rest };
};

const run = (records: readonly LogRecord[], orders: readonly OpenOrder[], change: Partial<MatchingInput> = {}): readonly NewVenueReport[] => {
  const matching = createMatching({ terms, market: { listings: new Map(), quotes: new Map() }, orders, clockUs: 0, ...change });
  for (const record of [listed(), ...records]) matching.apply(record);
  return matching.reports;
};
/** "fill 3 @ 101.5 fee 1.86 at 1000 ms" or "filled 3 at 1000 ms". */
const told = (reports: readonly NewVenueReport[]): readonly string[] =>
  reports.map((report) =>
    report.type === "fill"
      ? `fill ${report.body.quantity} @ ${report.body.price} fee ${report.body.fee} at ${String(report.body.venueTimeUs / ms)} ms`
      : `${report.body.state} ${report.body.cumulativeQuantity} at ${String(report.body.venueTimeUs / ms)} ms${report.body.reason === undefined ? "" : ` ${report.body.reason}`}`,
  );

describe("an order trades at the quote prevailing at its arrival", () => {
  test("a buy at the ask, a sell at the bid; the whole report", () => {
    const quotes = [ticks(900 * ms, [{ bid: "100", ask: "101.5" }]), clock(1_000 * ms)];
    expect(run(quotes, [order()])).toEqual([
      { type: "fill", body: { fillId: "SPX-1-7-f1", account: "paper", commandId: "SPX-1-7", sequence: 1, instrument: "FUT", side: "buy", quantity: "3", price: "101.5", fee: "1.86", cumulativeQuantity: "3", liquidity: "taker", venueTimeUs: 1_000 * ms } },
      { type: "order_report", body: { reportId: "SPX-1-7-v2", account: "paper", commandId: "SPX-1-7", sequence: 2, state: "filled", cumulativeQuantity: "3", venueTimeUs: 1_000 * ms } },
    ]);
    expect(told(run(quotes, [order({ side: "sell" })]))).toEqual(["fill 3 @ 100 fee 1.86 at 1000 ms", "filled 3 at 1000 ms"]);
  });

  test("of several the last one before it, not one recorded after it", () => {
    const quotes = [ticks(900 * ms, [{ bid: "1", ask: "2" }, { bid: "3", ask: "4" }]), ticks(1_001 * ms, [{ bid: "5", ask: "6" }])];
    expect(told(run(quotes, [order()]))).toEqual(["fill 3 @ 4 fee 1.86 at 1000 ms", "filled 3 at 1000 ms"]);
  });

  test("one recorded at the very instant counts", () => {
    const quotes = [ticks(900 * ms, [{ bid: "1", ask: "2" }]), ticks(1_000 * ms, [{ bid: "3", ask: "4" }])];
    expect(told(run(quotes, [order()]))).toEqual(["fill 3 @ 4 fee 1.86 at 1000 ms", "filled 3 at 1000 ms"]);
  });

  test("nothing happens before the log has reached the arrival", () => {
    expect(run([ticks(900 * ms, [{ bid: "1", ask: "2" }]), clock(999 * ms)], [order()])).toEqual([]);
  });

  test("a quote of exactly the stated age is taken; one that is older waits for the next, at its time", () => {
    expect(told(run([ticks(0, [{ bid: "1", ask: "2" }]), clock(1_000 * ms)], [order()]))).toEqual(["fill 3 @ 2 fee 1.86 at 1000 ms", "filled 3 at 1000 ms"]);
    const late = order({ arrivesUs: 1_000 * ms + 1 });
    expect(told(run([ticks(0, [{ bid: "1", ask: "2" }]), clock(1_100 * ms), ticks(5_000 * ms, [{ bid: "3", ask: "4" }, { bid: "5", ask: "6" }])], [late]))).toEqual(["fill 3 @ 4 fee 1.86 at 5000 ms", "filled 3 at 5000 ms"]);
  });

  test("a flagged quote and one without the side are no quotes to trade at", () => {
    const records = [ticks(900 * ms, [{ bid: "1", ask: "2" }]), ticks(950 * ms, [{ bid: "9" }]), ticks(960 * ms, [{ bid: "7", ask: "8" }], 1), clock(1_000 * ms), ticks(1_100 * ms, [{ bid: "5", ask: "6" }])];
    expect(told(run(records, [order()]))).toEqual(["fill 3 @ 6 fee 1.86 at 1100 ms", "filled 3 at 1100 ms"]);
  });

  test("accepted after the log had passed its arrival (live only), it trades at what prevails when first seen", () => {
    const market = { listings: new Map(), quotes: new Map() };
    createMatching({ terms, market, orders: [], clockUs: 0 }).apply(listed());
    createMatching({ terms, market, orders: [], clockUs: 0 }).apply(ticks(1_200 * ms, [{ bid: "1", ask: "2" }]));
    const matching = createMatching({ terms, market, orders: [order()], clockUs: 1_200 * ms });
    expect(told(matching.reports)).toEqual(["fill 3 @ 2 fee 1.86 at 1200 ms", "filled 3 at 1200 ms"]);
  });
});

describe("partial fills", () => {
  const partial: VenueTerms = { ...terms, maxShareOfSize: "0.25" };

  test("take the stated share of each shown size, whole lots, and never the same quote twice", () => {
    // A quarter of 10 is 2.5, so 2; of 3 nothing whole; of 7 is 1; of 100 the rest.
    const records = [
      ticks(900 * ms, [{ bid: "99", bidSize: "10", ask: "101", askSize: "10" }]),
      clock(1_000 * ms),
      clock(1_050 * ms),
      ticks(1_100 * ms, [{ bid: "99", bidSize: "3", ask: "102", askSize: "3" }, { bid: "99", bidSize: "7", ask: "103", askSize: "7" }]),
      ticks(1_200 * ms, [{ bid: "99", bidSize: "100", ask: "104", askSize: "100" }]),
    ];
    expect(told(run(records, [order({ quantity: "5" })], { terms: partial }))).toEqual([
      "fill 2 @ 101 fee 1.24 at 1000 ms",
      "fill 1 @ 103 fee 0.62 at 1100 ms",
      "fill 2 @ 104 fee 1.24 at 1200 ms",
      "filled 5 at 1200 ms",
    ]);
  });

  test("a quote that shows no size fills whole", () => {
    expect(told(run([ticks(900 * ms, [{ bid: "1", ask: "2" }]), clock(1_000 * ms)], [order()], { terms: partial }))).toEqual(["fill 3 @ 2 fee 1.86 at 1000 ms", "filled 3 at 1000 ms"]);
  });
});

describe("fees", () => {
  const shares: VenueTerms = { ...terms, feeShareOfNotional: "0.0001" };

  test("per contract and a share of the notional, exact", () => {
    // 3 x 0.62 + 3 x 5 x 3700.65 x 0.0001 = 1.86 + 5.550975
    expect(told(run([ticks(900 * ms, [{ bid: "1", ask: "3700.65" }]), clock(1_000 * ms)], [order()], { terms: shares }))[0]).toBe("fill 3 @ 3700.65 fee 7.410975 at 1000 ms");
  });

  test("of an inverse future in coin, to 8 decimals", () => {
    const market = { listings: new Map(), quotes: new Map() };
    const matching = createMatching({ terms: { ...shares, feePerContract: "0" }, market, orders: [order({ quantity: "7" })], clockUs: 0 });
    matching.apply(listed({ ...future, settlement: "inverse", currency: "BTC", multiplier: "10" }));
    matching.apply(ticks(900 * ms, [{ bid: "1", ask: "30000" }]));
    matching.apply(clock(1_000 * ms));
    // 7 x 10 / 30000 = 0.00233333 coin; a ten-thousandth of it is 0.00000023.
    expect(told(matching.reports)[0]).toBe("fill 7 @ 30000 fee 0.00000023 at 1000 ms");
  });
});

describe("an instrument that expires", () => {
  test("ends orders that wait for a quote, and those that arrive afterwards", () => {
    const early = order({ clientOrderId: "SPX-1-1", arrivesUs: 500 * ms });
    expect(told(run([clock(600 * ms), expired(800 * ms), clock(1_000 * ms)], [order(), early]))).toEqual([
      "cancelled 0 at 800 ms instrument_expired",
      "cancelled 0 at 1000 ms no_such_instrument",
    ]);
  });
});

test("the fills are the same however the records are cut, with a restart between any two of them", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed);
    let atUs = 0;
    const size = (): string => String(random.integer(1, 12));
    const records = [listed()];
    for (let n = 0; n < 40; n++) {
      atUs += random.pick([0, 0, 200, 900, 1_500]) * ms;
      const quote = (): Sides => ({ ...(random.next() < 0.8 ? { ask: size(), askSize: size() } : {}), bid: "1", bidSize: size() });
      records.push(random.next() < 0.4 ? clock(atUs) : ticks(atUs, Array.from({ length: random.integer(1, 3) }, quote)));
    }
    const times = records.map(({ recordedTimeUs }) => recordedTimeUs);
    const specs = Array.from({ length: 8 }, (_, n) => ({ clientOrderId: `SPX-1-${String(n)}`, quantity: String(random.integer(1, 9)), arrivesUs: random.pick(times) + random.pick([0, 100 * ms]) }));
    const variant: VenueTerms = { ...terms, maxShareOfSize: random.pick([null, "0.5"]) };

    const cut = (cuts: (index: number) => boolean): readonly string[] => {
      const market: MatchingInput["market"] = { listings: new Map(), quotes: new Map() };
      const orders = specs.map((spec) => order(spec));
      const reports: NewVenueReport[] = [];
      let [from, clockUs] = [0, 0];
      for (let to = 1; to <= records.length; to++) {
        if (to < records.length && !cuts(to)) continue;
        const chunk = records.slice(from, to);
        const untilUs = chunk.at(-1)?.recordedTimeUs ?? 0;
        const matching = createMatching({ terms: variant, market, orders: orders.filter(({ state, arrivesUs }) => state === "open" && arrivesUs <= untilUs), clockUs });
        for (const record of chunk) matching.apply(record);
        reports.push(...matching.reports);
        [from, clockUs] = [to, untilUs];
      }
      return told(reports).map((line, index) => `${reports[index]?.body.commandId ?? ""} ${line}`);
    };
    const whole = cut(() => false);
    expect(whole.length, `seed ${String(seed)}`).toBeGreaterThan(0);
    expect(cut(() => true), `seed ${String(seed)}`).toEqual(whole);
    expect(cut((index) => index % 3 === 0), `seed ${String(seed)}`).toEqual(whole);
  }
});
