export { CommandJob } from "./job.ts";
export {
  BookDefinition,
  BookLimits,
  DeltaBandPolicy,
  FixedIntervalPolicy,
  HedgePolicy,
  NoHedgePolicy,
} from "./reference-data/book.ts";
export {
  ForwardSource,
  FutureInstrument,
  Instrument,
  OptionInstrument,
  PerpetualInstrument,
  SpotInstrument,
} from "./reference-data/instrument.ts";
export { DecimalString, HashHex, isReasonCode, Name, ReasonCode, Side, TimeUs } from "./scalars.ts";
export {
  BookedTrade,
  BookOpening,
  BookRelease,
  ClockBody,
  Fill,
  HaltBody,
  IndexTick,
  InstrumentListing,
  LimitsSetting,
  LogOpening,
  MarkTick,
  OrderReport,
  OrderState,
  PolicySetting,
  PositionSnapshot,
  QuoteTick,
  ResumeBody,
  SettlementPrice,
  Tick,
  type TickKind,
  TicksBody,
  TradeTick,
} from "./messages/bodies.ts";
export {
  BookTradeMessage,
  ClockMessage,
  FillMessage,
  HaltMessage,
  ListInstrumentMessage,
  maxMessageBytes,
  type Message,
  messageSchemas,
  type MessageType,
  OpenBookMessage,
  OpenLogMessage,
  OrderReportMessage,
  PositionSnapshotMessage,
  ReleaseBookMessage,
  ResumeMessage,
  SetLimitsMessage,
  SetPolicyMessage,
  SettlementPriceMessage,
  TicksMessage,
  type TopicName,
  topicNames,
  topics,
} from "./messages/message.ts";
export {
  BookSuspended,
  type Decision,
  decisionSchemas,
  type DecisionType,
  GenerationRaised,
  HedgeDecided,
  HedgeReason,
  HedgeRefused,
  type Input,
  inputSchemas,
  type InputType,
  InstrumentExpired,
  isDecisionType,
  LogOpened,
  MessageSkipped,
  PositionMismatchRecorded,
  PositionSettled,
  PositionsReconciled,
  recordSchemas,
  type RecordType,
  RefusalEnded,
  RefusalReason,
  StateHashed,
  UnexpectedFillRecorded,
  WriterStarted,
} from "./records/bodies.ts";
export {
  commandIdOf,
  type DecisionRecord,
  type InputRecord,
  type LogRecord,
  type Provenance,
  type RecordContent,
  type RecordPlace,
  type StoredRecord,
} from "./records/record.ts";
export { instrumentsMax, type TickColumns, tickFlags, tickKinds } from "./ticks/columns.ts";
export { ContractsError, type ContractsErrorCode } from "./errors.ts";
export { canonicalJson, decodeJson } from "./json/canonical-json.ts";
export { decimalOfDouble, isPositive, significantDigits, significantDigitsMax } from "./decimals/decimal-text.ts";
export { type DeadLetterReason, deadLetterReasons, type Refused } from "./messages/dead-letter-reason.ts";
export { encodeMessage } from "./messages/encode-message.ts";
export { type ParsedMessage, parseMessage } from "./messages/parse-message.ts";
export { type ParsedTick, parseTick } from "./messages/parse-tick.ts";
export { decodeRecord, encodeRecord, type EncodedRecord, isDecisionRecord, isInputRecord } from "./records/codec.ts";
export { type RecordRegistry, recordRegistry, recordTypes, type Upcaster } from "./records/upcasters.ts";
export { decodeTicks, encodeTicks } from "./ticks/codec.ts";
export { columnsOf, tickAt } from "./ticks/tick-values.ts";
export { deadLetterHeaders, messageHeaders } from "./messages/headers.ts";
