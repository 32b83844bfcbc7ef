import { columnsOf, type Decision, type Input, type Tick } from "../src/index.ts";

const instrument = {
  kind: "option",
  instrument: "SPXW-2021-01-06-3700-C",
  underlying: "SPX",
  currency: "USD",
  settlement: "linear",
  multiplier: "100",
  tickSize: "0.05",
  lotSize: "1",
  style: "european",
  strike: "3700",
  putCall: "call",
  expiryUs: 1_609_966_800_000_000,
  forward: { source: "parity" },
} as const;
const policy = { type: "delta_band", deltaTarget: 0, hedgeRatio: 1, cooldownMs: 30_000, validityMs: 10_000, thresholdUp: 100.5, thresholdDown: -100.5 } as const;
const limits = { maxOrderQuantity: "50", maxHedgePosition: "500", maxQuoteAgeMs: 120_000 } as const;
const venueTimeUs = 1_609_770_840_000_000;
const fill = {
  fillId: "paper-17",
  account: "paper",
  commandId: "SPX-1-412",
  sequence: 2,
  instrument: "SPX-FUT",
  side: "sell",
  quantity: "3",
  price: "3698.25",
  fee: "2.25",
  cumulativeQuantity: "3",
  liquidity: "taker",
  venueTimeUs,
} as const;
const ticks: readonly Tick[] = [
  { kind: "quote", instrument: instrument.instrument, venueTimeUs, receiveTimeUs: venueTimeUs + 1_500, bid: "24.1", bidSize: "12", ask: "24.6", askSize: "0" },
  { kind: "quote", instrument: instrument.instrument, venueTimeUs: venueTimeUs - 7, ask: "24.65" },
  { kind: "index", instrument: "SPX", venueTimeUs, price: "3701.37" },
  { kind: "trade", instrument: "SPX-FUT", venueTimeUs, price: "3700.75", size: "2" },
  { kind: "mark", instrument: instrument.instrument, venueTimeUs, price: "24.35", vol: "0.2315" },
];

/** One record of every type, with every optional field somewhere. */
export const goldenBodies: readonly (Input | Decision)[] = [
  { type: "TicksRecorded", body: columnsOf(ticks, [0, 8, 0, 2, 5]) },
  {
    type: "LogOpened",
    body: { clock: "data", startsAtUs: venueTimeUs, maxFutureMs: 5_000, lateAfterMs: 10_000, farShare: 0.25, stateHashEvery: 1_000, semantics: 1 },
  },
  { type: "WriterStarted", body: { semantics: 2 } },
  { type: "GenerationRaised", body: { generation: 2, reason: "restored from the backup of 2021-01-04" } },
  { type: "ClockTicked", body: {} },
  { type: "InstrumentListed", body: { instrument } },
  { type: "BookOpened", body: { book: "scalper", account: "paper", hedgeInstrument: "SPX-FUT", policy, limits } },
  {
    type: "TradeBooked",
    body: { tradeId: "opening-1", book: "scalper", instrument: instrument.instrument, side: "buy", quantity: "10", price: "24.6", fee: "-1.25", venueTimeUs },
  },
  {
    type: "PolicySet",
    body: { book: "writer", policy: { type: "fixed_interval", deltaTarget: 0, hedgeRatio: 0.5, cooldownMs: 0, validityMs: 10_000, intervalMs: 900_000 } },
  },
  { type: "LimitsSet", body: { book: "scalper", limits } },
  { type: "SettlementPriced", body: { instrument: instrument.instrument, price: "3700.65", venueTimeUs } },
  { type: "Halted", body: { haltId: "halt-1", book: "scalper" } },
  { type: "Resumed", body: { haltId: "halt-2" } },
  { type: "BookReleased", body: { book: "scalper" } },
  {
    type: "OrderReported",
    body: { reportId: "SPX-1-412-1", account: "paper", commandId: "SPX-1-412", sequence: 1, state: "rejected", cumulativeQuantity: "0", venueTimeUs, reason: "no_such_instrument" },
  },
  { type: "FillRecorded", body: fill },
  { type: "UnexpectedFillRecorded", body: { fill, unexpected: "unknown_order" } },
  { type: "MessageSkipped", body: { reason: "bad_data", actor: "a-5f1d" } },
  {
    type: "PositionMismatchRecorded",
    body: { snapshotId: "paper/412", account: "paper", lastFillId: fill.fillId, differences: [{ instrument: "SPX-FUT", venue: "-3", log: "0" }] },
  },
  { type: "PositionsReconciled", body: { snapshotId: "paper/413", account: "paper" } },
  {
    type: "HedgeDecided",
    body: {
      book: "scalper",
      account: "paper",
      instrument: "SPX-FUT",
      side: "sell",
      quantity: "3",
      orderType: "market",
      reason: "threshold_breach_up",
      netDelta: { low: 148.25, high: 150 },
      band: { lower: -100.5, upper: 100.5, target: 0 },
      gamma: 11.930000000000001,
      spot: 3698.5,
      model: "black76",
      vols: [{ instrument: instrument.instrument, forward: 3698.1, vol: 0.23149999999999998, yearsToExpiry: 0.0062 }],
      expectedPrice: "3698.25",
      expectedCost: 37.5,
      limits: { maxOrderQuantity: "50", maxHedgePosition: "500" },
      policy,
      validUntilUs: venueTimeUs + 10_000_000,
    },
  },
  { type: "HedgeRefused", body: { book: "scalper", reason: "stale_price", netDelta: null, band: { lower: -1e-7, upper: 1e21, target: 0 }, subject: "SPX" } },
  { type: "RefusalEnded", body: { book: "scalper", reason: "stale_price" } },
  { type: "InstrumentExpired", body: { instrument: instrument.instrument } },
  { type: "PositionSettled", body: { book: "expiry", instrument: instrument.instrument, quantity: "-10", price: "3700.65", cash: "-650" } },
  { type: "BookSuspended", body: { book: "scalper", error: "Invariant: a vol is finite." } },
  { type: "StateHashed", body: { hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", semantics: 1 } },
];
