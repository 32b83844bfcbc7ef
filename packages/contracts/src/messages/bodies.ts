import { Type, type Static } from "typebox";
import { BookDefinition, BookLimits, HedgePolicy } from "../reference-data/book.ts";
import { Instrument } from "../reference-data/instrument.ts";
import { DecimalString, Name, ReasonCode, Side, TimeUs } from "../scalars.ts";

// The bodies that arrive as messages and are recorded as they came: one shape serves the wire and the log.

const closed = { additionalProperties: false } as const;

export const LogOpening = Type.Object(
  {
    /** `data`: recorded time is the data's own; `live`: the wall clock. */
    clock: Type.Union([Type.Literal("data"), Type.Literal("live")]),
    startsAtUs: TimeUs,
    /** Ticks further in the future than this are dead letters in a live log. Milliseconds. */
    maxFutureMs: Type.Integer({ minimum: 0 }),
    /** Ticks older than this when they arrive are flagged late. Milliseconds. */
    lateAfterMs: Type.Integer({ minimum: 1 }),
    /** A price further from the last good one than this share is flagged far and not priced on. */
    farShare: Type.Number({ exclusiveMinimum: 0 }),
    /** A `StateHashed` record follows the first input at or past each multiple of this many records. */
    stateHashEvery: Type.Integer({ minimum: 1 }),
  },
  closed,
);
export type LogOpening = Static<typeof LogOpening>;

export const InstrumentListing = Type.Object({ instrument: Instrument }, closed);
export const BookOpening = BookDefinition;

/** A trade made elsewhere (by voice, at another venue) that belongs to a book. */
export const BookedTrade = Type.Object(
  {
    tradeId: Name,
    book: Name,
    instrument: Name,
    side: Side,
    /** Contracts, > 0. */
    quantity: DecimalString,
    /** Instrument's quote currency, > 0. */
    price: DecimalString,
    /** Instrument's settlement currency, >= 0 is paid, < 0 is received. */
    fee: DecimalString,
    venueTimeUs: TimeUs,
  },
  closed,
);
export type BookedTrade = Static<typeof BookedTrade>;

export const PolicySetting = Type.Object({ book: Name, policy: HedgePolicy }, closed);
export const LimitsSetting = Type.Object({ book: Name, limits: BookLimits }, closed);

/** The price at which an expired (or, for a future, still open and then merely marked) instrument settles. */
export const SettlementPrice = Type.Object({ instrument: Name, price: DecimalString, venueTimeUs: TimeUs }, closed);
export type SettlementPrice = Static<typeof SettlementPrice>;

/** `book` absent: every book of the log. The halt row in PostgreSQL came first (rule 22). */
export const HaltBody = Type.Object({ haltId: Name, book: Type.Optional(Name) }, closed);
export const ResumeBody = Type.Object({ haltId: Name, book: Type.Optional(Name) }, closed);

/** Lets a held book (unexpected fill, suspended by an error) hedge again. */
export const BookRelease = Type.Object({ book: Name }, closed);

export const OrderState = Type.Union([
  Type.Literal("accepted"),
  Type.Literal("rejected"),
  Type.Literal("unknown"),
  Type.Literal("cancelled"),
  Type.Literal("expired"),
  Type.Literal("filled"),
]);
export type OrderState = Static<typeof OrderState>;

export const OrderReport = Type.Object(
  {
    reportId: Name,
    account: Name,
    commandId: Name,
    /** Counts the reports and fills of one command from 1, in the order in which the venue made them. */
    sequence: Type.Integer({ minimum: 1 }),
    state: OrderState,
    /** Contracts filled so far, >= 0; fills that it includes may arrive later. */
    cumulativeQuantity: DecimalString,
    venueTimeUs: TimeUs,
    /** The venue's or executor's own code, when there is one: `halted`, `validity_passed`, `no_such_instrument` … */
    reason: Type.Optional(ReasonCode),
  },
  closed,
);
export type OrderReport = Static<typeof OrderReport>;

export const Fill = Type.Object(
  {
    fillId: Name,
    account: Name,
    commandId: Name,
    sequence: Type.Integer({ minimum: 1 }),
    instrument: Name,
    side: Side,
    /** Contracts, > 0. */
    quantity: DecimalString,
    price: DecimalString,
    fee: DecimalString,
    /** Contracts filled of the order, this fill included. */
    cumulativeQuantity: DecimalString,
    liquidity: Type.Union([Type.Literal("maker"), Type.Literal("taker")]),
    venueTimeUs: TimeUs,
  },
  closed,
);
export type Fill = Static<typeof Fill>;

/**
 * What the venue says an account holds (rule 25). Of instruments that it never traded, and of logs other than the message's, it says nothing.
 * It is compared when the log's last fill of the account is `lastFillId`.
 */
export const PositionSnapshot = Type.Object(
  {
    snapshotId: Name,
    account: Name,
    /** The venue's number of the account's last report that the positions include; 0 before the first. */
    sequence: Type.Integer({ minimum: 0 }),
    /** The account's last fill of an order of this log that the positions include; absent: none yet. */
    lastFillId: Type.Optional(Name),
    /** Contracts, signed. */
    positions: Type.Array(Type.Object({ instrument: Name, quantity: DecimalString }, closed), { maxItems: 10_000 }),
    venueTimeUs: TimeUs,
  },
  closed,
);
export type PositionSnapshot = Static<typeof PositionSnapshot>;

const tickCommon = { instrument: Name, venueTimeUs: TimeUs, receiveTimeUs: Type.Optional(TimeUs) };

/** At least one side; a missing side is a one-sided quote, not a zero. */
export const QuoteTick = Type.Object(
  {
    kind: Type.Literal("quote"),
    ...tickCommon,
    bid: Type.Optional(DecimalString),
    bidSize: Type.Optional(DecimalString),
    ask: Type.Optional(DecimalString),
    askSize: Type.Optional(DecimalString),
  },
  closed,
);
export const TradeTick = Type.Object({ kind: Type.Literal("trade"), ...tickCommon, price: DecimalString, size: DecimalString }, closed);
/** `instrument` is the underlying's name. */
export const IndexTick = Type.Object({ kind: Type.Literal("index"), ...tickCommon, price: DecimalString }, closed);
/** A venue's mark; `vol` is annualised, 0.2 is 20 %. */
export const MarkTick = Type.Object(
  { kind: Type.Literal("mark"), ...tickCommon, price: DecimalString, vol: Type.Optional(DecimalString) },
  closed,
);
export const Tick = Type.Union([QuoteTick, TradeTick, IndexTick, MarkTick]);
export type Tick = Static<typeof Tick>;
export type TickKind = Tick["kind"];

/** 1..n ticks of one underlying. Each tick is checked on its own, so that one bad one does not lose the rest. */
export const TicksBody = Type.Object({ ticks: Type.Array(Type.Unknown(), { minItems: 1, maxItems: 10_000 }) }, closed);
export const ClockBody = Type.Object({}, closed);
