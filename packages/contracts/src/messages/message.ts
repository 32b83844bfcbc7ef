import { Type, type Static } from "typebox";
import { Name, TimeUs } from "../scalars.ts";
import * as bodies from "./bodies.ts";

/** The three topics; one partition of each carries exactly one log (rule 5). */
export const topics = { ticks: "md.ticks.v1", executions: "trade.executions.v1", control: "desk.control.v1" } as const;
export type TopicName = (typeof topics)[keyof typeof topics];
export const topicNames: readonly TopicName[] = [topics.control, topics.executions, topics.ticks];

/** Largest message in bytes; a larger one is a dead letter `oversize`. */
export const maxMessageBytes = 1_000_000;

const message = <Kind extends string, Body extends Parameters<typeof Type.Object>[0][string]>(type: Kind, body: Body) =>
  Type.Object(
    {
      type: Type.Literal(type),
      version: Type.Literal(1),
      log: Name,
      /** Recorded time in a log with `clock: data`; absent in a live log. */
      instantUs: Type.Optional(TimeUs),
      /** Who publishes recorded data, and the how-manieth message of the instant this is: the conductor goes on behind its own last one. */
      dataset: Type.Optional(Name),
      part: Type.Optional(Type.Integer({ minimum: 0 })),
      body,
    },
    { additionalProperties: false },
  );

export const TicksMessage = message("ticks", bodies.TicksBody);
export const ClockMessage = message("clock", bodies.ClockBody);
export const OrderReportMessage = message("order_report", bodies.OrderReport);
export const FillMessage = message("fill", bodies.Fill);
export const PositionSnapshotMessage = message("position_snapshot", bodies.PositionSnapshot);
export const OpenLogMessage = message("open_log", bodies.LogOpening);
export const ListInstrumentMessage = message("list_instrument", bodies.InstrumentListing);
export const OpenBookMessage = message("open_book", bodies.BookOpening);
export const BookTradeMessage = message("book_trade", bodies.BookedTrade);
export const SetPolicyMessage = message("set_policy", bodies.PolicySetting);
export const SetLimitsMessage = message("set_limits", bodies.LimitsSetting);
export const SettlementPriceMessage = message("settlement_price", bodies.SettlementPrice);
export const HaltMessage = message("halt", bodies.HaltBody);
export const ResumeMessage = message("resume", bodies.ResumeBody);
export const ReleaseBookMessage = message("release_book", bodies.BookRelease);

/** Every message type and the topic that it travels on. */
export const messageSchemas = {
  ticks: { topic: topics.ticks, schema: TicksMessage },
  clock: { topic: topics.ticks, schema: ClockMessage },
  order_report: { topic: topics.executions, schema: OrderReportMessage },
  fill: { topic: topics.executions, schema: FillMessage },
  position_snapshot: { topic: topics.executions, schema: PositionSnapshotMessage },
  open_log: { topic: topics.control, schema: OpenLogMessage },
  list_instrument: { topic: topics.control, schema: ListInstrumentMessage },
  open_book: { topic: topics.control, schema: OpenBookMessage },
  book_trade: { topic: topics.control, schema: BookTradeMessage },
  set_policy: { topic: topics.control, schema: SetPolicyMessage },
  set_limits: { topic: topics.control, schema: SetLimitsMessage },
  settlement_price: { topic: topics.control, schema: SettlementPriceMessage },
  halt: { topic: topics.control, schema: HaltMessage },
  resume: { topic: topics.control, schema: ResumeMessage },
  release_book: { topic: topics.control, schema: ReleaseBookMessage },
} as const;
export type MessageType = keyof typeof messageSchemas;

export type Message =
  | Static<typeof TicksMessage>
  | Static<typeof ClockMessage>
  | Static<typeof OrderReportMessage>
  | Static<typeof FillMessage>
  | Static<typeof PositionSnapshotMessage>
  | Static<typeof OpenLogMessage>
  | Static<typeof ListInstrumentMessage>
  | Static<typeof OpenBookMessage>
  | Static<typeof BookTradeMessage>
  | Static<typeof SetPolicyMessage>
  | Static<typeof SetLimitsMessage>
  | Static<typeof SettlementPriceMessage>
  | Static<typeof HaltMessage>
  | Static<typeof ResumeMessage>
  | Static<typeof ReleaseBookMessage>;
