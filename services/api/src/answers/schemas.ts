import { BookLimits, HedgePolicy, Name, Side } from "@finality/contracts";
import { Type, type Static, type TSchema } from "typebox";

const closed = { additionalProperties: false } as const;
const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

/** Money, sizes, prices and greeks: a decimal without exponent, as a string. */
const DecimalText = Type.String({ pattern: "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$", description: "Decimal number as a string" });
const Instant = Type.String({ format: "date-time", description: "ISO 8601, UTC, microseconds" });

const AsOf = Type.Object(
  {
    log: Name,
    generation: Type.Integer(),
    position: Type.Integer({ description: "The answer holds every record up to and with this one, and none behind it" }),
    event_time: Type.Union([Instant], { description: "When the last record happened, by its venue" }),
    recorded_at: Type.Union([Instant], { description: "When it was recorded" }),
    venue_time: Type.Optional(Type.Union([Instant], { description: "Of facts: what had happened by then, by the venues' time, and is known at the position" })),
  },
  closed,
);

const envelope = <Data extends TSchema>(data: Data) => ({
  as_of: AsOf,
  lag_ms: Type.Number({ minimum: 0, description: "0 when the log holds nothing newer than as_of, or the past was asked for; else milliseconds since the read models last moved" }),
  data,
});

const Book = Type.Object(
  {
    book: Name,
    account: Name,
    hedge_instrument: Name,
    policy: Type.Union([HedgePolicy], { description: "As recorded" }),
    limits: BookLimits,
    status: Type.Union([Type.Literal("trading"), Type.Literal("halted"), Type.Literal("held"), Type.Literal("suspended")]),
    refusal: Type.Union([Type.String(), Type.Null()], { description: "Why the book is not hedged at present" }),
    hedges: Type.Integer({ description: "Hedge orders decided so far" }),
  },
  closed,
);

const Position = Type.Object(
  {
    instrument: Name,
    quantity: DecimalText,
    average_price: nullable(DecimalText),
    mark_price: nullable(DecimalText),
    currency: Type.String(),
    realized_pnl: DecimalText,
    unrealized_pnl: nullable(DecimalText),
    settlement_cash: DecimalText,
    fees: DecimalText,
    status: Type.Union([Type.Literal("open"), Type.Literal("awaiting_settlement"), Type.Literal("settled"), Type.Literal("flat")]),
  },
  closed,
);

const Greeks = Type.Object(
  {
    spot: nullable(DecimalText),
    net_delta: Type.Union([Type.Object({ low: DecimalText, high: DecimalText }, closed), Type.Null()], {
      description: "Currency per point of the underlying; an interval while orders are in flight or unknown",
    }),
    option_delta: nullable(DecimalText),
    hedge_delta: nullable(DecimalText),
    gamma: Type.Union([DecimalText, Type.Null()], { description: "Currency per point squared" }),
    vega_per_vol_point: Type.Union([DecimalText, Type.Null()], { description: "Currency for 0.01 of vol" }),
    theta_per_day: Type.Union([DecimalText, Type.Null()], { description: "Currency over one calendar day" }),
    premium_adjusted_delta: Type.Union([DecimalText, Type.Null()], { description: "Coins: the options' delta less their value in coin; null for a book without coin-settled options" }),
    vanna: Type.Union([DecimalText, Type.Null()], { description: "Change of delta for 1.00 of vol. All greeks are with respect to the forwards" }),
    volga: Type.Union([DecimalText, Type.Null()], { description: "Change of vega (per 1.00) for 1.00 of vol" }),
    charm_per_year: Type.Union([DecimalText, Type.Null()], { description: "Change of delta as a year passes" }),
    veta_per_year: Type.Union([DecimalText, Type.Null()], { description: "Change of vega (per 1.00) as a year passes" }),
    speed: Type.Union([DecimalText, Type.Null()], { description: "Change of gamma per point" }),
    zomma: Type.Union([DecimalText, Type.Null()], { description: "Change of gamma for 1.00 of vol" }),
    color_per_year: Type.Union([DecimalText, Type.Null()], { description: "Change of gamma as a year passes" }),
    ultima: Type.Union([DecimalText, Type.Null()], { description: "Change of volga for 1.00 of vol" }),
    band: Type.Union([Type.Object({ lower: DecimalText, upper: DecimalText, target: DecimalText }, closed), Type.Null()]),
    condition: Type.String({ description: "ok, or what keeps the book from being valued on fresh data" }),
  },
  closed,
);

const StrikeVol = Type.Object(
  { strike: DecimalText, vol: DecimalText, at: Instant, source: Type.Union([Type.Literal("quote"), Type.Literal("mark"), Type.Null()], { description: "A two-sided quote, or the venue's mark" }) },
  closed,
);

const FittedSmile = Type.Object(
  {
    a: DecimalText, b: DecimalText, rho: DecimalText, m: DecimalText, sigma: DecimalText,
    forward: DecimalText,
    years_to_expiry: DecimalText,
    at: Type.Union([Instant], { description: "Recorded time of the fit" }),
    quotes_used: Type.Integer(),
    quotes_left_out: Type.Integer(),
    rms_vol_points: Type.Union([DecimalText], { description: "Error of the fit, 0.01 of vol" }),
    max_vol_points: DecimalText,
    rms_widths: Type.Union([DecimalText], { description: "Error in the quotes' own bid-ask widths" }),
    max_widths: DecimalText,
    repairs: Type.Integer({ description: "Places where the best fit allowed arbitrage, which this one does not" }),
  },
  { ...closed, description: "Raw SVI: total variance = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)), k = ln(strike / forward)" },
);

const Smile = Type.Object(
  {
    key: Type.String({ description: "Expiry, settlement and source of the forward" }),
    expiry: Instant,
    strikes: Type.Array(StrikeVol, { description: "Vols that the books are valued with" }),
    fitted: Type.Union([FittedSmile, Type.Null()], { description: "The last fit that succeeded" }),
    refused: Type.Union([Type.String(), Type.Null()], { description: "Why the newest attempt gave no smile" }),
  },
  closed,
);

const ProfitAndLoss = Type.Object(
  {
    currency: Type.String(),
    opening_cost: Type.Union([DecimalText], { description: "Half-spreads paid on booked trades; contained in option_pnl" }),
    option_pnl: DecimalText,
    hedge_pnl: DecimalText,
    settlement: DecimalText,
    fees: DecimalText,
    net_pnl: DecimalText,
    cash: DecimalText,
    in_quote: Type.Union(
      [Type.Object({ price: DecimalText, price_at: Instant, net_pnl: DecimalText, cash: DecimalText }, closed), Type.Null()],
      { description: "Of a book in coin: the amounts in the quote currency of the index, and the index that they were converted at" },
    ),
    max_abs_net_delta: DecimalText,
    mean_abs_net_delta: Type.Union([DecimalText], { description: "Time-weighted" }),
  },
  closed,
);

const Hedge = Type.Object(
  {
    decision_id: Type.String({ description: "The command id, and the client order id at the venue" }),
    position: Type.Integer(),
    decided_at: Instant,
    reason: Type.String(),
    instrument: Name,
    side: Side,
    quantity: DecimalText,
    net_delta: Type.Object({ low: DecimalText, high: DecimalText }, closed),
    band: Type.Object({ lower: DecimalText, upper: DecimalText, target: DecimalText }, closed),
    expected_price: DecimalText,
    expected_cost: Type.Union([DecimalText], { description: "Half-spread x quantity x multiplier; fees not included" }),
    filled_quantity: DecimalText,
    average_price: nullable(DecimalText),
    slippage: Type.Union([DecimalText, Type.Null()], { description: "Price points beyond expected_price; positive: bought higher or sold lower" }),
    fees: DecimalText,
    state: Type.String(),
  },
  closed,
);

export const BooksAnswer = Type.Object(envelope(Type.Array(Book)), closed);
export const PositionsAnswer = Type.Object(envelope(Type.Array(Position)), closed);
export const GreeksAnswer = Type.Object(envelope(Greeks), closed);
export const SmilesAnswer = Type.Object(envelope(Type.Array(Smile)), closed);
export const PnlAnswer = Type.Object(envelope(ProfitAndLoss), closed);
export const HedgesAnswer = Type.Object(
  { ...envelope(Type.Array(Hedge)), next_cursor: Type.Optional(Type.String({ description: "`after` of the next page; absent on the last" })) },
  closed,
);

export type AsOf = Static<typeof AsOf>;
export type Book = Static<typeof Book>;
export type Position = Static<typeof Position>;
export type Greeks = Static<typeof Greeks>;
export type Smile = Static<typeof Smile>;
export type ProfitAndLoss = Static<typeof ProfitAndLoss>;
export type Hedge = Static<typeof Hedge>;
