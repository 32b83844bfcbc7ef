import type { BusMessage } from "@finality/bus";
import { encodeMessage, messageSchemas, type Fill, type Instrument, type LogOpening, type Message, type Tick } from "@finality/contracts";

// A small desk for this package's tests: one future, one book long ten of them, so that it is outside its band once there is a price.

export const second = 1_000_000;
/** 2021-01-04T14:30:00Z. */
export const startUs = 1_609_770_600 * second;

export type Body<Type extends Message["type"]> = Extract<Message, { readonly type: Type }>["body"];
export type Extras = { readonly log?: string; readonly instantUs?: number; readonly headers?: Readonly<Record<string, string>> };
export type Outgoing = { readonly topic: string; readonly value: Uint8Array; readonly headers: Readonly<Record<string, string>> };

/** A message for `log`; the type and its body belong together by the signature. */
export const message = <Type extends Message["type"]>(log: string, type: Type, body: Body<Type>, { instantUs, headers = {} }: Extras = {}): Outgoing => ({
  topic: messageSchemas[type].topic,
  value: encodeMessage({ type, version: 1, log, ...(instantUs === undefined ? {} : { instantUs }), body } as Message),
  headers,
});

/** Messages as they lie on partition 0, with offsets of their own in each topic. */
export const lying = (messages: readonly Outgoing[], from = 0): readonly BusMessage[] => {
  const next = new Map<string, number>();
  return messages.map((each) => {
    const offset = next.get(each.topic) ?? from;
    next.set(each.topic, offset + 1);
    return { ...each, partition: 0, offset, key: null };
  });
};

export const opening = (clock: "data" | "live", change: Partial<LogOpening> = {}): LogOpening => ({
  clock,
  startsAtUs: startUs,
  maxFutureMs: 1_000,
  lateAfterMs: 60_000,
  farShare: 0.1,
  stateHashEvery: 10,
  ...change,
});

export const future = (log: string): Instrument => ({
  kind: "future",
  instrument: "FUT",
  underlying: log,
  currency: "USD",
  settlement: "linear",
  multiplier: "5",
  tickSize: "0.05",
  lotSize: "1",
  expiryUs: startUs + 400 * 86_400 * second,
});

export const book: Body<"open_book"> = {
  book: "scalper",
  account: "paper-1",
  hedgeInstrument: "FUT",
  policy: { type: "delta_band", deltaTarget: 0, thresholdUp: 10, thresholdDown: -10, hedgeRatio: 1, cooldownMs: 0, validityMs: 5_000 },
  limits: { maxOrderQuantity: "100", maxHedgePosition: "200", maxQuoteAgeMs: 600_000 },
};

/** Opens the log, lists the future, opens the book. */
export const openDesk = (log: string, clock: "data" | "live", change: Partial<LogOpening> = {}): readonly Outgoing[] => {
  const at: Extras = clock === "data" ? { instantUs: startUs } : {};
  return [message(log, "open_log", opening(clock, change), at), message(log, "list_instrument", { instrument: future(log) }, at), message(log, "open_book", book, at)];
};

export const trade = (log: string, tradeId: string, extras: Extras = {}): Outgoing =>
  message(log, "book_trade", { tradeId, book: "scalper", instrument: "FUT", side: "buy", quantity: "10", price: "3700", fee: "0", venueTimeUs: startUs }, extras);

export const quote = (mid: number, venueTimeUs: number, change: { readonly instrument?: string; readonly bid?: string; readonly ask?: string } = {}): Tick => ({
  kind: "quote",
  instrument: "FUT",
  venueTimeUs,
  bid: (mid - 0.25).toFixed(2),
  bidSize: "10",
  ask: (mid + 0.25).toFixed(2),
  askSize: "10",
  ...change,
});

export const fill = (change: Partial<Fill> = {}): Fill => ({
  fillId: "fill-1",
  account: "paper-1",
  commandId: "nobody-1-1",
  sequence: 1,
  instrument: "FUT",
  side: "sell",
  quantity: "4",
  price: "3700.5",
  fee: "1",
  cumulativeQuantity: "4",
  liquidity: "taker",
  venueTimeUs: startUs + second,
  ...change,
});
