import { describe, expect, test } from "vitest";
import { canonicalJson } from "../json/canonical-json.ts";
import { encodeMessage } from "./encode-message.ts";
import { maxMessageBytes, topics, type Message } from "./message.ts";
import { parseMessage } from "./parse-message.ts";
import { parseTick } from "./parse-tick.ts";

const fill = {
  type: "fill",
  version: 1,
  log: "SPX",
  body: {
    fillId: "f1",
    account: "paper",
    commandId: "SPX-1-7",
    sequence: 2,
    instrument: "ES",
    side: "buy",
    quantity: "3",
    price: "3700.25",
    fee: "-0.5",
    cumulativeQuantity: "3",
    liquidity: "taker",
    venueTimeUs: 1_609_770_840_000_000,
  },
} as const satisfies Message;
const policy = { type: "delta_band", deltaTarget: 0, hedgeRatio: 1, cooldownMs: 0, validityMs: 1_000, thresholdUp: 10, thresholdDown: -10 } as const;
const limits = { maxOrderQuantity: "10", maxHedgePosition: "100", maxQuoteAgeMs: 60_000 };
const openBook = { type: "open_book", version: 1, log: "SPX", body: { book: "scalper", account: "paper", hedgeInstrument: "ES", policy, limits } } as const satisfies Message;
const option = {
  kind: "option",
  instrument: "C3700",
  underlying: "SPX",
  currency: "USD",
  settlement: "linear",
  multiplier: "100",
  tickSize: "0.05",
  lotSize: "1",
  style: "european",
  strike: "3700",
  putCall: "call",
  expiryUs: 1,
  forward: { source: "index" },
} as const;

/** What a JSON value on a topic becomes: "ok", or its reason and detail. */
const judged = (topic: string, value: unknown): string => {
  const parsed = parseMessage(topic, canonicalJson(value));
  return parsed.ok ? "ok" : `${parsed.reason}: ${parsed.detail}`;
};
const withBody = (message: Message, change: object): object => ({ ...message, body: { ...message.body, ...change } });

describe("parseMessage", () => {
  test("gives back what was encoded", () => {
    expect(parseMessage(topics.executions, encodeMessage(fill))).toEqual({ ok: true, message: fill });
    expect(parseMessage(topics.control, encodeMessage(openBook))).toEqual({ ok: true, message: openBook });
  });

  test.each([
    ["not_json", topics.ticks, new TextEncoder().encode("{")],
    ["not_json", topics.ticks, Uint8Array.of(0xff, 0xfe)],
    ["oversize", topics.ticks, new Uint8Array(maxMessageBytes + 1)],
  ])("%s", (reason, topic, bytes) => {
    expect(parseMessage(topic, bytes)).toMatchObject({ ok: false, reason });
  });

  test("deep nesting is a bad shape, not an exhausted stack", () => {
    const deep = new TextEncoder().encode(`{"type":"fill","version":1,"log":${"[".repeat(100_000)}${"]".repeat(100_000)}}`);
    expect(parseMessage(topics.executions, deep)).toMatchObject({ ok: false, reason: "schema" });
  });

  test.each([
    ["schema: /type must be the message's type, but is missing.", topics.executions, []],
    ["schema: /type must be the message's type, but is 7.", topics.executions, { ...fill, type: 7 }],
    ['unknown_type: The type "toString" is not known', topics.executions, { ...fill, type: "toString" }],
    ["unknown_version: fill has version 2; this release knows 1.", topics.executions, { ...fill, version: 2 }],
    ['schema: /version must be 1, but is "1".', topics.executions, { ...fill, version: "1" }],
    ['wrong_topic: A message of type fill belongs on trade.executions.v1, but came on "desk.control.v1".', topics.control, fill],
    ["schema: /body/price is missing.", topics.executions, { ...fill, body: { ...fill.body, price: undefined as unknown } }],
    ["schema: /body/venue is not known here.", topics.executions, withBody(fill, { venue: "x" })],
    ["schema: /body/constructor is not known here.", topics.executions, withBody(fill, { constructor: "x" })],
    ['schema: /body/side must be one of "buy", "sell", but is "hold".', topics.executions, withBody(fill, { side: "hold" })],
    ['schema: /body/quantity must match pattern', topics.executions, withBody(fill, { quantity: "1e3" })],
    ["schema: /body/quantity must be string, but is 3.", topics.executions, withBody(fill, { quantity: 3 })],
    ['not_positive: /body/quantity must be > 0, but is "0".', topics.executions, withBody(fill, { quantity: "0" })],
    ['not_positive: /body/price must be > 0, but is "-3700.25".', topics.executions, withBody(fill, { price: "-3700.25" })],
    ['not_positive: /body/instrument/tickSize must be > 0, but is "0.00".', topics.control, { type: "list_instrument", version: 1, log: "SPX", body: { instrument: { ...option, tickSize: "0.00" } } }],
    ['not_positive: /body/instrument/strike must be > 0, but is "0".', topics.control, { type: "list_instrument", version: 1, log: "SPX", body: { instrument: { ...option, strike: "0" } } }],
    ['not_positive: /body/limits/maxOrderQuantity must be > 0, but is "0".', topics.control, withBody(openBook, { limits: { ...limits, maxOrderQuantity: "0" } })],
    ['schema: /body/instrument/kind must be one of "option", "future", "perpetual", "spot", but is "warrant".', topics.control, { type: "list_instrument", version: 1, log: "SPX", body: { instrument: { ...option, kind: "warrant" } } }],
    ['schema: /body/instrument/forward/source must be one of "index", "future", "parity", but is "oracle".', topics.control, { type: "list_instrument", version: 1, log: "SPX", body: { instrument: { ...option, forward: { source: "oracle" } } } }],
    ["schema: /body/policy/hedgeRatio must be <= 1, but is 2.", topics.control, withBody(openBook, { policy: { ...policy, hedgeRatio: 2 } })],
    ["schema: /body/policy must have thresholdDown <= deltaTarget <= thresholdUp, but has 11, 0, 10.", topics.control, withBody(openBook, { policy: { ...policy, thresholdDown: 11 } })],
    ["schema: /log must match pattern", topics.executions, { ...fill, log: "S PX" }],
    ["schema: /body/ticks must not have fewer than 1 items", topics.ticks, { type: "ticks", version: 1, log: "SPX", body: { ticks: [] } }],
    ["ok", topics.ticks, { type: "ticks", version: 1, log: "SPX", body: { ticks: ["nonsense"] } }],
    ["ok", topics.ticks, { type: "clock", version: 1, log: "SPX", instantUs: 5, body: {} }],
  ])("%s", (expected, topic, value) => {
    expect(judged(topic, JSON.parse(JSON.stringify(value)))).toContain(expected);
  });
});

describe("parseTick", () => {
  const common = { instrument: "ES", venueTimeUs: 5 };
  const quote = { kind: "quote", ...common, bid: "1.5", bidSize: "0", ask: "2" };
  const verdict = (value: unknown): string => {
    const parsed = parseTick(value, 3);
    return parsed.ok ? "ok" : `${parsed.reason}: ${parsed.detail}`;
  };

  test.each([
    ["ok", quote],
    ["ok", { ...quote, ask: undefined as unknown }],
    ["ok", { kind: "trade", ...common, price: "0.01", size: "0" }],
    ["ok", { kind: "mark", ...common, price: "123456789012345", vol: "0" }],
    ["schema: Tick 3: a quote must have a bid, an ask or both, but has neither.", { kind: "quote", ...common, bidSize: "1" }],
    ["schema: Tick 3: /kind must be one of", { kind: "bar", ...common }],
    ["schema: Tick 3: The value has none of the allowed shapes, but is null.", null],
    ["schema: Tick 3: /size is missing.", { kind: "trade", ...common, price: "1" }],
    ["schema: Tick 3: /venueTimeUs must be integer, but is 0.5.", { ...quote, venueTimeUs: 0.5 }],
    ['not_positive: Tick 3: /bid must be > 0, but is "0".', { ...quote, bid: "0" }],
    ['not_positive: Tick 3: /ask must be > 0, but is "-2".', { ...quote, ask: "-2" }],
    ['not_positive: Tick 3: /bidSize must be >= 0, but is "-0".', { ...quote, bidSize: "-0" }],
    ['too_many_digits: Tick 3: /price has 16 significant digits, at most 15 are exact: "1234567890.123456".', { kind: "index", ...common, price: "1234567890.123456" }],
  ])("%s", (expected, value) => {
    expect(verdict(JSON.parse(JSON.stringify(value)))).toContain(expected);
  });
});
