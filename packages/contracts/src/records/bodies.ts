import { Type, type Static } from "typebox";
import * as message from "../messages/bodies.ts";
import { HedgePolicy } from "../reference-data/book.ts";
import { DecimalString, HashHex, Name, ReasonCode, Side, TimeUs } from "../scalars.ts";
import type { TickColumns } from "../ticks/columns.ts";

/** Salted reference of a person (rule 40), as the control messages' header carries it. */
const ActorReference = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,119}$" });

const closed = { additionalProperties: false } as const;

// --- inputs ---------------------------------------------------------------

/** Record 1 of every log. `semantics` names the engine's meaning of records (rule 31). */
export const LogOpened = Type.Object({ ...message.LogOpening.properties, semantics: Type.Integer({ minimum: 1 }) }, closed);
/** Appended at a takeover only when the semantics changed. */
export const WriterStarted = Type.Object({ semantics: Type.Integer({ minimum: 1 }) }, closed);
export const GenerationRaised = Type.Object({ generation: Type.Integer({ minimum: 2 }), reason: Type.String({ maxLength: 60 }) }, closed);
/** A fill of an order or instrument that the log does not know; holds the account's books until they are released. */
export const UnexpectedFillRecorded = Type.Object(
  { fill: message.Fill, unexpected: Type.Union([Type.Literal("unknown_order"), Type.Literal("unknown_instrument")]) },
  closed,
);

/** An operator made the writer pass over a message that could not be applied (rule 10); where it lay stands in the provenance. */
export const MessageSkipped = Type.Object({ reason: ReasonCode, actor: ActorReference }, closed);

const snapshotNamed = { snapshotId: Name, account: Name, lastFillId: Type.Optional(Name) };
/** The venue holds other positions than the log's fills make: the account's books are held until they are released (rule 25). */
export const PositionMismatchRecorded = Type.Object(
  {
    ...snapshotNamed,
    /** At least one, sorted by instrument; signed contracts. */
    differences: Type.Array(Type.Object({ instrument: Name, venue: DecimalString, log: DecimalString }, closed), { minItems: 1, maxItems: 10_000 }),
  },
  closed,
);
export type PositionMismatchRecorded = Static<typeof PositionMismatchRecorded>;
/** The first agreement after a mismatch. Releases nothing: a person does. */
export const PositionsReconciled = Type.Object(snapshotNamed, closed);

// --- decisions ------------------------------------------------------------

/** Net delta in currency per point; an interval while orders are in flight or unknown. */
const Interval = Type.Object({ low: Type.Number(), high: Type.Number() }, closed);
const Band = Type.Object({ lower: Type.Number(), upper: Type.Number(), target: Type.Number() }, closed);

export const HedgeReason = Type.Union([
  Type.Literal("threshold_breach_up"),
  Type.Literal("threshold_breach_down"),
  Type.Literal("interval_elapsed"),
]);

/** A hedge order to be sent. Its command id is `commandIdOf(record)`. Carries the numbers that it was made from. */
export const HedgeDecided = Type.Object(
  {
    book: Name,
    account: Name,
    instrument: Name,
    side: Side,
    /** Contracts, a multiple of the lot. */
    quantity: DecimalString,
    orderType: Type.Literal("market"),
    reason: HedgeReason,
    netDelta: Interval,
    band: Band,
    /** Currency per point squared. */
    gamma: Type.Number(),
    /** Price of the underlying that the valuation used. */
    spot: Type.Number(),
    model: Type.Literal("black76"),
    /** The forward and implied vol of each option series valued, sorted by name. */
    vols: Type.Array(Type.Object({ instrument: Name, forward: Type.Number(), vol: Type.Number(), yearsToExpiry: Type.Number() }, closed)),
    /** The hedge instrument's quote side that a market order would take. */
    expectedPrice: DecimalString,
    /** Half-spread x quantity x multiplier, in the instrument's currency; fees not included. */
    expectedCost: Type.Number(),
    limits: Type.Object({ maxOrderQuantity: DecimalString, maxHedgePosition: DecimalString }, closed),
    policy: HedgePolicy,
    validUntilUs: TimeUs,
  },
  closed,
);
export type HedgeDecided = Static<typeof HedgeDecided>;

export const RefusalReason = Type.Union([
  Type.Literal("cooldown"),
  Type.Literal("stale_price"),
  Type.Literal("stale_vol"),
  Type.Literal("limit"),
  Type.Literal("halted"),
  Type.Literal("held"),
  Type.Literal("suspended"),
  Type.Literal("too_small"),
  Type.Literal("in_flight"),
]);
export type RefusalReason = Static<typeof RefusalReason>;

/** Recorded when the reason for not hedging changes, not at each tick (rule 16). */
export const HedgeRefused = Type.Object(
  {
    book: Name,
    reason: RefusalReason,
    netDelta: Type.Union([Interval, Type.Null()]),
    band: Type.Union([Band, Type.Null()]),
    /** The instrument, limit or order that the reason is about, where there is one. */
    subject: Type.Optional(Type.String({ maxLength: 120 })),
  },
  closed,
);
export const RefusalEnded = Type.Object({ book: Name, reason: RefusalReason }, closed);
export const InstrumentExpired = Type.Object({ instrument: Name }, closed);
/** Cash settlement of one book's position in an expired instrument. `cash` is added to the book. */
export const PositionSettled = Type.Object(
  { book: Name, instrument: Name, quantity: DecimalString, price: DecimalString, cash: DecimalString },
  closed,
);
/** Valuing or deciding failed for this book; facts go on being recorded (rule 10). */
export const BookSuspended = Type.Object({ book: Name, error: Type.String({ maxLength: 300 }) }, closed);
export const StateHashed = Type.Object({ hash: HashHex, semantics: Type.Integer({ minimum: 1 }) }, closed);

/** JSON record types and their schema; `TicksRecorded` is columnar and has its own codec. */
export const inputSchemas = {
  LogOpened,
  WriterStarted,
  GenerationRaised,
  ClockTicked: message.ClockBody,
  InstrumentListed: message.InstrumentListing,
  BookOpened: message.BookOpening,
  TradeBooked: message.BookedTrade,
  PolicySet: message.PolicySetting,
  LimitsSet: message.LimitsSetting,
  SettlementPriced: message.SettlementPrice,
  Halted: message.HaltBody,
  Resumed: message.ResumeBody,
  BookReleased: message.BookRelease,
  OrderReported: message.OrderReport,
  FillRecorded: message.Fill,
  UnexpectedFillRecorded,
  MessageSkipped,
  PositionMismatchRecorded,
  PositionsReconciled,
} as const;
export const decisionSchemas = {
  HedgeDecided,
  HedgeRefused,
  RefusalEnded,
  InstrumentExpired,
  PositionSettled,
  BookSuspended,
  StateHashed,
} as const;
export const recordSchemas = { ...inputSchemas, ...decisionSchemas } as const;

type InputBodies = { [Key in keyof typeof inputSchemas]: Static<(typeof inputSchemas)[Key]> } & { TicksRecorded: TickColumns };
type DecisionBodies = { [Key in keyof typeof decisionSchemas]: Static<(typeof decisionSchemas)[Key]> };
type RecordBodies = InputBodies & DecisionBodies;

export type InputType = keyof InputBodies;
export type DecisionType = keyof DecisionBodies;
export type RecordType = keyof RecordBodies;

/** A record's type and body, before it has a place in a log. */
export type Input = { [Key in InputType]: { readonly type: Key; readonly body: InputBodies[Key] } }[InputType];
export type Decision = { [Key in DecisionType]: { readonly type: Key; readonly body: DecisionBodies[Key] } }[DecisionType];

const decisionTypes: ReadonlySet<string> = new Set(Object.keys(decisionSchemas));
/** Of any name: a newer release's types are none of ours. */
export const isDecisionType = (type: string): type is DecisionType => decisionTypes.has(type);
